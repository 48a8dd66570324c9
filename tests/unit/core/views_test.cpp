#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class Views : public testing::Test {
  protected:
    Views() {
        script.go_live();
        script.join("c1");
    }
    void push(const std::string& stream, std::int64_t seq) {
        script.give({Script::pushed(stream, seq, Script::said(stream + " " + std::to_string(seq)))});
    }
    std::vector<std::int64_t> born(const core::WindowView& window) {
        std::vector<std::int64_t> born;
        born.reserve(window.messages.size());
        for (const auto& message : window.messages)
            born.push_back(message.born);
        return born;
    }
    core::WindowView window(core::WindowQuery query) {
        auto window = script.core().window(StreamId("c1"), query);
        EXPECT_TRUE(window);
        script.take();
        return window.value_or(core::WindowView{});
    }
    std::vector<std::string> list() {
        std::vector<std::string> names;
        const auto conversations = script.core().conversations(0, 10);
        for (const auto& one : *conversations)
            names.push_back(one.pending ? "pending" : one.stream.text());
        return names;
    }

    Script script;
};

TEST_F(Views, AWindowShowsAnyPart) {
    for (std::int64_t seq = 1; seq <= 10; ++seq)
        push("c1", seq);
    auto newest = window({.limit = 3});
    EXPECT_THAT(born(newest), ElementsAre(8, 9, 10));
    EXPECT_TRUE(newest.more_before);
    EXPECT_FALSE(newest.more_after);
    EXPECT_FALSE(newest.missing);
    auto before = window({.before = 4, .limit = 5});
    EXPECT_THAT(born(before), ElementsAre(1, 2, 3));
    EXPECT_FALSE(before.more_before);
    EXPECT_TRUE(before.more_after);
    auto after = window({.after = 7, .limit = 2});
    EXPECT_THAT(born(after), ElementsAre(8, 9));
    EXPECT_TRUE(after.more_before);
    EXPECT_TRUE(after.more_after);
    auto around = window({.around = 5, .limit = 4});
    EXPECT_THAT(born(around), ElementsAre(4, 5, 6, 7));
    EXPECT_TRUE(around.more_before);
    EXPECT_TRUE(around.more_after);
}

TEST_F(Views, AWindowForOneMessageIsNotTheEndOfItsConversation) {
    for (std::int64_t seq = 2; seq <= 4; ++seq)
        push("c1", seq);
    (void)script.say("c1", "waits");
    auto around = window({.around = 3, .limit = 1});
    EXPECT_THAT(born(around), ElementsAre(3));
    EXPECT_TRUE(around.more_before);
    EXPECT_TRUE(around.more_after);
    around = window({.around = 1, .limit = 1});
    EXPECT_THAT(around.messages, testing::IsEmpty());
    EXPECT_TRUE(around.more_after);
    around = window({.around = 4, .limit = 1});
    EXPECT_THAT(born(around), ElementsAre(4, 0));
    EXPECT_FALSE(around.more_after);
}

TEST_F(Views, AGapIsFlaggedAndFetched) {
    core::ClientOptions options;
    options.eager_messages = 0;
    Script small(options);
    small.go_live();
    small.give({Script::joined("c1", 1), small.state("c1", 5000)});
    const auto newest = small.sent_of<protocol::Page>().back();
    small.give(protocol::PageOk{4999,
                                5000,
                                5000,
                                true,
                                false,
                                {Script::row(4999, Script::said("a")), Script::row(5000, Script::said("b"))}},
               newest.id);
    for (const auto& asked : small.sent_of<protocol::Rows>())
        small.give(protocol::RowsOk{5000, false, {}}, asked.id);
    for (const auto& asked : small.sent_of<protocol::Rows>())
        small.give(protocol::RowsOk{5000, false, {}}, asked.id);
    EXPECT_EQ(small.core().connection(), core::Connection::online);
    small.forget();
    auto window = small.core().window(StreamId("c1"), {.limit = 10});
    small.take();
    ASSERT_THAT(window->messages, SizeIs(2));
    EXPECT_TRUE(window->missing);
    EXPECT_TRUE(window->more_before);
    ASSERT_THAT(small.sent_of<protocol::Page>(), SizeIs(1));
    EXPECT_EQ(std::get<protocol::Page>(small.sent_of<protocol::Page>()[0].payload).before, 4999);
    const Uuid asked = *small.sent_of<protocol::Page>()[0].id;
    small.forget();
    small.give(protocol::PageOk{10, 4998, 5000, false, false, {Script::row(10, Script::said("old"))}}, asked);
    EXPECT_THAT(small.noticed<core::ConversationTouched>(), SizeIs(1));
    window = small.core().window(StreamId("c1"), {.limit = 10});
    EXPECT_THAT(window->messages, SizeIs(3));
    EXPECT_FALSE(window->missing);
    EXPECT_FALSE(window->more_before);
}

