#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using protocol::BlockChanged;
using protocol::BlockSet;

BlockSet block(const Person& whom) {
    return {.account = whom.id(), .blocked = true};
}

BlockSet unblock(const Person& whom) {
    return {.account = whom.id(), .blocked = false};
}

/// What a page and the changes since the beginning bring, which is the same.
std::vector<std::string> read_by(StoreWorld& world, const Person& reader, ConversationKey in) {
    const auto answer = page(*world.snapshot(), reader.account, {.stream = to_id(in), .before = 0});
    if (!answer) return {"refused"};
    EXPECT_EQ(texts_of(world.all_changes(reader, in)), texts_of(answer->rows));
    return texts_of(answer->rows);
}

protocol::Receipt receipt_of(StoreWorld& world, const Person& reader, ConversationKey in,
                             const Person& whose) {
    for (const auto& receipt : world.state(reader, in).receipts)
        if (receipt.account == whose.id()) return receipt;
    return {};
}

bool lists(StoreWorld& world, const Person& reader, ConversationKey conversation) {
    const auto list = conversation_states(*world.snapshot(), reader.account, 0);
    return list && std::ranges::any_of(list->conversations,
                                       [&](const auto& one) { return one.stream == to_id(conversation); });
}

std::vector<AccountId> blocked_by_now(StoreWorld& world, const Person& person) {
    std::vector<AccountId> found;
    const auto list = blocks(*world.snapshot(), person.account);
    for (const auto& one : list->blocks)
        found.push_back(one.account);
    return found;
}

ConversationKey conversation_in(const Result<Answer>& answer) {
    return *conversation_key(answer->stream.text());
}

}  // namespace

TEST_P(StoreContract, ABlockIsARowOfTheBlockersAccountAndOfNothingElse) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto direct = conversation_in(world.send_direct(bob, ada, "hello"));
    const auto head = world.head(direct);
    const auto work = world.work(ada, block(bob));
    const auto answer = world.apply(work);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->stream, to_stream(ada.account));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("block.changed", "read.changed", "replied"));
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_EQ(world.head(direct), head) << "it changes no conversation";
        EXPECT_THAT(blocked_by_now(world, ada), ElementsAre(bob.id()));
        EXPECT_THAT(blocked_by_now(world, bob), IsEmpty());
    }
    EXPECT_EQ(world.apply(work)->seq, answer->seq) << "a repeat";
    EXPECT_EQ(world.apply(world.work(ada, block(bob)))->seq, std::nullopt) << "it is so already";
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    const auto ended = world.apply(world.work(ada, unblock(bob)));
    ASSERT_TRUE(ended && ended->seq);
    EXPECT_THAT(blocked_by_now(world, ada), IsEmpty());
    EXPECT_EQ(world.apply(world.work(ada, unblock(bob)))->seq, std::nullopt);
    const auto gone = changes(*world.snapshot(), ada.account,
                              {.stream = to_stream(ada.account), .only = protocol::Only::removed});
    ASSERT_TRUE(gone);
    ASSERT_EQ(gone->rows.size(), 1u);
    EXPECT_EQ(std::get<BlockChanged>(gone->rows[0].payload),
              (BlockChanged{.account = bob.id(), .blocked = false}));
}

TEST_P(StoreContract, BlocksAreRefusedWithTheCodeThatFits) {
    const auto ada = world.person("ada");
    expect_refused(world.work(ada, block(ada)), ErrorCode::invalid);
    expect_refused(world.work(ada, BlockSet{.account = AccountId("a0000000000"), .blocked = true}),
                   ErrorCode::account_not_found);
    expect_refused(world.work(ada, BlockSet{.account = AccountId("bob"), .blocked = false}),
                   ErrorCode::account_not_found);
    std::vector<Work> works;
    std::vector<Person> people;
    works.reserve(limits::blocks_max);
    people.reserve(limits::blocks_max + 1);
    for (int n = 0; n < limits::blocks_max + 1; ++n)
        people.push_back(world.person("p" + std::to_string(n)));
    for (int n = 0; n < limits::blocks_max; ++n)
        works.push_back(world.work(ada, block(people[static_cast<std::size_t>(n)])));
    ASSERT_TRUE(world.apply(works));
    expect_refused(world.work(ada, block(people.back())), ErrorCode::limit);
    EXPECT_TRUE(world.apply(world.work(ada, block(people[3])))) << "it is so already";
    ASSERT_TRUE(world.apply(world.work(ada, unblock(people[3]))));
    EXPECT_TRUE(world.apply(world.work(ada, block(people.back())))) << "one is not blocked any more";
}

