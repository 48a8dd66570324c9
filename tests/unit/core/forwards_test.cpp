// Silent messages, custom data and forwards on a device: from the command to the row.

#include "core/rules/custom.hpp"
#include "tests/unit/core/edits_script.hpp"
#include "tests/unit/core/rich_texts.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::EntityKind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const protocol::Custom poll{.kind = "org.example.poll", .data = R"({"n": 1.50})"};
const protocol::Forwarded by_you{.account = AccountId("you"), .name = "You", .at = WallTime{7}};

class Forwards : public Edits {
  protected:
    Forwards() { script.join("c2", 2); }

    /// Of a message of c1 into c2.
    Uuid forward(const Uuid& message, std::optional<AccountId> sender = {}) {
        return script.submit(protocol::MessageSend{
            .target = to_stream(StreamId("c2")),
            .text = {},
            .forward = protocol::ForwardOf{
                .stream = StreamId("c1"), .message = message, .sender = std::move(sender)}});
    }
    core::MessageView last_there() { return script.view("c2").last.value_or(core::MessageView{}); }
    void answer(const Uuid& command, std::int64_t seq, protocol::MessageAccepted about) {
        auto envelope = Script::accepted(command, "c2", seq);
        envelope.payload = std::move(about);
        script.give({envelope});
    }
    std::vector<Uuid> sent_messages() {
        std::vector<Uuid> ids;
        for (const auto& envelope : script.sent_of<protocol::MessageSend>())
            ids.push_back(*envelope.id);
        return ids;
    }
};

TEST_F(Forwards, ShowWhatTheDeviceHoldsUntilTheAnswerSaysWhatTheServerHas) {
    auto original = Script::said("hi @me");
    original.entities = {entity(EntityKind::bold, 0, 2), mention_of("me", 3, 3)};
    original.mentions = {AccountId("me")};
    original.custom = poll;
    push(1, original);
    const Uuid id = forward(Script::id_of(1), AccountId("you"));
    EXPECT_EQ(last_there().text, "hi @me");
    EXPECT_THAT(last_there().entities, ElementsAre(entity(EntityKind::bold, 0, 2)));
    EXPECT_THAT(last_there().mentions, IsEmpty());
    EXPECT_EQ(last_there().custom, poll);
    ASSERT_TRUE(last_there().forwarded);
    EXPECT_EQ(last_there().forwarded->account, AccountId("you"));
    EXPECT_EQ(last_there().forwarded->at, WallTime{1'700'000'000'001});
    EXPECT_EQ(rows_with("hi @me"), 1) << "the command holds nothing of it";

    answer(id, 4, {.text = "hello", .custom = poll, .forwarded = by_you});
    EXPECT_EQ(last_there().text, "hello") << "it was edited before the server took it";
    EXPECT_THAT(last_there().entities, IsEmpty());
    EXPECT_EQ(last_there().forwarded, by_you);
    EXPECT_EQ(last_there().state, core::MessageState::sent);
    script.disconnect();
    script.open();
    EXPECT_EQ(last_there().text, "hello");
    EXPECT_EQ(last_there().forwarded, by_you);
}

TEST_F(Forwards, NameWhoSaidItFirst) {
    auto handed_on = Script::said("news");
    handed_on.forwarded = protocol::Forwarded{.account = AccountId("ada"), .name = "Ada", .at = WallTime{5}};
    push(1, handed_on);
    forward(Script::id_of(1), AccountId("you"));
    EXPECT_EQ(last_there().forwarded, handed_on.forwarded);
}

TEST_F(Forwards, OfWhatIsDeletedShowNothingOfIt) {
    push(1, Script::said("secret"));
    script.disconnect();
    const Uuid id = forward(Script::id_of(1), AccountId("you"));
    script.connect();
    script.auth_ok();
    push(2, tombstone(), 1);
    EXPECT_EQ(rows_with("secret"), 0);
    EXPECT_EQ(last_there().text, "");
    script.resumed();
    script.refuse(id, ErrorCode::message_deleted);
    const auto outbox = script.core().outbox();
    ASSERT_THAT(*outbox, SizeIs(1));
    EXPECT_EQ(outbox->front().state, core::CommandState::failed);
    ASSERT_TRUE(script.core().discard(id, script.now()));
    script.take();
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Forwards, OfWhatIsGoingToBeDeletedShowNothingOfIt) {
    const Uuid own = said("secret", 1);
    script.disconnect();
    forward(own);
    EXPECT_EQ(last_there().text, "secret");
    erase(own);
    EXPECT_EQ(last_there().text, "");
}

