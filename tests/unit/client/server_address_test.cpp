#include "client/net/transport.hpp"

#include <gtest/gtest.h>

namespace parley::client {
namespace {

std::string normal(std::string_view text) {
    const auto address = ServerAddress::parse(text);
    return address ? address->text() : "none";
}

TEST(ServerAddress, KeepsSchemeHostAndPort) {
    EXPECT_EQ(normal("https://chat.example.org"), "https://chat.example.org");
    EXPECT_EQ(normal("https://chat.example.org:8443/"), "https://chat.example.org:8443");
    EXPECT_EQ(normal("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
    EXPECT_EQ(normal("http://[::1]:8080"), "http://[::1]:8080");
    EXPECT_EQ(normal("https://chat.example.org:443"), "https://chat.example.org");
}

TEST(ServerAddress, IsEncryptedUnlessItIsThisMachine) {
    EXPECT_EQ(normal("chat.example.org"), "https://chat.example.org");
    EXPECT_EQ(normal("localhost:8080"), "http://localhost:8080");
    EXPECT_EQ(normal("127.0.0.1:8080"), "http://127.0.0.1:8080");
    EXPECT_EQ(normal("127.example.org"), "https://127.example.org");
}

TEST(ServerAddress, RefusesWhatIsNone) {
    for (const char* text : {"", "https://", "http://a/b", "https://user@host", "https://host:port", "a b",
                             "https://host:123456", "ftp://host", "https://host?x", "../../etc"}) {
        EXPECT_EQ(normal(text), "none") << text;
    }
}

}  // namespace
}  // namespace parley::client
