#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

protocol::MessageEdit edit(ConversationKey in, const Work& message, std::string text) {
    return {.target = {.stream = to_id(in)}, .message = *message.origin.command, .text = std::move(text)};
}

protocol::MessageDelete deletion(ConversationKey in, const Work& message) {
    return {.target = {.stream = to_id(in)},
            .message = *message.origin.command,
            .sender = to_id(message.origin.account)};
}

std::vector<std::string> history_of(StoreWorld& world, const Person& reader, ConversationKey in,
                                    const Work& message) {
    const auto history = message_history(
        *world.snapshot(), reader.account,
        {.stream = to_id(in), .message = *message.origin.command, .sender = to_id(message.origin.account)});
    std::vector<std::string> texts;
    if (!history) return {std::string(name_of(history.error().code))};
    for (const auto& one : history->texts)
        texts.push_back(one.text);
    return texts;
}

}  // namespace

TEST_P(StoreContract, AnEditedMessageKeepsItsPlaceAndTime) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "helo"));
    const auto first = world.apply(said);
    ASSERT_TRUE(first);
    ASSERT_TRUE(world.send(bob, group, "hi"));
    const auto edited = world.apply(world.work(ada, edit(group, said, "hello")));
    ASSERT_TRUE(edited);
    EXPECT_TRUE(std::holds_alternative<protocol::Done>(edited->payload));
    EXPECT_EQ(edited->seq, 6);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 6", "replied"));
    restart();
    const auto rows = world.all_changes(bob, group, 3);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_THAT(texts_of(rows), ElementsAre("hi", "hello"));
    EXPECT_EQ(rows[1].born, 4);
    EXPECT_EQ(rows[1].seq, 6);
    EXPECT_EQ(rows[1].id, said.origin.command);
    EXPECT_EQ(rows[1].timestamp, first->timestamp);
    EXPECT_EQ(std::get<protocol::MessageNew>(rows[1].payload).edited_at, edited->timestamp);
    EXPECT_THAT(history_of(world, bob, group, said), ElementsAre("helo"));
    EXPECT_EQ(world.state(bob, group).unread, 1) << "whoever has not read it still has not";
}

TEST_P(StoreContract, ADeletedMessageIsATombstoneAndStaysOne) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    auto naming = message_to(group, "secret");
    naming.mentions = {bob.id()};
    const auto said = world.work(ada, naming);
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(ada, edit(group, said, "secret, too"))));
    const auto work = world.work(ada, deletion(group, said));
    const auto deleted = world.apply(work);
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->seq, 6);
    for (const bool before : {true, false}) {
        const auto rows = world.all_changes(bob, group, 3);
        ASSERT_EQ(rows.size(), 1u);
        EXPECT_EQ(rows[0].born, 4);
        EXPECT_EQ(rows[0].id, said.origin.command);
        EXPECT_EQ(std::get<protocol::MessageNew>(rows[0].payload),
                  (protocol::MessageNew{.sender = ada.id(), .deleted_by = ada.id()}));
        EXPECT_THAT(history_of(world, bob, group, said), IsEmpty());
        EXPECT_EQ(data->dump().find("secret"), std::string::npos);
        const auto state = world.state(bob, group);
        ASSERT_TRUE(state.last);
        EXPECT_TRUE(state.last->deleted);
        EXPECT_EQ(state.last->text, "");
        EXPECT_EQ(state.unread, 0);
        if (before) restart();
    }
    // Who jumps takes what is gone.
    const auto gone = changes(*world.snapshot(), bob.account,
                              {.stream = to_id(group), .after = 4, .only = protocol::Only::removed});
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->rows.size(), 1u);
    // Once more is nothing, under the same id or another; and nothing changes it any more.
    EXPECT_EQ(world.apply(work)->seq, 6);
    const auto before = data->dump();
    const auto again = world.apply(world.work(ada, deletion(group, said)));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, std::nullopt);
    EXPECT_EQ(data->dump(), before) << "and nothing is remembered of it";
    expect_refused(world.work(ada, edit(group, said, "back")), ErrorCode::message_deleted);
}

