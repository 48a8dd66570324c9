#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parley::server::test {
namespace {

using protocol::DraftChanged;
using protocol::DraftSet;
using protocol::PreferencesChanged;
using protocol::PreferencesSet;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OwnSettings : public testing::Test {
  protected:
    OwnSettings() : ada(world.person("ada")), bob(world.person("bob")) {
        world.settle();
        for (Peer* peer : {&desk, &phone, &other})
            peer->take();
    }

    World world;
    Account ada;
    Account bob;
    Peer& desk = world.online(ada);
    Peer& phone = world.online(world.another_device(ada), 0, protocol::Encoding::cbor);
    Peer& other = world.online(bob);
    StreamId group = world.group(desk, {bob});
};

TEST_F(OwnSettings, ReachTheOwnDevicesAndNobodyElse) {
    const Uuid muting = desk.ask(PreferencesSet{.target = {.stream = group}, .archived = true});
    const Uuid writing = desk.ask(DraftSet{.target = {.stream = group}, .text = "for me alone"});
    world.settle();
    const auto own = desk.take();
    ASSERT_EQ(own.size(), 4u);
    EXPECT_EQ(own[0].stream.text(), ada.id.text());
    EXPECT_EQ(own[1].re, muting) << "the row comes before the answer";
    EXPECT_EQ(own[1].seq, own[0].seq);
    EXPECT_EQ(std::get<DraftChanged>(own[2].payload).text, "for me alone");
    EXPECT_EQ(own[3].re, writing);
    const auto elsewhere = phone.take();
    ASSERT_EQ(elsewhere.size(), 2u);
    EXPECT_EQ(elsewhere[0].payload, own[0].payload);
    EXPECT_EQ(elsewhere[1].payload, own[2].payload);
    EXPECT_THAT(other.take(), IsEmpty());
    // Who was away is told by the resume.
    Peer& tablet = world.sign_in(world.another_device(ada));
    tablet.ask(protocol::Resume{});
    world.settle();
    std::string draft;
    bool archived = false;
    for (const auto& envelope : tablet.take()) {
        if (const auto* one = std::get_if<DraftChanged>(&envelope.payload)) draft = one->text;
        if (const auto* one = std::get_if<PreferencesChanged>(&envelope.payload)) archived = one->archived;
    }
    EXPECT_EQ(draft, "for me alone");
    EXPECT_TRUE(archived);
}

TEST_F(OwnSettings, AreSetByHttp) {
    const std::string path = "/v1/conversations/" + group.text();
    const auto call = [&](const std::string& method, const std::string& what, const std::string& body,
                          const Account& by) {
        return world.call(method, path + what, body, by.access, world.next_id().text());
    };
    EXPECT_EQ(call("PATCH", "/preferences", R"({"pinned":true,"notify":"mentions"})", ada).status, 200);
    EXPECT_EQ(call("PUT", "/draft", R"({"text":"from a program"})", ada).status, 200);
    world.settle();
    const auto rows = phone.take();
    ASSERT_EQ(rows.size(), 2u);
    const auto& preferences = std::get<PreferencesChanged>(rows[0].payload);
    EXPECT_EQ(preferences.pinned, rows[0].seq);
    EXPECT_EQ(preferences.notify, protocol::Notify::mentions);
    EXPECT_EQ(std::get<DraftChanged>(rows[1].payload).text, "from a program");
    EXPECT_EQ(code_of(call("PATCH", "/preferences", R"({"notify":"loudly"})", ada)), "invalid");
    EXPECT_EQ(code_of(call("PUT", "/draft", "{}", ada)), "malformed");
    EXPECT_EQ(code_of(call("PUT", "/draft", R"({"text":"x"})", world.person("eve"))),
              "conversation.not_member");
    const auto read = world.call("GET", "/v1/conversations/" + ada.id.text() + "/changes", {}, ada.access);
    EXPECT_THAT(read.body, HasSubstr("from a program"));
    EXPECT_THAT(world.lines.with("from a program"), IsEmpty());
}

TEST_F(OwnSettings, NothingOfADraftThatWasTakenAwayIsLeftOnTheDisk) {
    desk.answer(desk.ask(DraftSet{.target = {.stream = group}, .text = "a secret"}));
    desk.answer(desk.ask(DraftSet{.target = {.stream = group}, .text = "a longer secret"}));
    ASSERT_THAT(everything_on_disk(world), HasSubstr("a longer secret"));
    desk.answer(desk.ask(DraftSet{.target = {.stream = group}}));
    EXPECT_THAT(everything_on_disk(world), Not(HasSubstr("secret")));
}

TEST_F(OwnSettings, AreLimitedLikeMessages) {
    World::Options options;
    options.rates.messages_per_second = 1;
    options.rates.messages_burst = 3;
    World slow(options);
    Peer& peer = slow.online(slow.person("ada"));
    const StreamId alone = slow.group(peer, {});
    peer.ask(DraftSet{.target = {.stream = alone}, .text = "one"});
    peer.ask(PreferencesSet{.target = {.stream = alone}, .pinned = true});
    slow.settle();
    EXPECT_EQ(peer.refusal(peer.ask(DraftSet{.target = {.stream = alone}, .text = "two"})),
              ErrorCode::rate_limited);
    EXPECT_EQ(peer.refusal(peer.ask(PreferencesSet{.target = {.stream = alone}, .pinned = false})),
              ErrorCode::rate_limited);
}

}  // namespace
}  // namespace parley::server::test
