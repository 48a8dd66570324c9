#include "server/near_names.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::server {
namespace {

const std::vector<std::string> known{"data", "listen", "log", "listen.port", "listen.address", "log.level"};

TEST(NearestName, IsOneThatDiffersByFewLetters) {
    EXPECT_EQ(nearest_name("lisen", known), "listen");
    EXPECT_EQ(nearest_name("listen.adress", known), "listen.address");
    EXPECT_EQ(nearest_name("dtaa", known), "data") << "neighbours that are swapped";
    EXPECT_EQ(nearest_name("listen.prot", known), "listen.port");
}

TEST(NearestName, IsOneThatHasMoreOrFewerWords) {
    EXPECT_EQ(nearest_name("port", known), "listen.port");
    EXPECT_EQ(nearest_name("level", known), "log.level");
    EXPECT_EQ(nearest_name("data_directory_name", known), "data");
    EXPECT_EQ(nearest_name("datadir", known), "data");
}

TEST(NearestName, IsNoneWhereItWouldBeAGuess) {
    EXPECT_EQ(nearest_name("sauce", known), "");
    EXPECT_EQ(nearest_name("", known), "");
    EXPECT_EQ(nearest_name("ort", known), "");
    EXPECT_EQ(nearest_name("logistics_of_trains", std::vector<std::string>{"log"}), "");
    EXPECT_EQ(nearest_name("port", {}), "");
}

}  // namespace
}  // namespace parley::server