TEST_F(Forwards, OfAnOwnMessageWaitForIt) {
    script.disconnect();
    const Uuid own = script.say("c1", "mine");
    const Uuid id = forward(own);
    EXPECT_EQ(last_there().text, "mine");
    EXPECT_EQ(last_there().forwarded->account, AccountId("me"));
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    EXPECT_THAT(sent_messages(), ElementsAre(own));
    script.accept(own, "c1", 4);
    EXPECT_THAT(sent_messages(), ElementsAre(own, id));
}

TEST_F(Forwards, OfAnOwnMessageGoOutOnceItWasRefused) {
    script.disconnect();
    const Uuid own = script.say("c1", "mine");
    const Uuid id = forward(own);
    script.open();
    script.forget();
    script.connect();
    script.auth_ok();
    script.resumed();
    script.refuse(own, ErrorCode::not_allowed);
    EXPECT_THAT(sent_messages(), ElementsAre(own, id)) << "the server says what becomes of it";
}

TEST_F(Forwards, OfThemselvesWaitForNothing) {
    const Uuid id = Script::id_of(77);
    const protocol::MessageSend self{.target = to_stream(StreamId("c2")),
                                     .text = {},
                                     .forward = protocol::ForwardOf{.stream = StreamId("c2"), .message = id}};
    ASSERT_TRUE(script.core().submit(self, script.now(), id));
    script.take();
    EXPECT_THAT(sent_messages(), ElementsAre(id));
    EXPECT_EQ(last_there().text, "");
}

TEST_F(Forwards, AreNotEdited) {
    push(1, Script::said("hello"));
    script.disconnect();
    const Uuid id = forward(Script::id_of(1), AccountId("you"));
    const auto refused = script.core().submit(
        protocol::MessageEdit{.target = to_stream(StreamId("c2")), .message = id, .text = "bye"},
        script.now());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_allowed);
    EXPECT_EQ(refused.error().field, "message");
    script.submit(protocol::MessageDelete{.target = to_stream(StreamId("c2")), .message = id});
    EXPECT_THAT(*script.core().outbox(), IsEmpty()) << "it is taken back where it waits";
}

TEST_F(Forwards, WhoseAnswerSaysNothingAreFetched) {
    push(1, Script::said("hello"));
    const Uuid id = forward(Script::id_of(1), AccountId("you"));
    answer(id, 4, {});
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_EQ(script.view("c2").head, 4);
    EXPECT_FALSE(script.view("c2").complete) << "it was deleted since: the tombstone is pulled";
}

TEST_F(Forwards, CustomDataAndSilenceAreShownFromTheMomentTheyAreGiven) {
    const Uuid id = script.submit(protocol::MessageSend{
        .target = to_stream(StreamId("c1")), .text = {}, .silent = true, .custom = poll});
    EXPECT_EQ(last().custom, poll);
    EXPECT_TRUE(last().silent);
    script.accept(id, "c1", 4);
    EXPECT_EQ(last().custom, poll);
    EXPECT_TRUE(last().silent);
    protocol::Custom other = poll;
    other.data = "2";
    const Uuid change = script.submit(protocol::MessageEdit{
        .target = to_stream(StreamId("c1")), .message = id, .text = "two", .custom = other});
    EXPECT_EQ(last().custom, other) << "while it waits";
    done(change, 5);
    EXPECT_EQ(last().custom, other);
    EXPECT_TRUE(last().silent) << "an edit alerts nobody";
    erase(id);
    EXPECT_EQ(last().custom, std::nullopt);
    EXPECT_FALSE(last().silent);
}

