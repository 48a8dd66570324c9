#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

#include <map>
#include <utility>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using protocol::MessageReact;
using protocol::ReactionChanged;

const std::string thumb = "\U0001F44D";
const std::string tada = "\U0001F389";

MessageReact reaction(ConversationKey in, const Work& message, std::string emoji, bool remove = false) {
    return {.target = {.stream = to_id(in)},
            .message = *message.origin.command,
            .sender = to_id(message.origin.account),
            .emoji = std::move(emoji),
            .remove = remove};
}

/// The n-th of many different emoji.
std::string emoji_number(int n) {
    std::string emoji = "\U0001F400";
    emoji[2] = static_cast<char>(emoji[2] + n / 64);
    emoji[3] = static_cast<char>(0x80 + n % 64);
    return emoji;
}

std::vector<ReactionChanged> reactions_in(const std::vector<protocol::Change>& rows) {
    std::vector<ReactionChanged> found;
    for (const auto& row : rows)
        if (const auto* reaction = std::get_if<ReactionChanged>(&row.payload)) found.push_back(*reaction);
    return found;
}

/// A page after another, where the reactions to one message do not fit into one: all their rows, once each.
std::vector<protocol::Change> whole_page(StoreWorld& world, const Person& reader, protocol::Page asked) {
    std::vector<protocol::Change> rows;
    while (true) {
        const auto answer = page(*world.snapshot(), reader.account, asked);
        if (!answer || rows.size() > 10'000) return {};
        rows.insert(rows.end(), answer->rows.begin(), answer->rows.end());
        EXPECT_LE(std::ssize(answer->rows), asked.limit.value_or(limits::page_rows_max));
        if (!answer->rest) return rows;
        EXPECT_LT(answer->to, answer->from) << "nothing is covered before all of it is here";
        asked.rest = answer->rest;
    }
}

}  // namespace

TEST_P(StoreContract, AReactionIsOneRowThatComesAndGoes) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    const auto add = world.work(bob, reaction(group, said, thumb));
    const auto added = world.apply(add);
    ASSERT_TRUE(added);
    EXPECT_EQ(added->seq, 5);
    EXPECT_EQ(std::get<protocol::MessageReacted>(added->payload).born, 5);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("reaction.changed 5", "replied"));
    const ReactionChanged row{.message = 4, .account = bob.id(), .emoji = thumb};
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_THAT(reactions_in(world.all_changes(ada, group)), ElementsAre(row));
        EXPECT_THAT(reactions_in(whole_page(world, ada, {.stream = to_id(group), .before = 0})),
                    ElementsAre(row));
    }
    EXPECT_EQ(world.state(ada, group).unread, 0) << "it is no message";
    // The same again is nothing; and a repeat is the first answer, whatever became of it since.
    const auto again = world.apply(world.work(bob, reaction(group, said, thumb)));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    EXPECT_EQ(again->seq, 5);
    const auto removed = world.apply(world.work(bob, reaction(group, said, thumb, true)));
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->seq, 6);
    EXPECT_EQ(std::get<protocol::MessageReacted>(removed->payload).born, 5);
    EXPECT_EQ(world.apply(add)->seq, 5);
    const ReactionChanged gone{.message = 4, .account = bob.id()};
    EXPECT_THAT(reactions_in(world.all_changes(ada, group)), ElementsAre(gone));
    EXPECT_THAT(reactions_in(whole_page(world, ada, {.stream = to_id(group), .before = 0})),
                ElementsAre(gone))
        << "or nobody who has only this page knows that a restore brought it back";
    const auto jumped = changes(*world.snapshot(), ada.account,
                                {.stream = to_id(group), .after = 5, .only = protocol::Only::removed});
    EXPECT_THAT(reactions_in(jumped->rows), ElementsAre(gone));
    const auto nothing = world.apply(world.work(bob, reaction(group, said, thumb, true)));
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->seq, std::nullopt);
    // Whoever reacts anew gets that row.
    const auto other = world.apply(world.work(bob, reaction(group, said, tada)));
    EXPECT_EQ(other->seq, 7);
    EXPECT_EQ(std::get<protocol::MessageReacted>(other->payload).born, 5);
    EXPECT_EQ(world.apply(world.work(ada, reaction(group, said, tada)))->seq, 8);
    EXPECT_EQ(reactions_in(world.all_changes(ada, group)).size(), 2u);
}

