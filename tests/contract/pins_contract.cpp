#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using protocol::MessagePin;
using protocol::PinChanged;

MessagePin pin(ConversationKey in, const Work& message, bool remove = false) {
    return {.target = {.stream = to_id(in)},
            .message = *message.origin.command,
            .sender = to_id(message.origin.account),
            .remove = remove};
}

std::vector<PinChanged> pins_in(const std::vector<protocol::Change>& rows) {
    std::vector<PinChanged> found;
    for (const auto& row : rows)
        if (const auto* pin = std::get_if<PinChanged>(&row.payload)) found.push_back(*pin);
    return found;
}

/// As `rows` lists them, whatever their age.
std::vector<PinChanged> listed(StoreWorld& world, const Person& reader, ConversationKey in,
                               std::optional<std::int64_t> limit = {}) {
    std::vector<PinChanged> all;
    protocol::Rows asked{.stream = to_id(in), .kind = protocol::RowKind::settings, .limit = limit};
    while (true) {
        const auto answer = rows(*world.snapshot(), reader.account, asked);
        if (!answer) return all;
        for (const auto& one : pins_in(answer->rows))
            all.push_back(one);
        if (!answer->more || answer->rows.empty()) return all;
        asked.after = answer->rows.back().born;
    }
}

}  // namespace

TEST_P(StoreContract, APinIsOneRowThatComesAndGoes) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(bob, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    const auto pinned = world.apply(world.work(ada, pin(group, said)));
    ASSERT_TRUE(pinned);
    EXPECT_EQ(pinned->seq, 5);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("pin.changed 5", "replied"));
    const PinChanged row{.message = 4, .id = *said.origin.command, .sender = bob.id(), .by = ada.id()};
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_THAT(pins_in(world.all_changes(bob, group)), ElementsAre(row));
        EXPECT_THAT(listed(world, bob, group), ElementsAre(row));
    }
    EXPECT_EQ(world.state(bob, group).unread, 0) << "it is no message";
    const auto again = world.apply(world.work(ada, pin(group, said)));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, std::nullopt) << "it is so already";
    const auto removed = world.apply(world.work(ada, pin(group, said, true)));
    ASSERT_TRUE(removed);
    EXPECT_EQ(removed->seq, 6);
    EXPECT_THAT(listed(world, bob, group), IsEmpty());
    auto gone = row;
    gone.removed = true;
    const auto jumped = changes(*world.snapshot(), bob.account,
                                {.stream = to_id(group), .after = 5, .only = protocol::Only::removed});
    EXPECT_THAT(pins_in(jumped->rows), ElementsAre(gone));
    EXPECT_EQ(world.apply(world.work(ada, pin(group, said, true)))->seq, std::nullopt);
    EXPECT_EQ(world.apply(world.work(ada, pin(group, said)))->seq, 7);
    EXPECT_EQ(pins_in(world.all_changes(bob, group)).size(), 1u) << "the same row";
}

TEST_P(StoreContract, PinsAreRefusedWithTheCodeThatFits) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    expect_refused(world.work(bob, pin(group, said)), ErrorCode::not_allowed);
    expect_refused(world.work(eve, pin(group, said)), ErrorCode::conversation_not_member);
    auto unknown = pin(group, said);
    unknown.message = world.next_id();
    expect_refused(world.work(ada, unknown), ErrorCode::message_not_found);
    std::vector<Work> all;
    for (int n = 0; n < limits::pins_max; ++n) {
        all.push_back(world.work(ada, message_to(group, "message " + std::to_string(n))));
        ASSERT_TRUE(world.apply(all.back()));
        ASSERT_TRUE(world.apply(world.work(ada, pin(group, all.back()))));
    }
    expect_refused(world.work(ada, pin(group, said)), ErrorCode::limit);
    EXPECT_TRUE(world.apply(world.work(ada, pin(group, all[7])))) << "it is pinned already";
    ASSERT_TRUE(world.apply(world.work(ada, pin(group, all[7], true))));
    EXPECT_TRUE(world.apply(world.work(ada, pin(group, said)))) << "one was unpinned";
    EXPECT_EQ(std::ssize(listed(world, bob, group)), limits::pins_max);
    EXPECT_EQ(std::ssize(listed(world, bob, group, 7)), limits::pins_max) << "in small answers, too";
}

TEST_P(StoreContract, WithADeletedMessageItsPinIsGone) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(ada, pin(group, said))));
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageEdit{
                 .target = {.stream = to_id(group)}, .message = *said.origin.command, .text = "hi"})));
    EXPECT_EQ(listed(world, bob, group).size(), 1u) << "an edit keeps it";
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageDelete{.target = {.stream = to_id(group)}, .message = *said.origin.command})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("message.new 7", "replied")) << "one change";
    for (const bool restarted : {false, true}) {
        if (restarted) restart();
        EXPECT_THAT(listed(world, bob, group), IsEmpty());
        EXPECT_THAT(pins_in(world.all_changes(bob, group)), IsEmpty());
    }
    expect_refused(world.work(ada, pin(group, said)), ErrorCode::message_deleted);
    const auto nothing = world.apply(world.work(ada, pin(group, said, true)));
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->seq, std::nullopt);
}

TEST_P(StoreContract, PinsAreSeenByWhoSeesTheirMessage) {
    const auto ada = world.person("ada");
    const auto late = world.person("late");
    const auto group = world.group(ada, {});
    const auto early = world.work(ada, message_to(group, "early"));
    ASSERT_TRUE(world.apply(early));
    ASSERT_TRUE(world.add(ada, group, {late}));
    ASSERT_TRUE(world.apply(world.work(ada, pin(group, early))));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("skipped 5", "pin.changed 5", "replied"));
    EXPECT_THAT(std::get<Skipped>(world.batch.effects[0]).accounts, ElementsAre(late.account));
    const auto for_all = world.work(ada, message_to(group, "for all"));
    ASSERT_TRUE(world.apply(for_all));
    ASSERT_TRUE(world.apply(world.work(ada, pin(group, for_all))));
    EXPECT_EQ(pins_in(world.all_changes(ada, group)).size(), 2u);
    EXPECT_EQ(pins_in(world.all_changes(late, group)).size(), 1u);
    EXPECT_EQ(listed(world, ada, group).size(), 2u);
    EXPECT_EQ(listed(world, late, group).size(), 1u);
    ASSERT_TRUE(world.apply(world.work(ada, pin(group, early, true))));
    const auto removed = changes(*world.snapshot(), late.account,
                                 {.stream = to_id(group), .after = 0, .only = protocol::Only::removed});
    EXPECT_THAT(pins_in(removed->rows), IsEmpty());
}

TEST_P(StoreContract, BothPinInADirectConversation) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto said = world.work(ada, protocol::MessageSend{.target = {.direct = bob.id()}, .text = "hello"});
    const auto sent = world.apply(said);
    ASSERT_TRUE(sent);
    const auto direct = *conversation_key(sent->stream.text());
    EXPECT_TRUE(world.apply(world.work(bob, pin(direct, said))));
    EXPECT_EQ(listed(world, ada, direct).size(), 1u);
    EXPECT_TRUE(world.apply(world.work(ada, pin(direct, said, true)))) << "whoever pinned it";
    EXPECT_THAT(listed(world, bob, direct), IsEmpty());
}

}  // namespace parley::server::test
