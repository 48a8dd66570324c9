#include "server/store/apply_each.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace parley::server::test {
namespace {

constexpr std::string_view registration =
    R"({"handle":"ada","password":"correct horse battery","device_name":"x"})";

HttpRequest request(std::string_view path, std::string_view body) {
    return {.method = "POST",
            .target = std::string(path),
            .content_type = "application/json",
            .body = std::string(body),
            .remote = "127.0.0.1"};
}

/// Devices of the account that are signed in.
std::size_t devices(World& world, const Account& account) {
    const std::string listed = world.call("GET", "/v1/devices", {}, account.access).body;
    std::size_t count = 0;
    for (auto at = listed.find("\"present\":true"); at != std::string::npos;
         at = listed.find("\"present\":true", at + 1))
        ++count;
    return count;
}

std::string sign_in_of(const Account& account) {
    return R"({"handle":")" + account.handle +
           R"(","password":"correct horse battery","device_name":"late"})";
}

/// A call whose caller is told that no answer comes, just when something is handed to the writer.
HttpResponse abandoned_when_written(World& world, HttpRequest made) {
    const auto abandoned = std::make_shared<bool>(false);
    made.abandoned = [abandoned] {
        return *abandoned;
    };
    world.writes.on_submit = [&] {
        *abandoned = true;
    };
    auto response = world.call(std::move(made));
    world.writes.on_submit = [] {
    };
    world.settle();
    return response;
}

TEST(AbandonedSignIn, NeverHappensWhereItHasNotHappenedYet) {
    World world;
    const Account ada = world.person("ada");
    HttpRequest late = request("/v1/sessions", sign_in_of(ada));
    late.abandoned = [] {
        return true;
    };
    EXPECT_EQ(code_of(world.call(std::move(late))), "unavailable");
    EXPECT_EQ(devices(world, ada), 1u);
    HttpRequest registering =
        request("/v1/accounts", R"({"handle":"bob","password":"long enough","device_name":"x"})");
    registering.abandoned = [] {
        return true;
    };
    EXPECT_EQ(code_of(world.call(std::move(registering))), "unavailable");
    EXPECT_EQ(world.person("bob").handle, "bob") << "nobody has the handle";
}

TEST(AbandonedSignIn, IsUndoneWhereItHasHappened) {
    World world;
    const Account ada = world.person("ada");
    EXPECT_EQ(code_of(abandoned_when_written(world, request("/v1/sessions", sign_in_of(ada)))),
              "unavailable");
    EXPECT_EQ(devices(world, ada), 1u);
    EXPECT_EQ(world.lines.with("sign-in undone").size(), 1u);
    EXPECT_EQ(devices(world, world.another_device(ada)), 2u) << "one that is waited for stays";
}

TEST(AbandonedSignIn, OfARegistrationLeavesTheAccountWithoutItsDevice) {
    World world;
    EXPECT_EQ(code_of(abandoned_when_written(world, request("/v1/accounts", registration))), "unavailable");
    const Account ada = world.another_device({.handle = "ada"});
    EXPECT_EQ(devices(world, ada), 1u);
}

TEST(AbandonedSignIn, IsUndoneLaterWhereTheWriterHasNoRoom) {
    World world;
    const Account ada = world.person("ada");
    const auto abandoned = std::make_shared<bool>(false);
    HttpRequest late = request("/v1/sessions", sign_in_of(ada));
    late.abandoned = [abandoned] {
        return *abandoned;
    };
    world.writes.on_submit = [&] {
        *abandoned = true;
        world.writes.full = true;
    };
    EXPECT_EQ(code_of(world.call(std::move(late))), "unavailable");
    world.writes.on_submit = [] {
    };
    EXPECT_EQ(devices(world, ada), 2u) << "there was no room for undoing it";
    world.writes.full = false;
    EXPECT_EQ(world.call("GET", "/livez").status, 200);
    world.settle();
    EXPECT_EQ(devices(world, ada), 1u);
}

TEST(AbandonedSignIn, WhoseAnswerCannotBeWrittenIsUndone) {
    World world;
    const Account ada = world.person("ada");
    const HttpResponse answer = world.call(request("/v1/sessions", sign_in_of(ada)));
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(devices(world, ada), 2u);
    ASSERT_TRUE(answer.unsent);
    world.shard().handle_done(answer.unsent, world.now);
    EXPECT_TRUE(world.lines.with("sign-in undone").empty()) << "it waits for the writer";
    world.settle();
    EXPECT_EQ(devices(world, ada), 1u);
    EXPECT_EQ(world.lines.with("sign-in undone").size(), 1u);
    world.shard().handle_done(answer.unsent, world.now);
    world.settle();
    EXPECT_TRUE(world.lines.with("not undone").empty()) << "it is gone, whoever did it";
}

TEST(AbandonedSignIn, IsUndoneLaterWhereTheStoreRefuses) {
    World world;
    const Account ada = world.person("ada");
    const HttpResponse answer = world.call(request("/v1/sessions", sign_in_of(ada)));
    world.shard().handle_done(answer.unsent, world.now);
    const std::vector<Work> works = std::exchange(world.writes.queue, {});
    ASSERT_EQ(works.size(), 1u);
    world.batches.push_back(std::make_shared<const EncodedBatch>(std::make_shared<const Batch>(
        refused(world.store().position(), works, {ErrorCode::disk_full, {}, 0, {}}))));
    world.settle();
    EXPECT_EQ(world.lines.with("sign-in not undone yet").size(), 1u);
    EXPECT_TRUE(world.lines.with("sign-in undone").empty());
    EXPECT_EQ(devices(world, ada), 1u) << "with the next call it was tried again";
    EXPECT_EQ(world.lines.with("sign-in undone").size(), 1u);
}

TEST(AbandonedRefresh, LeavesTheDeviceSignedIn) {
    World world;
    const Account ada = world.person("ada");
    const std::string body = R"({"refresh_token":")" + ada.refresh + "\"}";
    EXPECT_EQ(abandoned_when_written(world, request("/v1/sessions/refresh", body)).status, 200);
    EXPECT_EQ(world.call(request("/v1/sessions/refresh", body)).status, 200) << "the same successor again";
    EXPECT_EQ(devices(world, ada), 1u);
}

}  // namespace
}  // namespace parley::server::test