TEST_P(StoreContract, ReactionsAreRefusedWithTheCodeThatFits) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    expect_refused(world.work(bob, reaction(group, said, "yes")), ErrorCode::invalid);
    expect_refused(world.work(bob, reaction(group, said, thumb + tada)), ErrorCode::invalid);
    expect_refused(world.work(eve, reaction(group, said, thumb)), ErrorCode::conversation_not_member);
    auto unknown = reaction(group, said, thumb);
    unknown.message = world.next_id();
    expect_refused(world.work(bob, unknown), ErrorCode::message_not_found);
    ASSERT_TRUE(world.add(ada, group, {eve}));
    expect_refused(world.work(eve, reaction(group, said, thumb)), ErrorCode::message_not_found);
    for (int n = 0; n < limits::reactions_own_max; ++n)
        ASSERT_TRUE(world.apply(world.work(bob, reaction(group, said, emoji_number(n)))));
    expect_refused(world.work(bob, reaction(group, said, thumb)), ErrorCode::limit);
    ASSERT_TRUE(world.apply(world.work(bob, reaction(group, said, emoji_number(3), true))));
    EXPECT_TRUE(world.apply(world.work(bob, reaction(group, said, thumb)))) << "one was taken back";
    const auto cy = world.person("cy");
    ASSERT_TRUE(world.add(ada, group, {cy}));
    const auto later = world.work(ada, message_to(group, "for all"));
    ASSERT_TRUE(world.apply(later));
    int n = 0;
    for (const auto& person : {ada, bob, cy}) {
        for (int own = 0; own < limits::reactions_own_max && n < limits::reactions_emoji_max; ++own)
            ASSERT_TRUE(world.apply(world.work(person, reaction(group, later, emoji_number(n++)))));
    }
    expect_refused(world.work(cy, reaction(group, later, emoji_number(n))), ErrorCode::limit);
    EXPECT_TRUE(world.apply(world.work(cy, reaction(group, later, emoji_number(0))))) << "with one of them";
}

TEST_P(StoreContract, WithADeletedMessageItsReactionsAreGone) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    const auto stays = world.work(ada, message_to(group, "stays"));
    ASSERT_TRUE(world.apply({said, stays}));
    ASSERT_TRUE(world.apply(world.work(bob, reaction(group, said, thumb))));
    ASSERT_TRUE(world.apply(world.work(bob, reaction(group, stays, tada))));
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageEdit{
                 .target = {.stream = to_id(group)}, .message = *said.origin.command, .text = "hi"})));
    EXPECT_EQ(reactions_in(world.all_changes(ada, group)).size(), 2u) << "an edit keeps them";
    ASSERT_NE(data->dump().find(thumb), std::string::npos);
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageDelete{.target = {.stream = to_id(group)}, .message = *said.origin.command})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 9", "replied"))
        << "one change, however many there were";
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_EQ(data->dump().find(thumb), std::string::npos);
        EXPECT_THAT(reactions_in(world.all_changes(bob, group)),
                    ElementsAre(ReactionChanged{.message = 5, .account = bob.id(), .emoji = tada}));
        EXPECT_THAT(reactions_in(whole_page(world, bob, {.stream = to_id(group), .before = 0})),
                    ElementsAre(ReactionChanged{.message = 5, .account = bob.id(), .emoji = tada}));
    }
    expect_refused(world.work(bob, reaction(group, said, thumb)), ErrorCode::message_deleted);
    const auto nothing = world.apply(world.work(bob, reaction(group, said, thumb, true)));
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->seq, std::nullopt);
}

TEST_P(StoreContract, ReactionsAreSeenByWhoSeesTheirMessage) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto late = world.person("late");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "early"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(bob, reaction(group, said, thumb))));
    ASSERT_TRUE(world.add(ada, group, {late}));
    const auto after = world.apply(world.work(ada, reaction(group, said, tada)));
    ASSERT_TRUE(after);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 7", "reaction.changed 7", "replied"));
    const auto& skipped = std::get<Skipped>(world.batch.effects[0]);
    EXPECT_THAT(skipped.accounts, ElementsAre(late.account));
    EXPECT_THAT(reactions_in(world.all_changes(late, group)), IsEmpty());
    const protocol::Page around{.stream = to_id(group), .around = 4};
    EXPECT_THAT(reactions_in(whole_page(world, late, around)), IsEmpty());
    EXPECT_EQ(reactions_in(whole_page(world, ada, around)).size(), 2u);
    // Who left hears no more, and what he said stays.
    ASSERT_TRUE(world.leave(bob, group));
    expect_refused(world.work(bob, reaction(group, said, tada)), ErrorCode::conversation_not_member);
    EXPECT_EQ(reactions_in(world.all_changes(ada, group)).size(), 2u);
}

