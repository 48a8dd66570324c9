// Who guesses passwords, and who makes accounts as if there were no end of them.

#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::server::test {
namespace {

World::Options counted() {
    World::Options options;
    options.rates.accounts = {.burst = 3, .retry = seconds(600)};
    options.rates.passwords_of_address = {.burst = 4, .retry = seconds(20)};
    options.rates.passwords_of_account = {.burst = 3, .retry = seconds(60)};
    return options;
}

HttpResponse post(World& world, const std::string& address, const std::string& path,
                  const std::string& body) {
    return world.call(HttpRequest{.method = "POST",
                                  .target = path,
                                  .authorization = {},
                                  .idempotency_key = {},
                                  .follows = {},
                                  .content_type = "application/json",
                                  .body = body,
                                  .remote = address});
}

HttpResponse sign_in(World& world, const std::string& address, const std::string& handle,
                     const std::string& password = "wrong and long") {
    return post(world, address, "/v1/sessions",
                R"({"handle":")" + handle + R"(","password":")" + password + R"(","device_name":"x"})");
}

HttpResponse register_as(World& world, const std::string& address, const std::string& handle,
                         const std::string& more = {}) {
    return post(world, address, "/v1/accounts",
                R"({"handle":")" + handle + R"(","password":"long enough","device_name":"x")" + more + "}");
}

constexpr auto right = "correct horse battery";

TEST(Guessing, OfOnePasswordForManyHandlesEnds) {
    World world(counted());
    world.person("ada");
    for (const auto* handle : {"bob", "cyd", "dee", "eli"})
        EXPECT_EQ(code_of(sign_in(world, "far", handle)), "credentials");
    const auto compared = world.hashes.compared.size();
    const auto refused = sign_in(world, "far", "fay");
    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.body.find("\"retry_after_ms\":20000"), std::string::npos) << refused.body;
    EXPECT_EQ(world.hashes.compared.size(), compared) << "and costs no hash";
    EXPECT_EQ(code_of(sign_in(world, "near", "fay")), "credentials") << "only for this address";
    EXPECT_EQ(sign_in(world, "127.0.0.1", "ada", right).status, 201);
    world.pass(seconds(20));
    EXPECT_EQ(code_of(sign_in(world, "far", "fay")), "credentials");
    EXPECT_EQ(code_of(sign_in(world, "far", "gus")), "rate_limited");
}

TEST(Guessing, FromManyAddressesEndsAndDoesNotKeepTheOwnerOut) {
    World world(counted());
    const Account ada = world.person("ada");
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(code_of(sign_in(world, "far " + std::to_string(i), "ada")), "credentials");
    for (const auto* handle : {"ada", "Ada"})
        EXPECT_EQ(code_of(sign_in(world, "yet another", handle, right)), "rate_limited") << handle;
    EXPECT_EQ(sign_in(world, "127.0.0.1", "ada", right).status, 201) << "from where she was signed in";
    const std::string body = R"({"refresh_token":")" + ada.refresh + "\"}";
    EXPECT_EQ(post(world, "on a train", "/v1/sessions/refresh", body).status, 200);
    EXPECT_EQ(sign_in(world, "on a train", "ada", right).status, 201) << "from where a device of hers is";
}

TEST(Guessing, IsAnsweredAlikeForUnknownHandles) {
    World world(counted());
    world.person("ada");
    for (const auto* handle : {"ada", "nobody"}) {
        for (int i = 0; i < 3; ++i)
            EXPECT_EQ(code_of(sign_in(world, handle + std::to_string(i), handle)), "credentials");
    }
    const auto known = sign_in(world, "far", "ada");
    EXPECT_EQ(known.status, 429);
    EXPECT_EQ(known.body, sign_in(world, "far", "nobody").body);
}

TEST(Guessing, FromAFamiliarAddressIsNotHeldBackByItsNeighbours) {
    World world(counted());
    world.person("ada");
    for (const auto* handle : {"bob", "cyd", "dee", "eli"})
        EXPECT_EQ(code_of(sign_in(world, "127.0.0.1", handle)), "credentials");
    EXPECT_EQ(code_of(sign_in(world, "127.0.0.1", "fay")), "rate_limited");
    EXPECT_EQ(sign_in(world, "127.0.0.1", "ada", right).status, 201);
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(code_of(sign_in(world, "127.0.0.1", "ada")), "credentials");
    EXPECT_EQ(code_of(sign_in(world, "127.0.0.1", "ada", right)), "rate_limited") << "this limit stays";
}

TEST(NewAccounts, OfOneAddressAreCounted) {
    World world(counted());
    for (const auto* handle : {"ada", "bob", "cyd"})
        EXPECT_EQ(register_as(world, "far", handle).status, 201);
    const auto hashed = world.hashes.made;
    const auto refused = register_as(world, "far", "dee");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(code_of(refused), "rate_limited");
    EXPECT_NE(refused.body.find("\"retry_after_ms\":600000"), std::string::npos) << refused.body;
    EXPECT_EQ(world.hashes.made, hashed) << "and cost no hash";
    EXPECT_EQ(register_as(world, "near", "dee").status, 201);
    world.pass(seconds(600));
    EXPECT_EQ(register_as(world, "far", "eli").status, 201);
}

TEST(NewAccounts, ThatWereRefusedBeforeTheHashAreNotCounted) {
    World world(counted());
    world.person("ada");
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(code_of(register_as(world, "far", "ada")), "handle_taken");
    world.hashes.full = true;
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(code_of(register_as(world, "far", "bob")), "unavailable");
    world.hashes.full = false;
    EXPECT_EQ(register_as(world, "far", "bob").status, 201);
}

TEST(NewAccounts, ByInviteAreCountedByThat) {
    World world(counted());
    std::string code;
    const auto invite = [&] {
        world.shard().submit_call({}, OperatorInvite{.uses = 20, .lasts = seconds(3'600)},
                                  [&](const Result<Answer>& answer) {
                                      ASSERT_TRUE(answer);
                                      code = std::get<protocol::Invite>(answer->payload).code;
                                  });
    };
    world.shard().handle_done(invite, world.now);
    world.settle();
    ASSERT_FALSE(code.empty());
    for (int i = 0; i < 20; ++i) {
        const auto made =
            register_as(world, "far", "person" + std::to_string(i), R"(,"invite":")" + code + '"');
        EXPECT_EQ(made.status, 201) << made.body;
    }
}

}  // namespace
}  // namespace parley::server::test
