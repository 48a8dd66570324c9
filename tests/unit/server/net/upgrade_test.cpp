#include "server/net/upgrade.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

UpgradeRequest request() {
    return {.target = "/v1/socket",
            .origin = "",
            .host = "chat.example:8080",
            .subprotocols = "parley.v1.json",
            .key = "eHh4eHh4eHh4eHh4eHh4eA=="};
}

TEST(Upgrade, TakesTheFirstSubprotocolThatIsKnown) {
    const NetOptions options;
    auto asked = request();
    EXPECT_EQ(check_upgrade(asked, options)->encoding, protocol::Encoding::json);
    asked.subprotocols = "mqtt,  parley.v1.cbor\t, parley.v1.json";
    EXPECT_EQ(check_upgrade(asked, options)->name, "parley.v1.cbor");
    for (const char* unknown : {"", "mqtt", "parley.v1", "parley.v2.json", "PARLEY.V1.JSON", ",,,"}) {
        asked.subprotocols = unknown;
        EXPECT_EQ(check_upgrade(asked, options).error().code, ErrorCode::malformed) << unknown;
    }
}

TEST(Upgrade, NeedsAKeyOfSixteenBytes) {
    for (const char* key :
         {"", "x", "eHh4eHh4eHh4eHh4eHh4eHh4", "eHh4eHh4eHh4eHh4eHh4", "eHh4 Hh4eHh4eHh4eHh4eA=="}) {
        auto asked = request();
        asked.key = key;
        EXPECT_EQ(check_upgrade(asked, {}).error().code, ErrorCode::malformed) << key;
    }
}

TEST(Upgrade, IsForOnePathOnly) {
    for (const char* path :
         {"/", "/v1/sockets", "/v1/socket/", "/v1/x/../socket", "/v1/socket?token=x", "/V1/SOCKET"}) {
        auto asked = request();
        asked.target = path;
        EXPECT_EQ(check_upgrade(asked, {}).error().code, ErrorCode::unknown_type) << path;
    }
}

TEST(Upgrade, LetsInPagesOfItsOwnOriginAndOfTheList) {
    NetOptions options;
    options.origins = {"https://app.example"};
    const auto allowed = [&](const char* origin, bool secured = false) {
        auto asked = request();
        asked.origin = origin;
        asked.secured = secured;
        const auto checked = check_upgrade(asked, options);
        EXPECT_TRUE(checked || checked.error().code == ErrorCode::not_allowed);
        return checked.has_value();
    };
    for (const char* origin :
         {"http://chat.example:8080", "https://CHAT.example:8080", "https://app.example"}) {
        EXPECT_TRUE(allowed(origin)) << origin;
    }
    for (const char* origin :
         {"null", "http://evil.example", "http://chat.example", "http://chat.example:8081",
          "http://chat.example:8080.evil", "http://chat.example:8080/", "ftp://chat.example:8080",
          "chat.example:8080", "http://app.example", "https://app.example.evil", "https://xapp.example",
          "http://"}) {
        EXPECT_FALSE(allowed(origin)) << origin;
    }
    EXPECT_FALSE(allowed("http://chat.example:8080", true)) << "a page without TLS, where the server has it";
    EXPECT_TRUE(allowed("https://chat.example:8080", true));
}

TEST(Origin, IsASchemeAHostAndPerhapsAPort) {
    for (const char* text :
         {"https://chat.example", "http://127.0.0.1:8080", "https://[::1]:8443", "http://a_b"})
        EXPECT_TRUE(is_origin(text)) << text;
    for (const char* text :
         {"", "https://", "chat.example", "https://a/", "https://a b", "https://a\n", "https://*.a",
          "https://me@a", "https://\xc3\xa4.example", "https://a,https://b"})
        EXPECT_FALSE(is_origin(text)) << text;
}

TEST(Upgrade, NeedsNoOriginFromWhatIsNoBrowser) {
    EXPECT_TRUE(check_upgrade(request(), {}));
}

}  // namespace
}  // namespace parley::server