TEST_F(Forwards, CustomDataIsChangedWhereItWaits) {
    script.disconnect();
    const Uuid id = script.submit(
        protocol::MessageSend{.target = to_stream(StreamId("c1")), .text = "one", .custom = poll});
    protocol::Custom other = poll;
    other.data = "[2]";
    script.submit(protocol::MessageEdit{
        .target = to_stream(StreamId("c1")), .message = id, .text = {}, .custom = other});
    EXPECT_EQ(last().text, "");
    EXPECT_EQ(last().custom, other);
}

TEST_F(Forwards, AListKnowsWhatItIsToldOfTheLastMessage) {
    auto state = script.state("c1", 9);
    std::get<protocol::ConversationState>(state.payload).last = protocol::Preview{.id = Script::id_of(9),
                                                                                  .born = 9,
                                                                                  .sender = AccountId("you"),
                                                                                  .text = "a poll",
                                                                                  .silent = true,
                                                                                  .kind = poll.kind,
                                                                                  .forwarded = by_you};
    script.give({state});
    EXPECT_TRUE(last().silent);
    EXPECT_EQ(last().custom, (protocol::Custom{.kind = poll.kind, .data = {}}));
    EXPECT_EQ(last().forwarded, by_you);
}

TEST_F(Forwards, WhatSaysNothingOrTooMuchIsRefusedAtTheDoor) {
    const auto refused = [&](protocol::MessageSend message) {
        message.target = to_stream(StreamId("c1"));
        const auto answer = script.core().submit(std::move(message), script.now());
        return answer ? std::string("taken")
                      : std::string(name_of(answer.error().code)) + " " + answer.error().field;
    };
    EXPECT_EQ(refused({.text = ""}), "invalid text");
    EXPECT_EQ(refused({.text = std::string(1001, 'x'), .custom = poll}), "invalid text");
    EXPECT_EQ(refused({.text = {}, .custom = protocol::Custom{.kind = "poll", .data = "1"}}),
              "invalid custom.kind");
    const protocol::ForwardOf one{.stream = StreamId("c1"), .message = Script::id_of(1)};
    EXPECT_EQ(refused({.text = "mine", .forward = one}), "invalid forward");
    EXPECT_EQ(refused({.text = {}, .custom = poll, .forward = one}), "invalid forward");
    EXPECT_EQ(refused({.text = {}, .mentions = {AccountId("you")}, .forward = one}), "invalid forward");
}

TEST(CustomData, HasAKindWithAName) {
    for (const char* kind : {"a.b", "org.example.poll", "0.1", "com.example.chess-move_2"})
        EXPECT_TRUE(core::rules::check_kind(kind)) << kind;
    for (const char* kind : {"", "poll", ".", "a.", ".a", "a..b", "A.b", "a.-b", "a b.c", "a.\xc3\xa4"})
        EXPECT_FALSE(core::rules::check_kind(kind)) << kind;
    EXPECT_TRUE(core::rules::check_kind("a." + std::string(62, 'b')));
    EXPECT_FALSE(core::rules::check_kind("a." + std::string(63, 'b')));
}

TEST(CustomData, IsOneValueOfJson) {
    for (const char* data :
         {"0", "null", " [ ] ", R"({"a":1,"a":2})", "1e400", "123456789012345678901234567890"})
        EXPECT_TRUE(core::rules::check_data(data)) << data;
    for (const char* data : {"", " ", "{", "1 2", "[1,]", "'a'", "\"\x01\"", "\"\xff\"",
                             "\xef\xbb\xbf"
                             "1",
                             "//"})
        EXPECT_FALSE(core::rules::check_data(data)) << data;
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(core::rules::check_data(nested(16)));
    EXPECT_FALSE(core::rules::check_data(nested(17)));
    EXPECT_TRUE(core::rules::check_data('"' + std::string(16382, 'x') + '"'));
    EXPECT_FALSE(core::rules::check_data('"' + std::string(16383, 'x') + '"'));
}

}  // namespace
}  // namespace parley::test