TEST_P(StoreContract, WhatABlockedPersonWritesIsNeverSeenByTheOther) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto direct = conversation_in(world.send_direct(bob, ada, "before"));
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    const auto work = world.work(bob, message_to(direct, "meanwhile"));
    const auto meanwhile = world.apply(work);
    ASSERT_TRUE(meanwhile) << "he is not told";
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 5", "message.new 5", "replied"));
    const protocol::MessageEdit edit{
        .target = {.stream = to_id(direct)}, .message = *work.origin.command, .text = "meanwhile, edited"};
    ASSERT_TRUE(world.apply(world.work(bob, edit)));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 6", "message.new 6", "replied"));
    for (const bool unblocked : {false, true}) {
        if (unblocked) {
            ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
        }
        SCOPED_TRACE(unblocked);
        EXPECT_THAT(read_by(world, ada, direct), ElementsAre("before"));
        EXPECT_THAT(read_by(world, bob, direct), ElementsAre("before", "meanwhile, edited"));
        EXPECT_EQ(world.state(ada, direct).last->text, "before");
        EXPECT_EQ(world.state(ada, direct).unread, unblocked ? 1 : 0);
        const auto history =
            message_history(*world.snapshot(), ada.account,
                            {.stream = to_id(direct), .message = *work.origin.command, .sender = bob.id()});
        ASSERT_FALSE(history);
        EXPECT_EQ(history.error().code, ErrorCode::message_not_found);
        expect_refused(world.work(ada, protocol::MessageReact{.target = {.stream = to_id(direct)},
                                                              .message = *work.origin.command,
                                                              .sender = bob.id(),
                                                              .emoji = "\U0001F44D"}),
                       ErrorCode::message_not_found);
    }
    ASSERT_TRUE(world.send(bob, direct, "after"));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 7", "replied"));
    EXPECT_THAT(read_by(world, ada, direct), ElementsAre("before", "after"));
    EXPECT_EQ(world.state(ada, direct).unread, 2);
    ASSERT_TRUE(world.read(ada, direct, 6));
    EXPECT_EQ(world.state(ada, direct).unread, 1) << "what is not seen is not read either";
    ASSERT_TRUE(world.apply(world.work(
        bob, protocol::MessageDelete{.target = {.stream = to_id(direct)}, .message = *work.origin.command})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 8", "message.new 8", "replied"));
    EXPECT_EQ(world.state(ada, direct).unread, 1);
}

TEST_P(StoreContract, WhoeverHasBlockedAddsNothingAndTakesBackWhatHeLikes) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto said = world.work(ada, message_to(bob, "hello"));
    const auto direct = conversation_in(world.apply(said));
    const protocol::MessageReact react{
        .target = {.stream = to_id(direct)}, .message = *said.origin.command, .emoji = "\U0001F44D"};
    const protocol::MessagePin pin{.target = {.stream = to_id(direct)}, .message = *said.origin.command};
    ASSERT_TRUE(world.apply(world.work(ada, react)));
    ASSERT_TRUE(world.apply(world.work(ada, pin)));
    ASSERT_TRUE(world.apply({world.work(ada, block(bob)), world.work(ada, block(eve))}));
    expect_refused(world.work(ada, message_to(direct, "text")), ErrorCode::account_blocked);
    expect_refused(world.work(ada, message_to(bob, "text")), ErrorCode::account_blocked);
    expect_refused(world.work(ada, message_to(eve, "text")), ErrorCode::account_blocked);
    expect_refused(world.work(ada, protocol::MessageEdit{.target = {.stream = to_id(direct)},
                                                         .message = *said.origin.command,
                                                         .text = "other"}),
                   ErrorCode::account_blocked);
    auto other = react;
    other.emoji = "\U0001F389";
    expect_refused(world.work(ada, other), ErrorCode::account_blocked);
    auto undone = react;
    undone.remove = true;
    EXPECT_TRUE(world.apply(world.work(ada, undone)));
    auto unpinned = pin;
    unpinned.remove = true;
    EXPECT_TRUE(world.apply(world.work(ada, unpinned)));
    expect_refused(world.work(ada, pin), ErrorCode::account_blocked);
    EXPECT_TRUE(world.apply(world.work(
        ada, protocol::MessageDelete{.target = {.stream = to_id(direct)}, .message = *said.origin.command})));
    EXPECT_TRUE(world.apply(said)) << "what was accepted before is";
    ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
    EXPECT_TRUE(world.send(ada, direct, "text"));
}