TEST_F(Views, OwnPendingMessagesStandLastAndMoveOnceWhenTheyAreAccepted) {
    push("c1", 1);
    const Uuid id = script.say("c1", "mine");
    push("c1", 2);
    EXPECT_THAT(script.texts("c1"), ElementsAre("c1 1", "c1 2", "mine"));
    script.accept(id, "c1", 3);
    push("c1", 4);
    EXPECT_THAT(script.texts("c1"), ElementsAre("c1 1", "c1 2", "mine", "c1 4"));
}

TEST_F(Views, TheListIsSortedByLatestActivityWhateverTheClockSays) {
    script.join("c2", 2);
    push("c1", 1);
    push("c2", 2);
    EXPECT_THAT(list(), ElementsAre("c2", "c1"));
    script.jump_wall(-86'400'000);
    script.say("c1", "pending");
    EXPECT_THAT(list(), ElementsAre("c1", "c2"));
    script.submit(protocol::ConversationCreate{"group", {}});
    EXPECT_THAT(list(), ElementsAre("pending", "c1", "c2"));
    const auto pending = script.core().conversations(0, 1);
    EXPECT_EQ(pending->front().summary.title, "group");
}

// A refused message was not said: it is shown where it stands, and the list goes by what was.
TEST_F(Views, ARefusedMessageLiftsItsConversationNoMore) {
    script.join("c2", 2);
    push("c1", 1);
    push("c2", 2);
    const Uuid refused = script.say("c1", "refused");
    ASSERT_THAT(list(), ElementsAre("c1", "c2"));
    EXPECT_EQ(script.view("c1").last->text, "refused");
    script.refuse(refused, ErrorCode::invalid);
    EXPECT_THAT(list(), ElementsAre("c2", "c1"));
    EXPECT_EQ(script.view("c1").last->text, "c1 1");
    EXPECT_THAT(script.texts("c1"), ElementsAre("c1 1", "refused"));
    script.say("c1", "under way");
    script.refuse(script.say("c1", "refused too"), ErrorCode::invalid);
    EXPECT_THAT(list(), ElementsAre("c1", "c2"));
    EXPECT_EQ(script.view("c1").last->text, "under way");
}

TEST_F(Views, WhatWasToMakeAConversationAndWasRefusedStandsByItsTime) {
    script.jump_wall(1'700'000'000'000 - script.now().wall.ms);
    const auto create = [&](const std::string& title) {
        return script.submit(protocol::ConversationCreate{title, {}});
    };
    script.refuse(create("refused"), ErrorCode::not_allowed);
    push("c1", 1'000'000);
    EXPECT_THAT(list(), ElementsAre("c1", "pending"));
    create("under way");
    EXPECT_THAT(list(), ElementsAre("pending", "c1", "pending"));
    const auto shown = script.core().conversations(0, 10);
    EXPECT_EQ(shown->front().summary.title, "under way");
    EXPECT_EQ(shown->back().summary.title, "refused");
    ASSERT_TRUE(shown->back().failure);
}

TEST_F(Views, AConversationThatTheOutboxIsAboutToMakeHasAWindow) {
    script.disconnect();
    const auto target = to_peer(AccountId("new"));
    script.submit(protocol::MessageSend{target, "hello", std::nullopt, {}});
    const Uuid second = script.submit(protocol::MessageSend{target, "are you there?", std::nullopt, {}});
    const auto texts = [&](std::size_t limit) {
        std::vector<std::string> found;
        const auto window = script.core().window(target, {.limit = limit});
        EXPECT_TRUE(window);
        for (const auto& message : window->messages) {
            EXPECT_EQ(message.state, core::MessageState::sending);
            EXPECT_TRUE(message.own);
            found.push_back(message.text);
        }
        EXPECT_EQ(window->more_before, limit < 2);
        return found;
    };
    EXPECT_THAT(texts(10), ElementsAre("hello", "are you there?"));
    EXPECT_THAT(texts(1), ElementsAre("are you there?"));
    const auto listed = script.core().conversations(0, 1);
    ASSERT_THAT(*listed, SizeIs(1));
    EXPECT_EQ(listed->front().peer, AccountId("new"));
    EXPECT_EQ(listed->front().last->id, second);
    script.open();
    EXPECT_THAT(texts(10), ElementsAre("hello", "are you there?"));
}