TEST_P(StoreContract, KnowsWhoIsPresentAndWasNeverShownAMessage) {
    const auto ada = world.person("ada");
    const auto stayed = world.person("stayed");
    const auto returned = world.person("returned");
    const auto gone = world.person("gone");
    const auto late = world.person("late");
    const auto later = world.person("later");
    const auto group = world.group(ada, {stayed, returned, gone});
    const auto said = world.send(ada, group, "early");
    ASSERT_TRUE(said);
    ASSERT_TRUE(world.remove(ada, group, returned));
    const auto between = world.send(ada, group, "while one is away");
    ASSERT_TRUE(between);
    ASSERT_TRUE(world.remove(ada, group, gone));
    ASSERT_TRUE(world.add(ada, group, {later, late, returned}));
    const auto last = world.send(ada, group, "late");
    ASSERT_TRUE(last);
    const auto unseen = [&](const Result<Answer>& message) {
        return world.snapshot()->conversations().unseen_by(group, *message->seq);
    };
    for (const bool before : {true, false}) {
        EXPECT_THAT(unseen(said), ElementsAre(late.account, later.account));
        EXPECT_THAT(unseen(between), ElementsAre(returned.account, late.account, later.account));
        EXPECT_THAT(unseen(last), IsEmpty());
        if (before) restart();
    }
}

TEST_P(StoreContract, ASendThatComesAgainGetsItsAnswerWhateverBecameOfTheMessage) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "first"));
    const auto first = world.apply(said);
    ASSERT_TRUE(first);
    ASSERT_TRUE(world.apply(world.work(ada, edit(group, said, "second"))));
    ASSERT_TRUE(world.apply(world.work(ada, edit(group, said, "third"))));
    const auto again = world.apply(said);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, first->seq);
    EXPECT_EQ(again->timestamp, first->timestamp);
    expect_refused(world.work(ada, message_to(group, "second"), *said.origin.command), ErrorCode::id_reused);
    ASSERT_TRUE(world.apply(world.work(ada, deletion(group, said))));
    EXPECT_EQ(world.apply(said)->seq, first->seq);
    EXPECT_THAT(texts_of(world.all_changes(bob, group)), ElementsAre(""));
}

TEST_P(StoreContract, AnEditThatComesAgainIsDoneOnce) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {world.person("bob")});
    const auto said = world.work(ada, message_to(group, "one"));
    ASSERT_TRUE(world.apply(said));
    const auto work = world.work(ada, edit(group, said, "two"));
    const auto first = world.apply(work);
    ASSERT_TRUE(world.apply(world.work(ada, edit(group, said, "three"))));
    restart();
    EXPECT_EQ(world.apply(work)->seq, first->seq);
    EXPECT_THAT(texts_of(world.all_changes(ada, group)), ElementsAre("three"));
    EXPECT_THAT(history_of(world, ada, group, said), ElementsAre("one", "two"));
    // What says the same changes nothing.
    const auto same = world.apply(world.work(ada, edit(group, said, "three")));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->seq, std::nullopt);
    auto other = edit(group, said, "four");
    expect_refused(world.work(ada, other, *work.origin.command), ErrorCode::id_reused);
}

