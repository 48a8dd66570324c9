#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parley::server::test {
namespace {

using protocol::Done;
using protocol::MessageNew;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

protocol::MessageEdit edit(const StreamId& in, const Uuid& message, std::string text) {
    return {.target = {.stream = in}, .message = message, .text = std::move(text)};
}

protocol::MessageDelete deletion(const StreamId& in, const Uuid& message) {
    return {.target = {.stream = in}, .message = message};
}

class Edits : public testing::Test {
  protected:
    Edits() : ada(world.person("ada")), bob(world.person("bob")) {}

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& phone = world.online(world.another_device(ada));
    Peer& other = world.online(bob, 0, protocol::Encoding::cbor);
    StreamId group = world.group(desk, {bob});
    Uuid said = desk.ask(message(group, "helo"));
};

TEST_F(Edits, ReachEverybodyAlsoTheDeviceThatAskedForThem) {
    world.settle();
    for (Peer* peer : {&desk, &phone, &other})
        peer->take();
    const Uuid edited = desk.ask(edit(group, said, "hello"));
    world.settle();
    auto own = desk.take();
    ASSERT_EQ(own.size(), 2u);
    const auto row = own[0];
    EXPECT_EQ(std::get<MessageNew>(row.payload).text, "hello");
    EXPECT_TRUE(std::holds_alternative<Done>(own[1].payload));
    EXPECT_EQ(own[1].re, edited);
    EXPECT_EQ(own[1].seq, row.seq);
    for (Peer* peer : {&phone, &other}) {
        const auto came = peer->take();
        ASSERT_EQ(came.size(), 1u);
        EXPECT_EQ(came[0].id, said);
        EXPECT_EQ(came[0].seq, row.seq);
        EXPECT_LT(*came[0].born, *came[0].seq);
        EXPECT_EQ(came[0].payload, row.payload);
    }
    const auto deleted = desk.ask(deletion(group, said));
    world.settle();
    EXPECT_THAT(texts_of(desk.take()), ElementsAre(""));
    EXPECT_EQ(std::get<MessageNew>(other.take().at(0).payload).deleted_by, ada.id);
    EXPECT_EQ(other.refusal(other.ask(deletion(group, said))), ErrorCode::message_not_found)
        << "without a sender it is one's own";
    EXPECT_TRUE(desk.answer(desk.ask(deletion(group, said))).re != deleted);
    EXPECT_EQ(desk.refusal(desk.ask(edit(group, said, "again"))), ErrorCode::message_deleted);
}

TEST_F(Edits, AreSkippedForWhoeverCameAfterTheMessage) {
    const Account eve = world.person("eve");
    Peer& late = world.online(eve);
    desk.answer(desk.ask(protocol::MemberAdd{.target = {.stream = group}, .accounts = {eve.id}}));
    late.take();
    other.take();
    for (const bool deletes : {false, true}) {
        const auto done = deletes ? desk.answer(desk.ask(deletion(group, said)))
                                  : desk.answer(desk.ask(edit(group, said, "not for eve")));
        const auto came = late.take();
        ASSERT_EQ(came.size(), 1u);
        EXPECT_TRUE(std::holds_alternative<protocol::Skip>(came[0].payload));
        EXPECT_EQ(came[0].stream, group);
        EXPECT_EQ(came[0].seq, done.seq) << "so that her cursor goes on";
        const auto heard = other.take_all<MessageNew>();
        EXPECT_EQ(heard.empty() ? 0 : heard.back().seq.value_or(0), done.seq);
    }
    // What she sees reaches her.
    const Uuid later = desk.ask(message(group, "for eve"));
    world.settle();
    desk.answer(desk.ask(edit(group, later, "for eve, too")));
    EXPECT_THAT(texts_of(late.take()), ElementsAre("for eve", "for eve, too"));
}

TEST_F(Edits, AreReadOnTheSocket) {
    desk.answer(desk.ask(edit(group, said, "hello")));
    const auto answer =
        other.answer(other.ask(protocol::MessageHistory{.stream = group, .message = said, .sender = ada.id}));
    EXPECT_EQ(answer.stream, group);
    const auto& history = std::get<protocol::MessageHistoryOk>(answer.payload);
    ASSERT_EQ(history.texts.size(), 1u);
    EXPECT_EQ(history.texts[0].text, "helo");
    EXPECT_FALSE(history.more);
    EXPECT_EQ(other.refusal(other.ask(protocol::MessageHistory{.stream = group, .message = said})),
              ErrorCode::message_not_found);
    Peer& stranger = world.online(world.person("eve"));
    EXPECT_EQ(stranger.refusal(
                  stranger.ask(protocol::MessageHistory{.stream = group, .message = said, .sender = ada.id})),
              ErrorCode::conversation_not_member);
}

TEST_F(Edits, GoByHttpToo) {
    world.settle();
    const std::string path = "/v1/conversations/" + group.text() + "/messages/" + said.text();
    const auto call = [&](const std::string& method, const std::string& where, const std::string& body,
                          const Account& by) {
        return world.call(method, where, body, by.access, world.next_id().text());
    };
    EXPECT_EQ(call("PATCH", path, R"({"text":"hello"})", ada).status, 200);
    EXPECT_THAT(call("GET", path + "/history?sender=" + ada.id.text(), {}, bob).body, HasSubstr("helo"));
    EXPECT_EQ(code_of(call("PATCH", path, R"({"text":"mine"})", bob)), "message.not_found");
    EXPECT_EQ(code_of(call("PATCH", path, R"({"text":""})", ada)), "invalid");
    EXPECT_EQ(code_of(call("PATCH", path, "{}", ada)), "invalid") << "it says nothing";
    EXPECT_EQ(code_of(call("PATCH", path, R"({"text":1})", ada)), "malformed");
    EXPECT_EQ(code_of(call("DELETE", path + "?sender=" + ada.id.text(), {}, bob)), "not_allowed");
    const std::string no_id = "/v1/conversations/" + group.text() + "/messages/nonsense";
    for (const auto* method : {"PATCH", "DELETE"})
        EXPECT_EQ(code_of(call(method, no_id, R"({"text":"x"})", ada)), "malformed");
    EXPECT_EQ(code_of(call("GET", no_id + "/history", {}, ada)), "malformed");
    EXPECT_EQ(call("DELETE", path, {}, ada).status, 200);
    EXPECT_EQ(code_of(call("PATCH", path, R"({"text":"back"})", ada)), "message.deleted");
    EXPECT_EQ(call("PATCH", path, R"({"text":"back"})", ada).status, 410);
    EXPECT_THAT(call("GET", path + "/history", {}, ada).body, Not(HasSubstr("texts")));
}

TEST_F(Edits, NothingOfADeletedMessageIsLeftOnTheDisk) {
    std::vector<Uuid> ids;
    const auto secret = [](int number) {
        return "secret " + std::to_string(number);
    };
    // Of every size, so that they stand on pages of every kind, between others that stay.
    for (int i = 0; i < 60; ++i) {
        const std::size_t length = static_cast<std::size_t>(i) * 130;
        ids.push_back(desk.ask(message(group, secret(i) + std::string(length, 's') + secret(i))));
        desk.ask(message(group, "stays" + std::string(length / 2, '.')));
        if (i % 3 == 0) desk.ask(edit(group, ids.back(), "later " + secret(i) + std::string(length, 't')));
        if (i % 4 == 0) world.settle();
    }
    world.settle();
    ASSERT_THAT(everything_on_disk(world), HasSubstr("secret 59"));
    for (const Uuid& id : ids)
        desk.ask(deletion(group, id));
    world.settle();
    const std::string bytes = everything_on_disk(world);
    EXPECT_THAT(bytes, HasSubstr("stays"));
    EXPECT_EQ(bytes.find("secret"), std::string::npos);
    EXPECT_EQ(bytes.find(std::string(40, 's')), std::string::npos);
    EXPECT_EQ(bytes.find(std::string(40, 't')), std::string::npos);
}

TEST_F(Edits, AreLimitedLikeMessages) {
    World::Options options;
    options.rates.messages_per_second = 1;
    options.rates.messages_burst = 3;
    World slow(options);
    Peer& peer = slow.online(slow.person("ada"));
    const StreamId alone = slow.group(peer, {});
    const Uuid id = peer.ask(message(alone, "one"));
    slow.settle();
    peer.ask(edit(alone, id, "two"));
    slow.settle();
    EXPECT_EQ(peer.refusal(peer.ask(edit(alone, id, "three"))), ErrorCode::rate_limited);
}

}  // namespace
}  // namespace parley::server::test
