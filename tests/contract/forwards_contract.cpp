// Silent messages, custom data, and what is forwarded: taken from where it stands, for whoever sees it there.

#include "protocol/generated/cpp/limits.hpp"
#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::IsEmpty;

namespace {

using protocol::Entity;
using protocol::EntityKind;
using protocol::MessageNew;

protocol::Custom poll(std::string data) {
    return {.kind = "org.example.poll", .data = std::move(data)};
}

protocol::MessageSend custom_to(ConversationKey to, protocol::Custom custom, std::string text = {}) {
    auto message = message_to(to, std::move(text));
    message.custom = std::move(custom);
    return message;
}

protocol::MessageSend forward_to(ConversationKey to, ConversationKey from, const Uuid& message,
                                 std::optional<AccountId> sender = {}) {
    auto forward = message_to(to, "");
    forward.forward = protocol::ForwardOf{.stream = to_id(from), .message = message, .sender = sender};
    return forward;
}

MessageNew newest_in(StoreWorld& world, const Person& reader, ConversationKey in) {
    return std::get<MessageNew>(world.all_changes(reader, in).back().payload);
}

}  // namespace

TEST_P(StoreContract, ASilentMessageCountsAndStaysSilent) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    auto whisper = message_to(group, "psst");
    whisper.silent = true;
    const auto said = world.work(ada, whisper);
    ASSERT_TRUE(world.apply(said));
    EXPECT_TRUE(newest_in(world, bob, group).silent);
    EXPECT_TRUE(world.state(bob, group).last->silent);
    EXPECT_EQ(world.state(bob, group).unread, 1);
    const protocol::Target where{.stream = to_id(group)};
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageEdit{.target = where, .message = *said.origin.command, .text = "hush"})));
    restart();
    EXPECT_TRUE(newest_in(world, bob, group).silent) << "an edit alerts nobody either";
    EXPECT_TRUE(world.apply(said)) << "a repeat";
    expect_refused(world.work(ada, message_to(group, "psst"), *said.origin.command), ErrorCode::id_reused);
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::MessageDelete{.target = where, .message = *said.origin.command})));
    EXPECT_FALSE(newest_in(world, bob, group).silent) << "of what is deleted nothing is left";
}

TEST_P(StoreContract, CustomDataIsKeptByteForByte) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto first = poll("{ \"n\": [1.50, 2e3, 12345678901234567890, -0.0],\r\n\t\"n\": null }");
    const auto second = poll("\"\\u0000 \\ud83d\\ude42 🙂\"");
    const auto said = world.work(ada, custom_to(group, first, "8 or 9?"));
    ASSERT_TRUE(world.apply(said));
    EXPECT_EQ(newest_in(world, bob, group).custom, first);
    EXPECT_EQ(world.state(bob, group).unread, 1);
    EXPECT_EQ(world.state(bob, group).last->text, "8 or 9?");
    EXPECT_EQ(world.state(bob, group).last->kind, "org.example.poll");
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageEdit{
                 .target = {.stream = to_id(group)}, .message = *said.origin.command, .custom = second})));
    restart();
    EXPECT_EQ(newest_in(world, bob, group).custom, second);
    const auto history =
        message_history(*world.snapshot(), bob.account,
                        {.stream = to_id(group), .message = *said.origin.command, .sender = ada.id()});
    ASSERT_EQ(history->texts.size(), 1u);
    EXPECT_EQ(history->texts[0].custom, first);
    EXPECT_TRUE(world.apply(said)) << "a repeat is compared with what was said first";
    expect_refused(world.work(ada, custom_to(group, second, "8 or 9?"), *said.origin.command),
                   ErrorCode::id_reused);
    ASSERT_TRUE(world.apply(world.work(
        ada, protocol::MessageDelete{.target = {.stream = to_id(group)}, .message = *said.origin.command})));
    EXPECT_EQ(newest_in(world, bob, group).custom, std::nullopt);
}