TEST_P(StoreContract, WhatHangsOnAMessageIsHiddenAsFarAsItWasMadeUnderABlock) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto said = world.work(ada, message_to(bob, "hello"));
    const auto direct = conversation_in(world.apply(said));
    const auto react = [&](const std::string& emoji, bool remove = false) {
        return world.apply(world.work(bob, protocol::MessageReact{.target = {.stream = to_id(direct)},
                                                                  .message = *said.origin.command,
                                                                  .sender = ada.id(),
                                                                  .emoji = emoji,
                                                                  .remove = remove}));
    };
    const auto pin = [&](const Person& by, bool remove = false) {
        return world.apply(world.work(by, protocol::MessagePin{.target = {.stream = to_id(direct)},
                                                               .message = *said.origin.command,
                                                               .sender = ada.id(),
                                                               .remove = remove}));
    };
    const auto emoji_for = [&](const Person& reader) {
        std::vector<std::string> shown;
        const auto read = page(*world.snapshot(), reader.account, {.stream = to_id(direct), .before = 0});
        for (const auto& row : read->rows)
            if (const auto* one = std::get_if<protocol::ReactionChanged>(&row.payload); one && one->emoji)
                shown.push_back(*one->emoji);
        return shown;
    };
    const auto pins_for = [&](const Person& reader) {
        const auto found = rows(*world.snapshot(), reader.account,
                                {.stream = to_id(direct), .kind = protocol::RowKind::settings});
        return std::ranges::count_if(found->rows, [](const auto& row) {
            return std::holds_alternative<protocol::PinChanged>(row.payload);
        });
    };
    const std::string thumb = "\U0001F44D";
    const std::string tada = "\U0001F389";
    ASSERT_TRUE(react(thumb));
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    ASSERT_TRUE(react(tada));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 6", "reaction.changed 6", "replied"));
    EXPECT_THAT(emoji_for(ada), ElementsAre(thumb));
    EXPECT_THAT(emoji_for(bob), ElementsAre(thumb, tada));
    ASSERT_TRUE(react(thumb, true));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("reaction.changed 7", "replied"))
        << "what she has seen goes for her, too";
    ASSERT_TRUE(react(thumb));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 8", "reaction.changed 8", "replied"));
    EXPECT_THAT(emoji_for(ada), IsEmpty());
    ASSERT_TRUE(pin(bob));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 9", "pin.changed 9", "replied"));
    EXPECT_EQ(pins_for(ada), 0);
    EXPECT_EQ(pins_for(bob), 1);
    ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
    EXPECT_THAT(emoji_for(ada), IsEmpty());
    EXPECT_EQ(pins_for(ada), 0);
    ASSERT_TRUE(pin(ada));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("pin.changed 10", "replied")) << "for her it was not";
    EXPECT_EQ(pins_for(ada), 1);
    ASSERT_TRUE(react(tada, true));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 11", "reaction.changed 11", "replied"));
    ASSERT_TRUE(react(tada));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("reaction.changed 12", "replied"))
        << "a row that she sees says it anew";
    EXPECT_THAT(emoji_for(ada), ElementsAre(tada));
}

