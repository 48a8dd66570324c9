#include "server/api/http_target.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(HttpTarget, IsSplitIntoSegmentsAndQuery) {
    const auto target = parse_target("/v1/conversations/c123/messages?before=0&limit=20");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->segments, (std::vector<std::string_view>{"v1", "conversations", "c123", "messages"}));
    EXPECT_EQ(target->number("before").value(), 0);
    EXPECT_EQ(target->number("limit").value(), 20);
    EXPECT_FALSE(target->number("after").value());
    EXPECT_TRUE(parse_target("/"));
}

TEST(HttpTarget, MayNameItsHost) {
    for (const char* text : {"http://chat.example/v1/profile?a=1", "https://chat.example:8080/v1/profile?a=1",
                             "HTTP://[::1]:8080/v1/profile?a=1"}) {
        const auto target = parse_target(text);
        ASSERT_TRUE(target) << text;
        EXPECT_EQ(target->segments, (std::vector<std::string_view>{"v1", "profile"}));
        EXPECT_EQ(target->parameter("a"), "1");
    }
    EXPECT_EQ(split_target("http://chat.example:80/v1").host, "chat.example:80");
    EXPECT_EQ(split_target("/v1").host, "");
    for (const char* root : {"http://chat.example", "http://chat.example?a=1"})
        EXPECT_TRUE(parse_target(root)->segments.empty()) << root;
}

TEST(HttpTarget, RefusesEverythingThatCouldBeReadInTwoWays) {
    for (const char* target : {"",
                               "v1",
                               "*",
                               "//v1",
                               "/v1//x",
                               "/v1/",
                               "/v1/.",
                               "/v1/..",
                               "/v1/../x",
                               "/.hidden",
                               "/v1/%2e%2e",
                               "/v1%2fx",
                               "/v1/x%00",
                               "/v1/x%",
                               "/v1/\\x",
                               "/v1/x;y",
                               "/v1/x y",
                               "/v1/x#y",
                               "/v1/\xc0\xae",
                               "/v1/\xe2\x80\xae",
                               "ftp://x/v1",
                               "http:///v1",
                               "http://user@x/v1",
                               "http://x/v1/../y",
                               "http://x//v1",
                               "http://x/v1#y",
                               "x.example/v1",
                               "/v1?a=%20",
                               "/v1?=1",
                               "/v1?a=1&a=2",
                               "/v1?a=1&&b=2",
                               "/v1?a=b=c",
                               "/1/2/3/4/5/6/7/8/9"}) {
        const auto parsed = parse_target(target);
        ASSERT_FALSE(parsed) << target;
        EXPECT_EQ(parsed.error().code, ErrorCode::malformed);
    }
}

TEST(HttpTarget, TakesNumbersOnlyInTheirRange) {
    for (const char* text :
         {"", "-1", "+1", "1.5", "1e3", "abc", "0x10", "9007199254740992", "99999999999999999999"}) {
        const std::string target = "/v1?n=" + std::string(text);
        const auto parsed = parse_target(target);
        if (!parsed) continue;
        const auto number = parsed->number("n");
        ASSERT_FALSE(number) << text;
        EXPECT_EQ(number.error().code, ErrorCode::invalid);
        EXPECT_EQ(number.error().field, "n");
    }
    const auto largest = parse_target("/v1?n=9007199254740991");
    EXPECT_EQ(largest->number("n").value(), 9007199254740991);
}

}  // namespace
}  // namespace parley::server