TEST_P(StoreContract, WhatIsNoCustomDataIsRefused) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    const auto said = world.work(ada, message_to(group, "hello"));
    ASSERT_TRUE(world.apply(said));
    const std::string deep(static_cast<std::size_t>(limits::depth_max) + 1, '[');
    const std::string long_data = '"' + std::string(limits::custom_bytes_max, 'x') + '"';
    const std::vector<protocol::Custom> broken = {
        poll(""),
        poll("{"),
        poll("{} {}"),
        poll("{a:1}"),
        poll("NaN"),
        poll("01"),
        poll("\xff"),
        poll(deep),
        poll(long_data),
        {"poll", "1"},
        {"", "1"},
        {"org..x", "1"},
        {"org.Example", "1"},
        {"org.example.", "1"},
        {".org", "1"},
        {"-a.b", "1"},
        {"a.-b", "1"},
        {"org.ex\xc3\xa4", "1"},
        {"org/example", "1"},
        {"a." + std::string(limits::custom_kind_chars_max, 'b'), "1"}};
    for (const auto& custom : broken) {
        expect_refused(world.work(ada, custom_to(group, custom, "text")), ErrorCode::invalid);
        expect_refused(world.work(ada, protocol::MessageEdit{.target = {.stream = to_id(group)},
                                                             .message = *said.origin.command,
                                                             .text = "text",
                                                             .custom = custom}),
                       ErrorCode::invalid);
    }
    expect_refused(world.work(ada, message_to(group, "")), ErrorCode::invalid);
    const std::string long_text(static_cast<std::size_t>(limits::fallback_points_max) + 1, 'x');
    expect_refused(world.work(ada, custom_to(group, poll("1"), long_text)), ErrorCode::invalid);
    const auto longest =
        poll('"' + std::string(static_cast<std::size_t>(limits::custom_bytes_max) - 2, 'x') + '"');
    EXPECT_TRUE(world.apply(world.work(ada, custom_to(group, longest, long_text.substr(1)))));
}

TEST_P(StoreContract, AForwardSaysWhatStandsThereAndWhoSaidIt) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto den = world.group(ada, {bob});
    const auto hall = world.group(bob, {eve});
    auto rich = message_to(den, "hi @bob, all");
    Entity named{.kind = EntityKind::mention, .offset = 3, .length = 4};
    named.account = bob.id();
    rich.entities = {{.kind = EntityKind::bold, .offset = 0, .length = 2},
                     named,
                     {.kind = EntityKind::everyone, .offset = 9, .length = 3}};
    const auto said = world.work(ada, rich);
    const auto then = world.now;
    ASSERT_TRUE(world.apply(said));
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "Ada L."})));

    const auto copied = world.work(bob, forward_to(hall, den, *said.origin.command, ada.id()));
    const auto answer = world.apply(copied);
    ASSERT_TRUE(answer);
    const auto row = newest_in(world, eve, hall);
    EXPECT_EQ(row.sender, bob.id());
    EXPECT_EQ(row.text, "hi @bob, all");
    EXPECT_EQ(row.entities, std::vector(1, rich.entities[0])) << "nobody is mentioned by it";
    EXPECT_THAT(row.mentions, IsEmpty());
    EXPECT_FALSE(row.names_all);
    EXPECT_EQ(row.forwarded, (protocol::Forwarded{.account = ada.id(), .name = "Ada L.", .at = then}));
    EXPECT_EQ(world.state(eve, hall).mentions, 0);
    EXPECT_EQ(world.state(eve, hall).unread, 1);
    EXPECT_EQ(world.state(eve, hall).last->forwarded, row.forwarded);
    const auto& about = std::get<protocol::MessageAccepted>(answer->payload);
    EXPECT_EQ(about.text, row.text);
    EXPECT_EQ(about.entities, row.entities);
    EXPECT_EQ(about.forwarded, row.forwarded);

    // What becomes of it later is nothing to the copy, and a repeat gets the first answer.
    const protocol::Target where{.stream = to_id(den)};
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::MessageDelete{.target = where, .message = *said.origin.command})));
    restart();
    EXPECT_EQ(newest_in(world, eve, hall), row);
    const auto again = world.apply(copied);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->seq, answer->seq);
    EXPECT_EQ(std::get<protocol::MessageAccepted>(again->payload), about);
    expect_refused(world.work(bob, message_to(hall, "hi @bob, all"), *copied.origin.command),
                   ErrorCode::id_reused);
    expect_refused(
        world.work(bob, forward_to(den, den, *said.origin.command, ada.id()), *copied.origin.command),
        ErrorCode::id_reused);
    expect_refused(world.work(bob, forward_to(hall, den, *said.origin.command, ada.id())),
                   ErrorCode::message_deleted);

    // A forward of a forward names the first.
    const auto on = world.work(eve, forward_to(hall, hall, *copied.origin.command, bob.id()));
    ASSERT_TRUE(world.apply(on));
    EXPECT_EQ(newest_in(world, bob, hall).forwarded, row.forwarded);
    EXPECT_EQ(newest_in(world, bob, hall).sender, eve.id());
}