TEST_P(StoreContract, APinThatOneHasSeenIsTheSameRowUnderABlock) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto said = world.work(ada, message_to(bob, "hi"));
    const auto answer = world.apply(said);
    ASSERT_TRUE(answer);
    const auto direct = *conversation_key(answer->stream.text());
    const auto pin = [&](bool remove) {
        return world.apply(world.work(bob, protocol::MessagePin{.target = {.stream = to_id(direct)},
                                                                .message = *said.origin.command,
                                                                .sender = ada.id(),
                                                                .remove = remove}));
    };
    ASSERT_TRUE(pin(false));
    const auto held = world.head(direct);
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    ASSERT_TRUE(pin(true));
    // A device that was away since the first pin learns what became of it, whatever came over it.
    ASSERT_TRUE(pin(false));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("pin.changed 7", "replied"));
    const auto rows = world.all_changes(ada, direct, held);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.front().seq, 7);
}

TEST_P(StoreContract, ReceiptsAreSilentBothWaysAndStayAsTheyWere) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto group = world.group(ada, {bob, eve});
    const auto direct = conversation_in(world.send_direct(bob, ada, "one"));
    ASSERT_TRUE(world.send(bob, group, "one"));
    ASSERT_TRUE(world.read(ada, direct, 4));
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    ASSERT_TRUE(world.send(bob, direct, "two"));
    world.ack(ada, direct, 5);
    EXPECT_THAT(effects_of(world.batch), IsEmpty());
    ASSERT_TRUE(world.read(ada, group, 5));
    EXPECT_EQ(receipt_of(world, bob, direct, ada).read, 4);
    EXPECT_EQ(receipt_of(world, bob, direct, ada).delivered, 0);
    EXPECT_EQ(receipt_of(world, bob, group, ada).read, 1);
    EXPECT_EQ(receipt_of(world, eve, group, ada).read, 5);
    ASSERT_TRUE(world.read(bob, group, 5));
    EXPECT_EQ(receipt_of(world, ada, group, bob).read, 1);
    for (const auto& effect : world.batch.effects) {
        if (const auto* moved = std::get_if<ReceiptMoved>(&effect)) {
            EXPECT_THAT(moved->unheard_by, ElementsAre(ada.account));
        }
    }
    ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
    EXPECT_EQ(receipt_of(world, bob, group, ada).read, 1) << "nothing says when a block ends";
    ASSERT_TRUE(world.send(bob, direct, "three"));
    ASSERT_TRUE(world.send(bob, group, "three"));
    ASSERT_TRUE(world.read(ada, group, 6));
    EXPECT_EQ(receipt_of(world, bob, group, ada).read, 6);
    ASSERT_TRUE(world.read(ada, direct, 6));
    const auto told = receipt_of(world, bob, direct, ada);
    EXPECT_EQ(told.read, 6);
    EXPECT_EQ(told.from, 6) << "of what she never saw they say nothing";
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    EXPECT_EQ(receipt_of(world, bob, direct, ada), told) << "nor while another block stands";
}

TEST_P(StoreContract, InGroupsMessagesOfABlockedPersonDoNotCount) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto group = world.group(ada, {bob, eve});
    const auto naming = [&](const Person& by) {
        auto message = message_to(group, "text");
        message.mentions = {ada.id()};
        return world.work(by, message);
    };
    const auto first = naming(bob);
    ASSERT_TRUE(world.apply(first));
    ASSERT_TRUE(world.apply(naming(eve)));
    EXPECT_EQ(world.state(ada, group).unread, 2);
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    std::vector<protocol::ReadChanged> told;
    for (const auto& effect : world.batch.effects)
        if (const auto* own = std::get_if<AccountChange>(&effect))
            if (const auto* read = std::get_if<protocol::ReadChanged>(&own->change.payload))
                told.push_back(*read);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].unread, 1);
    EXPECT_EQ(told[0].mentions, 1);
    const auto last = naming(bob);
    ASSERT_TRUE(world.apply(last));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 7", "replied")) << "rows come as for all";
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_EQ(world.state(ada, group).unread, 1);
        EXPECT_EQ(world.state(ada, group).mentions, 1);
        EXPECT_EQ(world.state(eve, group).unread, 2);
    }
    ASSERT_TRUE(world.apply(world.work(
        bob, protocol::MessageDelete{.target = {.stream = to_id(group)}, .message = *last.origin.command})));
    EXPECT_EQ(world.state(ada, group).unread, 1);
    ASSERT_TRUE(world.read(ada, group, 5));
    EXPECT_EQ(world.state(ada, group).unread, 1);
    ASSERT_TRUE(world.apply(naming(bob)));
    ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
    EXPECT_EQ(world.state(ada, group).unread, 2);
    EXPECT_EQ(world.state(ada, group).mentions, 2);
}

