// HTTP calls of whom nobody knows who it is, and how many of them one address makes.

#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace parley::server::test {
namespace {

World::Options three_calls() {
    World::Options options;
    options.rates.calls_per_second = 2;
    options.rates.calls_burst = 3;
    return options;
}

HttpResponse call(World& world, const std::string& address, const std::string& method,
                  const std::string& target, const std::string& access = {}, const std::string& body = {}) {
    return world.call(HttpRequest{.method = method,
                                  .target = target,
                                  .authorization = access.empty() ? std::string() : "Bearer " + access,
                                  .idempotency_key = {},
                                  .follows = {},
                                  .content_type = "application/json",
                                  .body = body,
                                  .remote = address});
}

/// Whatever this address may still do, it has done.
void use_up(World& world, const std::string& address) {
    for (int i = 0; i < 3; ++i)
        call(world, address, "GET", "/metrics");
}

TEST(StrangersCalls, AreSoManyAtOnceAndThenOneInATime) {
    World world(three_calls());
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(call(world, "far", "GET", "/metrics").status, 200);
    const HttpResponse refused = call(world, "far", "GET", "/metrics");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.content_type, "application/problem+json");
    EXPECT_EQ(code_of(refused), "rate_limited");
    EXPECT_NE(refused.body.find("\"retry_after_ms\":500"), std::string::npos) << refused.body;
    EXPECT_EQ(refused.headers, (decltype(refused.headers){{"Retry-After", "1"}}));
    EXPECT_EQ(world.shard_metrics.front()->http_calls_refused.value(), 1);
    EXPECT_EQ(call(world, "near", "GET", "/metrics").status, 200) << "only this address waits";
    world.pass(milliseconds(500));
    EXPECT_EQ(call(world, "far", "GET", "/metrics").status, 200);
    EXPECT_EQ(call(world, "far", "GET", "/metrics").status, 429);
}

TEST(StrangersCalls, CountWhateverTheyAskFor) {
    for (const auto& [method, target, access] : {std::array<const char*, 3>{"GET", "/metrics", ""},
                                                 {"GET", "/nothing", ""},
                                                 {"GET", "no path", ""},
                                                 {"PUT", "/metrics", ""},
                                                 {"GET", "/v1/socket", ""},
                                                 {"POST", "/v1/accounts", ""},
                                                 {"POST", "/v1/sessions", ""},
                                                 {"POST", "/v1/sessions/refresh", ""},
                                                 {"GET", "/v1/profile", ""},
                                                 {"GET", "/v1/profile", "no token of ours"}}) {
        World world(three_calls());
        for (int i = 0; i < 3; ++i)
            EXPECT_NE(call(world, "far", method, target, access).status, 429) << method << target;
        EXPECT_EQ(call(world, "far", method, target, access).status, 429) << method << target;
    }
}

TEST(StrangersCalls, KeepNobodyOutWhoShowsAToken) {
    World world(three_calls());
    const Account ada = world.person("ada");
    use_up(world, "far");
    ASSERT_EQ(call(world, "far", "GET", "/metrics").status, 429);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(call(world, "far", "GET", "/v1/profile", ada.access).status, 200);
        EXPECT_EQ(call(world, "far", "POST", "/v1/sessions/refresh", {},
                       R"({"refresh_token":")" + ada.refresh + "\"}")
                      .status,
                  200);
    }
    EXPECT_EQ(call(world, "far", "DELETE", "/v1/sessions/current", ada.access).status, 204);
}

// Whoever is told that the process does not live kills it.
TEST(StrangersCalls, DoNotMakeAServerLookDead) {
    World world(three_calls());
    use_up(world, "far");
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(call(world, "far", "GET", "/livez").status, 200);
        EXPECT_EQ(call(world, "far", "GET", "/readyz").status, 200);
    }
}

TEST(StrangersCalls, ThatAreRefusedCostNothing) {
    World world(three_calls());
    use_up(world, "far");
    const std::string registration = R"({"handle":"ada","password":"long enough","device_name":"x"})";
    EXPECT_EQ(call(world, "far", "POST", "/v1/accounts", {}, registration).status, 429);
    EXPECT_EQ(call(world, "far", "POST", "/v1/sessions", {}, registration).status, 429);
    EXPECT_EQ(world.reads.count, 0u);
    EXPECT_EQ(world.hashes.made, 0);
}

}  // namespace
}  // namespace parley::server::test