TEST_P(StoreContract, WhoMayEditAndDeleteWhat) {
    const auto owner = world.person("owner");
    const auto sender = world.person("sender");
    const auto member = world.person("member");
    const auto departed = world.person("departed");
    const auto stranger = world.person("stranger");
    const auto group = world.group(owner, {sender, member, departed});
    const auto other = world.group(owner, {sender});
    const auto said = world.work(sender, message_to(group, "text"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.remove(owner, group, departed));
    const auto edits = [&](const Person& who) {
        return world.work(who, edit(group, said, "changed"));
    };
    const auto deletes = [&](const Person& who) {
        return world.work(who, deletion(group, said));
    };
    expect_refused(edits(owner), ErrorCode::message_not_found);
    expect_refused(edits(member), ErrorCode::message_not_found);
    expect_refused(edits(departed), ErrorCode::conversation_not_member);
    expect_refused(edits(stranger), ErrorCode::conversation_not_member);
    expect_refused(deletes(member), ErrorCode::not_allowed);
    expect_refused(deletes(departed), ErrorCode::conversation_not_member);
    expect_refused(deletes(stranger), ErrorCode::conversation_not_member);
    // In another conversation, by an id that nobody used, of somebody who is nobody.
    expect_refused(world.work(sender, edit(other, said, "x")), ErrorCode::message_not_found);
    expect_refused(world.work(owner, deletion(other, said)), ErrorCode::message_not_found);
    auto unknown = deletion(group, said);
    unknown.message = world.next_id();
    expect_refused(world.work(owner, unknown), ErrorCode::message_not_found);
    unknown = deletion(group, said);
    unknown.sender = AccountId{"nonsense"};
    expect_refused(world.work(owner, unknown), ErrorCode::message_not_found);
    unknown.sender.reset();
    expect_refused(world.work(owner, unknown), ErrorCode::message_not_found);
    ASSERT_TRUE(world.apply(edits(sender)));
    ASSERT_TRUE(world.apply(deletes(owner)));
    EXPECT_EQ(std::get<protocol::MessageNew>(world.all_changes(member, group, 5).back().payload).deleted_by,
              owner.id());
    // In a direct conversation nobody deletes what the other one said.
    const auto to_him = world.work(owner, message_to(sender, "direct"));
    const auto direct = *conversation_key(world.apply(to_him)->stream.text());
    expect_refused(world.work(sender, deletion(direct, to_him)), ErrorCode::not_allowed);
    EXPECT_TRUE(world.apply(world.work(owner, deletion(direct, to_him))));
}

TEST_P(StoreContract, AnOwnerDeletesOnlyWhatHeCanSee) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(bob, message_to(group, "before cyd came"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.add(ada, group, {cyd}));
    ASSERT_TRUE(world.leave(bob, group));
    ASSERT_TRUE(world.leave(ada, group));
    expect_refused(world.work(cyd, deletion(group, said)), ErrorCode::message_not_found);
    EXPECT_THAT(history_of(world, cyd, group, said), ElementsAre("message.not_found"));
    EXPECT_THAT(history_of(world, ada, group, said), ElementsAre("conversation.not_member"));
}

TEST_P(StoreContract, WhatIsDeletedCountsForNobodyWhereverHisReadPositionStands) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob, cyd});
    const auto read = world.work(ada, message_to(group, "read by bob"));
    const auto unread = world.work(ada, message_to(group, "not read"));
    ASSERT_TRUE(world.apply(read));
    ASSERT_TRUE(world.read(bob, group, 5));
    ASSERT_TRUE(world.apply(unread));
    ASSERT_TRUE(world.send(cyd, group, "stays"));
    ASSERT_TRUE(world.apply(world.work(ada, deletion(group, read))));
    EXPECT_EQ(world.state(bob, group).unread, 2);
    EXPECT_EQ(world.state(cyd, group).unread, 1);
    EXPECT_EQ(world.state(ada, group).unread, 1);
    ASSERT_TRUE(world.apply(world.work(ada, deletion(group, unread))));
    EXPECT_EQ(world.state(bob, group).unread, 1);
    EXPECT_EQ(world.state(cyd, group).unread, 0);
    EXPECT_EQ(world.state(ada, group).unread, 1);
    // To read over them, in one step or in two, and then something new.
    ASSERT_TRUE(world.read(bob, group, 6));
    EXPECT_EQ(world.state(bob, group).unread, 1);
    ASSERT_TRUE(world.read(bob, group, world.head(group)));
    ASSERT_TRUE(world.send(ada, group, "new"));
    for (const auto& person : {bob, cyd})
        EXPECT_EQ(world.state(person, group).unread, 1);
}