TEST_P(StoreContract, AConversationThatABlockedPersonBeginsIsThereForHimAlone) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    const auto began = world.send_direct(bob, ada, "one");
    ASSERT_TRUE(began);
    const auto direct = conversation_in(began);
    for (const auto& effect : world.batch.effects) {
        if (const auto* own = std::get_if<AccountChange>(&effect)) {
            EXPECT_EQ(own->account, bob.account) << "she is told nothing";
        }
    }
    EXPECT_TRUE(lists(world, bob, direct));
    EXPECT_EQ(world.state(bob, direct).summary.members, 2);
    EXPECT_EQ(receipt_of(world, bob, direct, ada).read, 1) << "as of somebody who was not there yet";
    for (const bool unblocked : {false, true}) {
        if (unblocked) {
            ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
        }
        EXPECT_FALSE(lists(world, ada, direct));
        EXPECT_THAT(read_by(world, ada, direct), ElementsAre("refused"));
        expect_refused(world.work(ada, protocol::Read{.target = {.direct = bob.id()}, .upto = 1}),
                       ErrorCode::conversation_not_member);
    }
    ASSERT_TRUE(world.send(bob, direct, "two"));
    EXPECT_TRUE(lists(world, ada, direct));
    EXPECT_THAT(read_by(world, ada, direct), ElementsAre("two"));
    EXPECT_EQ(world.state(ada, direct).unread, 1);
    EXPECT_EQ(world.state(ada, direct).from, 5);
    restart();
    EXPECT_TRUE(lists(world, ada, direct));
    EXPECT_THAT(read_by(world, bob, direct), ElementsAre("one", "two"));
}

TEST_P(StoreContract, WhoeverWritesHimselfIsInTheConversationThatHeWasSpared) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    const auto direct = conversation_in(world.send_direct(bob, ada, "one"));
    expect_refused(world.work(ada, message_to(bob, "text")), ErrorCode::account_blocked);
    ASSERT_TRUE(world.apply(world.work(ada, unblock(bob))));
    auto answering = message_to(bob, "text");
    answering.reply_to = world.next_id();
    expect_refused(world.work(ada, answering), ErrorCode::message_not_found);
    const auto sent = world.send_direct(ada, bob, "two");
    ASSERT_TRUE(sent);
    EXPECT_EQ(conversation_in(sent), direct);
    EXPECT_THAT(read_by(world, ada, direct), ElementsAre("two"));
    EXPECT_THAT(read_by(world, bob, direct), ElementsAre("one", "two"));
    EXPECT_EQ(world.state(bob, direct).unread, 1);
}

TEST_P(StoreContract, WhoHasBlockedSomebodyIsNotBroughtIntoGroupsByHim) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto group = world.group(bob, {eve});
    ASSERT_TRUE(world.apply(world.work(ada, block(bob))));
    const auto refusal = [&](const Command& command) {
        const auto work = world.work(bob, command);
        expect_refused(work, ErrorCode::account_not_found);
        const auto answer = world.apply(work);
        return answer ? std::string() : answer.error().context;
    };
    const AccountId nobody("a0000000000");
    EXPECT_EQ(refusal(protocol::MemberAdd{.target = {.stream = to_id(group)}, .accounts = {ada.id()}}),
              refusal(protocol::MemberAdd{.target = {.stream = to_id(group)}, .accounts = {nobody}}));
    EXPECT_EQ(refusal(protocol::ConversationCreate{.title = "choir", .members = {ada.id()}}),
              refusal(protocol::ConversationCreate{.title = "choir", .members = {nobody}}));
    const auto other = world.group(ada, {bob}, "hers");
    EXPECT_TRUE(lists(world, bob, other)) << "she may bring him in";
    ASSERT_TRUE(world.read(bob, other, 3));
    EXPECT_EQ(receipt_of(world, ada, other, bob).read, 1) << "and hears nothing of him there";
}

}  // namespace parley::server::test