TEST_P(StoreContract, PagesBringAMessageWithAllItsReactionsOrInParts) {
    const auto ada = world.person("ada");
    std::vector<Person> members;
    members.reserve(30);
    for (int n = 0; n < 30; ++n)
        members.push_back(world.person("member-" + std::to_string(n)));
    const auto group = world.group(ada, members);
    std::vector<Work> said;
    std::vector<std::int64_t> places;
    for (int n = 0; n < 4; ++n) {
        said.push_back(world.work(ada, message_to(group, "message " + std::to_string(n))));
        places.push_back(world.apply(said.back())->seq.value_or(0));
    }
    // The second has more than a page holds, the third some; the second's first reaction was taken back.
    std::int64_t first = 0;
    for (const auto& member : members) {
        for (int n = 0; n < 10; ++n) {
            const auto answer = world.apply(world.work(member, reaction(group, said[1], emoji_number(n))));
            if (first == 0) first = answer->seq.value_or(0);
        }
        ASSERT_TRUE(world.apply(world.work(member, reaction(group, said[2], thumb))));
    }
    ASSERT_TRUE(world.apply(world.work(members[0], reaction(group, said[1], emoji_number(0), true))));
    // Where a part begins with what was left of a message, older ones stand before it.
    const auto shape = [](const std::vector<protocol::Change>& rows) {
        std::map<std::int64_t, std::size_t> counts;
        for (const auto& row : rows) {
            const auto* reaction = std::get_if<ReactionChanged>(&row.payload);
            counts[reaction != nullptr ? reaction->message : row.born] += reaction != nullptr ? 1 : 0;
        }
        return counts;
    };
    using Shape = std::map<std::int64_t, std::size_t>;
    const auto id = to_id(group);
    EXPECT_EQ(shape(whole_page(world, ada, {.stream = id, .before = 0})),
              (Shape{{places[2], 30}, {places[3], 0}}))
        << "one that does not fit with all of them is left for the next page";
    for (const std::int64_t limit : {200, 77, 1}) {
        for (const protocol::Page& asked :
             {protocol::Page{.stream = id, .before = places[2], .limit = limit},
              protocol::Page{.stream = id, .after = places[0], .limit = limit},
              protocol::Page{.stream = id, .around = places[1], .limit = limit}})
            EXPECT_EQ(shape(whole_page(world, ada, asked))[places[1]], 300u) << limit;
    }
    // What changed since: reactions to messages that did not, and what was taken back.
    const auto since = first - 1;
    protocol::Page checked{.stream = id, .from = places[0], .to = places[3], .since = since};
    std::vector<protocol::Change> rows;
    while (*checked.from <= *checked.to) {
        const auto part = whole_page(world, ada, checked);
        ASSERT_FALSE(part.empty());
        rows.insert(rows.end(), part.begin(), part.end());
        checked.from = std::get<ReactionChanged>(part.back().payload).message + 1;
        if (*checked.from > places[2]) break;
    }
    EXPECT_EQ(rows.size(), 330u);
    checked = {.stream = id, .from = places[0], .to = places[3], .since = world.head(group) - 1};
    EXPECT_THAT(reactions_in(whole_page(world, ada, checked)),
                ElementsAre(ReactionChanged{.message = places[1], .account = members[0].id()}));
    // A rest that speaks of another message than the first one changes nothing.
    protocol::Page strange{.stream = id, .before = 0};
    strange.rest = {.message = places[1], .after = first + 7};
    EXPECT_EQ(shape(whole_page(world, ada, strange)), (Shape{{places[2], 30}, {places[3], 0}}));
    const auto listed = parley::server::rows(*world.snapshot(), ada.account,
                                             {.stream = id, .kind = protocol::RowKind::member});
    EXPECT_EQ(listed->rows.size(), 31u) << "they are no members";
}

/// What a reaction finds to be so may have been so when the clock showed something else.
TEST_P(StoreContract, AReactionThatIsThereMakesNothingBeForgotten) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    const auto follows = [&](const Work& first) {
        auto next = world.work(bob, reaction(group, said, tada));
        next.origin.follows = first.origin.command;
        return world.apply(next).has_value();
    };
    const WallTime present = world.now;
    const WallTime far = present + milliseconds(3 * limits::command_memory_ms);
    for (const auto& [made_at, asked_at] : {std::pair(far, present), std::pair(present, far)}) {
        world.now = made_at;
        const std::string emoji = made_at == far ? thumb : emoji_number(1);
        const auto made = world.apply(world.work(bob, reaction(group, said, emoji)));
        ASSERT_TRUE(made);
        world.now = asked_at;
        const auto before = world.work(bob, reaction(group, said, emoji_number(2)));
        ASSERT_TRUE(world.apply(before));
        const auto again = world.work(bob, reaction(group, said, emoji));
        const auto answer = world.apply(again);
        ASSERT_TRUE(answer);
        EXPECT_GE(answer->timestamp, asked_at);
        EXPECT_LT(answer->timestamp, asked_at + seconds(1));
        EXPECT_EQ(std::get<protocol::MessageReacted>(answer->payload).at, made->timestamp);
        EXPECT_TRUE(follows(before)) << "it was done a moment ago";
        EXPECT_TRUE(follows(again));
    }
}

}  // namespace parley::server::test