TEST_P(StoreContract, AMentionComesAndGoesWithTheText) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto cyd = world.person("cyd");
    const auto group = world.group(ada, {bob, cyd});
    auto naming = message_to(group, "bob!");
    naming.mentions = {bob.id()};
    const auto said = world.work(ada, naming);
    ASSERT_TRUE(world.apply(said));
    EXPECT_EQ(world.state(bob, group).mentions, 1);
    auto other = edit(group, said, "cyd!");
    other.mentions = {cyd.id(), cyd.id(), ada.id(), AccountId{"nobody"}};
    ASSERT_TRUE(world.apply(world.work(ada, other)));
    // Both hear it with the change: their devices cannot know whom the text of before named.
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("read.changed", "read.changed", "message.new 6", "replied"));
    const auto& told = std::get<AccountChange>(world.batch.effects[1]);
    const auto& counts = std::get<protocol::ReadChanged>(told.change.payload);
    EXPECT_EQ(told.account, cyd.account);
    EXPECT_EQ(counts.mentions, 1);
    EXPECT_EQ(counts.unread, 1);
    EXPECT_EQ(counts.as_of.conversation, 6);
    EXPECT_EQ(counts.as_of.account, told.change.seq);
    EXPECT_EQ(world.state(bob, group).mentions, 0);
    EXPECT_EQ(world.state(cyd, group).mentions, 1);
    ASSERT_TRUE(world.apply(world.work(ada, deletion(group, said))));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("read.changed", "message.new 7", "replied"));
    EXPECT_EQ(world.state(cyd, group).mentions, 0);
    EXPECT_EQ(world.state(cyd, group).unread, 0);
    // Who has read it is named too late.
    const auto second = world.work(ada, message_to(group, "read"));
    ASSERT_TRUE(world.apply(second));
    ASSERT_TRUE(world.read(bob, group, world.head(group)));
    auto late = edit(group, second, "read, bob");
    late.mentions = {bob.id()};
    ASSERT_TRUE(world.apply(world.work(ada, late)));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 9", "replied"));
    EXPECT_EQ(world.state(bob, group).mentions, 0);
}

TEST_P(StoreContract, AMessageIsEditedAsOftenAsTheOperatorAllows) {
    rules.edits_max = 1;
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "helo"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(ada, edit(group, said, "hello"))));
    expect_refused(world.work(ada, edit(group, said, "Hello")), ErrorCode::limit);
    EXPECT_TRUE(world.apply(world.work(ada, edit(group, said, "hello")))) << "which changes nothing";
}

TEST_P(StoreContract, AMessageIsEditedSoManyTimesAndItsHistoryComesInParts) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const std::string long_text(8'000, 'x');
    const auto said = world.work(ada, message_to(group, long_text));
    ASSERT_TRUE(world.apply(said));
    for (std::int64_t i = 0; i < limits::edits_max; ++i)
        ASSERT_TRUE(
            world.apply(world.work(ada, edit(group, said, std::to_string(i) + long_text.substr(10)))));
    expect_refused(world.work(ada, edit(group, said, "one too many")), ErrorCode::limit);
    protocol::MessageHistory request{
        .stream = to_id(group), .message = *said.origin.command, .sender = ada.id()};
    std::vector<std::string> beginnings;
    for (bool more = true; more;) {
        const auto part = message_history(*world.snapshot(), bob.account, request);
        ASSERT_TRUE(part);
        ASSERT_FALSE(part->texts.empty());
        EXPECT_LE(part->texts.size() * long_text.size(), static_cast<std::size_t>(limits::page_bytes_max));
        for (const auto& one : part->texts)
            beginnings.push_back(one.text.substr(0, 2));
        request.after = part->texts.back().seq;
        more = part->more;
    }
    ASSERT_EQ(beginnings.size(), static_cast<std::size_t>(limits::edits_max));
    EXPECT_EQ(beginnings.front(), "xx");
    EXPECT_EQ(beginnings.back(), "98");
}

TEST_P(StoreContract, WhatIsDeletedCanBeAnsweredStill) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "text"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(ada, deletion(group, said))));
    auto reply = message_to(group, "what did you say?");
    reply.reply_to = said.origin.command;
    EXPECT_TRUE(world.apply(world.work(bob, reply)));
}

TEST_P(StoreContract, OnAFullDiskOneDeletesAndDoesNotEdit) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {world.person("bob")});
    const auto said = world.work(ada, message_to(group, "text"));
    ASSERT_TRUE(world.apply(said));
    host.disk.bytes_free = 10;
    expect_refused(world.work(ada, edit(group, said, "other text")), ErrorCode::disk_full);
    EXPECT_TRUE(world.apply(world.work(ada, deletion(group, said))));
}

}  // namespace parley::server::test