TEST_F(Views, ItsWindowIsThatOfTheConversationOnceTheServerHasIt) {
    const auto target = to_peer(AccountId("new"));
    const Uuid id = script.submit(protocol::MessageSend{target, "hello", std::nullopt, {}});
    protocol::Summary summary{protocol::ConversationKind::direct, std::nullopt,
                              protocol::Profile{AccountId("new"), "new", "New", std::nullopt}, 2,
                              protocol::Role::owner};
    script.give({Script::pushed("me", 2, protocol::Joined{StreamId("c9"), 1, summary})});
    script.accept(id, "c9", 4);
    const auto window = script.core().window(target, {.limit = 10});
    ASSERT_TRUE(window);
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_EQ(window->messages[0].born, 4);
    EXPECT_EQ(window->messages[0].state, core::MessageState::sent);
}

TEST_F(Views, WhoOneTalksToGoesByTheNameThatWasSaidLast) {
    const auto called = [](const char* name, std::int64_t as_of) {
        return protocol::Profile{AccountId("new"), "new", name, std::nullopt, as_of};
    };
    const protocol::Summary summary{protocol::ConversationKind::direct, std::nullopt, called("New", 1), 2,
                                    protocol::Role::owner};
    const auto shown = [&] {
        return script.core().conversation(StreamId("c9")).value().value().summary.peer->name;
    };
    const auto row = [&](std::int64_t seq, const protocol::Profile& who) {
        return Script::pushed("c9", seq,
                              protocol::MemberChanged{.profile = who,
                                                      .role = protocol::Role::member,
                                                      .present = true,
                                                      .by = who.account,
                                                      .from = 1});
    };
    script.give({Script::pushed("me", 2, protocol::Joined{StreamId("c9"), 1, summary})});
    EXPECT_EQ(shown(), "New");
    script.give({row(4, called("Newton", 7))});
    EXPECT_EQ(shown(), "Newton");
    script.give({row(3, called("Newest", 5))});
    EXPECT_EQ(shown(), "Newton") << "whatever comes late";
    script.give({row(5, called("Isaac", 7))});
    EXPECT_EQ(shown(), "Isaac") << "of two that are as old, the one that comes later";
}