TEST_P(StoreContract, AForwardIsNotEditedAndMayBeDeleted) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto den = world.group(ada, {bob});
    const auto said = world.work(ada, custom_to(den, poll("[1.0]"), "one"));
    ASSERT_TRUE(world.apply(said));
    const auto copied = world.work(bob, forward_to(den, den, *said.origin.command, ada.id()));
    ASSERT_TRUE(world.apply(copied));
    EXPECT_EQ(newest_in(world, ada, den).custom, poll("[1.0]"));
    const protocol::Target where{.stream = to_id(den)};
    const auto refused = world.apply(world.work(
        bob, protocol::MessageEdit{.target = where, .message = *copied.origin.command, .text = "two"}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_allowed);
    EXPECT_EQ(refused.error().field, "message");
    ASSERT_TRUE(world.apply(
        world.work(bob, protocol::MessageDelete{.target = where, .message = *copied.origin.command})));
    const auto left = newest_in(world, ada, den);
    EXPECT_EQ(left.forwarded, std::nullopt);
    EXPECT_EQ(left.custom, std::nullopt);
    const auto again = world.apply(copied);
    ASSERT_TRUE(again) << "a repeat after that";
    EXPECT_EQ(std::get<protocol::MessageAccepted>(again->payload), protocol::MessageAccepted{});
}

TEST_P(StoreContract, NobodyForwardsWhatHeDoesNotSee) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto eve = world.person("eve");
    const auto den = world.group(ada, {bob});
    const auto hall = world.group(eve, {bob});
    const auto early = world.work(ada, message_to(den, "among us"));
    ASSERT_TRUE(world.apply(early));
    const auto of_early = forward_to(hall, den, *early.origin.command, ada.id());
    const auto expect_no = [&](const Person& by, const protocol::MessageSend& forward, ErrorCode code) {
        const auto refused = world.apply(world.work(by, forward));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, code);
        EXPECT_EQ(refused.error().field, "forward");
    };
    expect_no(eve, of_early, ErrorCode::conversation_not_member);
    ASSERT_TRUE(world.add(ada, den, {eve}));
    expect_no(eve, of_early, ErrorCode::message_not_found);
    const auto late = world.work(ada, message_to(den, "for eve, too"));
    ASSERT_TRUE(world.apply(late));
    const auto of_late = forward_to(hall, den, *late.origin.command, ada.id());
    EXPECT_TRUE(world.apply(world.work(eve, of_late)));
    ASSERT_TRUE(world.remove(ada, den, eve));
    expect_no(eve, of_late, ErrorCode::conversation_not_member);
    // Of another sender, in another conversation, or of nobody.
    expect_no(bob, forward_to(hall, den, *early.origin.command, eve.id()), ErrorCode::message_not_found);
    expect_no(bob, forward_to(hall, den, *early.origin.command), ErrorCode::message_not_found);
    expect_no(bob, forward_to(hall, hall, *early.origin.command, ada.id()), ErrorCode::message_not_found);
    expect_no(bob, forward_to(hall, den, world.next_id(), ada.id()), ErrorCode::message_not_found);
    // Whoever may not write there forwards nothing there.
    expect_refused(world.work(ada, forward_to(hall, den, *early.origin.command)),
                   ErrorCode::conversation_not_member);
    // With words of one's own.
    auto forged = forward_to(hall, den, *early.origin.command, ada.id());
    forged.text = "among them";
    expect_no(bob, forged, ErrorCode::invalid);
    forged.text.clear();
    forged.mentions = {eve.id()};
    expect_no(bob, forged, ErrorCode::invalid);
    forged.mentions.clear();
    forged.custom = poll("1");
    expect_no(bob, forged, ErrorCode::invalid);
    // The first message to somebody may be a forward, too, and makes nothing where it is refused.
    auto first = of_early;
    first.target = {.direct = ada.id()};
    expect_no(eve, first, ErrorCode::conversation_not_member);
    EXPECT_FALSE(world.snapshot()->conversations().direct_between(eve.account, ada.account));
    first.target = {.direct = eve.id()};
    EXPECT_TRUE(world.apply(world.work(bob, first)));
}

}  // namespace parley::server::test
