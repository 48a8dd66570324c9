// What commands cost that are more work than a message.

#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::server::test {
namespace {

const protocol::ErrorReply* error_in(const protocol::Envelope& envelope) {
    return std::get_if<protocol::ErrorReply>(&envelope.payload);
}

TEST(Cost, LetsADearCommandThroughHoweverManyFollowIt) {
    World::Options options;
    options.rates = {.messages_per_second = 5, .messages_burst = 10};
    World world(options);
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    const StreamId group = world.group(peer, {});
    while (!error_in(peer.answer(peer.ask(message(group, "x"))))) {
    }
    // As a client does that waits as long as it is told, and sends the rest of its queue behind.
    const Uuid dear = world.next_id();
    const auto send = [&](const Uuid& id, protocol::Payload payload, std::optional<Uuid> follows) {
        protocol::Envelope envelope;
        envelope.id = id;
        envelope.follows = follows;
        envelope.payload = std::move(payload);
        peer.send(std::move(envelope));
        return id;
    };
    const std::vector<Uuid> queue{world.next_id(), world.next_id(), world.next_id()};
    bool done = false;
    for (int tries = 0; tries < 10 && !done; ++tries) {
        peer.take();
        Uuid last = send(dear, protocol::ProfileSet{.name = "Lovelace"}, std::nullopt);
        for (const Uuid& id : queue)
            last = send(id, message(group, "x"), last);
        world.settle();
        std::int64_t wait = 0;
        for (const auto& answer : peer.take()) {
            if (answer.re != dear) continue;
            const auto* error = error_in(answer);
            done = error == nullptr;
            wait = error == nullptr ? 0 : error->retry_after_ms.value_or(0);
        }
        world.pass(milliseconds(wait));
    }
    EXPECT_TRUE(done);
}

TEST(Cost, CountsWhereManyAreNamedAtOnce) {
    World::Options options;
    options.rates.messages_per_second = 5;
    options.rates.messages_burst = 20;
    World world(options);
    const Account ada = world.person("ada");
    std::vector<Account> people;
    people.reserve(60);
    for (int i = 0; i < 60; ++i)
        people.push_back(world.person("person" + std::to_string(i)));
    Peer& peer = world.online(ada);
    const auto members = [&](std::size_t first, std::size_t last) {
        std::vector<AccountId> ids;
        for (std::size_t i = first; i < last; ++i)
            ids.push_back(people[i].id);
        return ids;
    };
    const auto create = [&](std::size_t count) {
        return peer.answer(
            peer.ask(protocol::ConversationCreate{.title = "many", .members = members(0, count)}));
    };
    const auto made = create(60);
    ASSERT_FALSE(error_in(made)) << "seven of twenty";
    const std::string path = "/v1/conversations/" + made.stream.text() + "/members";
    std::string ids;
    for (const AccountId& id : members(0, 50))
        ids += (ids.empty() ? "\"" : ",\"") + id.text() + '"';
    const auto add = [&] {
        return world.call("POST", path, R"({"accounts":[)" + ids + "]}", ada.access, world.next_id().text());
    };
    EXPECT_EQ(add().status, 200) << "six more";
    EXPECT_EQ(add().status, 200) << "and six";
    EXPECT_FALSE(error_in(peer.answer(peer.ask(message(made.stream, "the last one")))));
    EXPECT_EQ(add().status, 429);
    const auto refused = create(60);
    ASSERT_TRUE(error_in(refused));
    EXPECT_EQ(error_in(refused)->code, ErrorCode::rate_limited);
    EXPECT_EQ(error_in(refused)->retry_after_ms, 1'400) << "five a second";
    world.pass(milliseconds(1'400));
    EXPECT_FALSE(error_in(create(60)));
}

}  // namespace
}  // namespace parley::server::test