TEST_F(Views, AGroupThatTheOutboxIsAboutToMakeHasAWindowToo) {
    const Uuid creation = script.submit(protocol::ConversationCreate{"group", {AccountId("you")}});
    script.submit(protocol::MessageSend{to_made_by(creation), "welcome", std::nullopt, {}});
    auto window = script.core().window(to_made_by(creation), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_EQ(window->messages[0].text, "welcome");
    protocol::Envelope made;
    made.re = creation;
    made.stream = StreamId("c7");
    made.seq = 3;
    made.timestamp = WallTime{1'700'000'000'000};
    made.payload = protocol::ConversationCreated{};
    script.give({made, Script::joined("c7", 2)});
    window = script.core().window(to_made_by(creation), {.limit = 10});
    ASSERT_THAT(window->messages, SizeIs(1));
    EXPECT_EQ(window->messages[0].text, "welcome");
    // Nothing was ever said to somebody else.
    EXPECT_THAT(script.core().window(to_peer(AccountId("nobody")), {})->messages, testing::IsEmpty());
}

TEST_F(Views, TheOutboxCanBeReadInPartsWhatWaitsFirst) {
    script.disconnect();
    std::vector<Uuid> ids;
    ids.reserve(5);
    for (int i = 0; i < 5; ++i)
        ids.push_back(script.say("c1", std::to_string(i)));
    script.wait(30'000);
    script.core().handle_connected(script.now());
    script.take();
    script.auth_ok();
    script.refuse(ids[1], ErrorCode::not_allowed);
    const auto part = [&](std::size_t offset, std::size_t limit) {
        std::vector<Uuid> found;
        const auto outbox = script.core().outbox(offset, limit);
        EXPECT_TRUE(outbox);
        for (const auto& one : *outbox)
            found.push_back(one.id);
        return found;
    };
    EXPECT_THAT(part(0, 10), ElementsAre(ids[0], ids[2], ids[3], ids[4], ids[1]));
    EXPECT_THAT(part(3, 10), ElementsAre(ids[4], ids[1]));
    EXPECT_THAT(part(1, 2), ElementsAre(ids[2], ids[3]));
    EXPECT_THAT(part(5, 2), testing::IsEmpty());
    EXPECT_EQ(script.core().outbox_count().waiting, 4);
    EXPECT_EQ(script.core().outbox_count().failed, 1);
}

TEST_F(Views, AGroupThatIsRefusedSaysWhy) {
    const Uuid group = script.submit(protocol::ConversationCreate{"group", {AccountId("you")}});
    const Uuid text = script.submit(protocol::MessageSend{to_made_by(group), "in it", std::nullopt, {}});
    const auto shown = [this] {
        return script.core().conversations(0, 10)->front();
    };
    EXPECT_TRUE(shown().pending);
    EXPECT_FALSE(shown().failure);
    script.refuse(group, ErrorCode::too_large);
    ASSERT_TRUE(shown().failure);
    EXPECT_EQ(shown().failure->code, ErrorCode::too_large);
    // It may still be made.
    const Uuid again = *script.core().retry(group, script.now());
    script.take();
    EXPECT_FALSE(shown().failure);
    script.refuse(again, ErrorCode::not_allowed);
    EXPECT_EQ(shown().failure->code, ErrorCode::not_allowed);
    // What was to be said in it says why, too, once nothing else is left.
    ASSERT_TRUE(script.core().discard(again, script.now()));
    ASSERT_TRUE(shown().failure);
    EXPECT_EQ(shown().failure->code, ErrorCode::made_by_refused);
    ASSERT_TRUE(script.core().discard(text, script.now()));
    EXPECT_FALSE(shown().pending);
}

TEST_F(Views, ADirectConversationIsRefusedOnceNothingWaitsForIt) {
    const protocol::Target somebody = to_peer(AccountId("nobody"));
    const Uuid one = script.submit(protocol::MessageSend{somebody, "one", std::nullopt, {}});
    const Uuid two = script.submit(protocol::MessageSend{somebody, "two", std::nullopt, {}});
    const auto failure = [this] {
        return script.core().conversations(0, 10)->front().failure;
    };
    script.refuse(one, ErrorCode::account_not_found);
    EXPECT_FALSE(failure());
    script.refuse(two, ErrorCode::account_not_found);
    ASSERT_TRUE(failure());
    EXPECT_EQ(failure()->code, ErrorCode::account_not_found);
}

TEST_F(Views, TheListCanBeReadInParts) {
    script.join("c2", 2);
    script.join("c3", 3);
    for (std::int64_t seq = 1; seq <= 3; ++seq)
        push("c" + std::to_string(seq), seq);
    EXPECT_THAT(*script.core().conversations(1, 1), SizeIs(1));
    const auto second = script.core().conversations(1, 1);
    EXPECT_EQ(second->front().stream, StreamId("c2"));
    EXPECT_THAT(*script.core().conversations(3, 5), SizeIs(0));
}

TEST_F(Views, MembersAndTitleFollowTheRows) {
    script.give(
        {Script::pushed(
             "c1", 1,
             protocol::ConversationChanged{protocol::ConversationKind::group, "new", AccountId("me")}),
         Script::pushed("c1", 2, Script::member("me")), Script::pushed("c1", 3, Script::member("you")),
         Script::pushed("c1", 4, Script::member("they"))});
    EXPECT_EQ(script.view("c1").summary.title, "new");
    EXPECT_EQ(script.view("c1").summary.members, 3);
    script.give({Script::pushed("c1", 5, Script::member("they", false), 4)});
    EXPECT_EQ(script.view("c1").summary.members, 2);
}

TEST_F(Views, TheDevicesAreThoseThatAreSignedIn) {
    script.give(
        {Script::pushed("me", 2, protocol::DeviceChanged{DeviceId("d1"), "here", WallTime{1}, true}),
         Script::pushed("me", 3, protocol::DeviceChanged{DeviceId("d2"), "there", WallTime{2}, true}),
         Script::pushed("me", 4, protocol::DeviceChanged{DeviceId("d2"), "there", WallTime{2}, false}, 3)});
    const auto devices = script.core().devices();
    ASSERT_TRUE(devices);
    ASSERT_THAT(*devices, SizeIs(1));
    EXPECT_TRUE(devices->front().own);
}

}  // namespace
}  // namespace parley::test
