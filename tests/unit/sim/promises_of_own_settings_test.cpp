// Promises 8, 9 and 14 where they speak of what people set for themselves, broken on purpose.

#include "sim/promises/all.hpp"
#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace parley::sim {
namespace {

class OwnSettings : public Living {
  protected:
    void set(protocol::PreferencesSet set) {
        set.target.stream = group_;
        scene_.give(of(ben), std::move(set));
        pass(seconds(5));
    }
    void write(std::string text) {
        protocol::DraftSet draft{.text = std::move(text)};
        draft.target.stream = group_;
        scene_.give(of(ben), std::move(draft));
        pass(seconds(5));
    }
    /// As if the server had committed it, and told nobody.
    void own_untold(protocol::ChangePayload payload, std::optional<std::int64_t> born = {}) {
        server::AccountChange own{.account = key(ben), .change = {}};
        own.change.seq = scene_.history().find(StreamId(account(ben).text()))->head() + 1;
        own.change.born = born.value_or(own.change.seq);
        own.change.payload = std::move(payload);
        server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
        batch.effects.emplace_back(std::move(own));
        scene_.committed(batch);
    }
};

TEST_F(OwnSettings, Promise9WhereADeviceShowsOtherPreferences) {
    set({.archived = true, .pinned = true});
    look_at_rest(own_settings_agree(), of(ben));
    ASSERT_EQ(broken(), -1) << said();
    own_untold(protocol::PreferencesChanged{.conversation = group_, .notify = protocol::Notify::silent});
    look_at_rest(own_settings_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("other preferences")) << said();
}

TEST_F(OwnSettings, Promise9WhereADeviceShowsAMuteThatHasEnded) {
    set({.muted_until = scene_.server().now().wall + seconds(3'600)});
    ASSERT_TRUE(everything_of(of(ben)).front().view.muted);
    look_at_rest(own_settings_agree(), of(ben));
    ASSERT_EQ(broken(), -1) << said();
    own_untold(protocol::PreferencesChanged{.conversation = group_, .notify = protocol::Notify::all});
    look_at_rest(own_settings_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("as muted what is not")) << said();
}

TEST_F(OwnSettings, Promise9WhereADeviceShowsAnotherDraft) {
    write("ben says #77");
    look_at_rest(own_settings_agree(), of(ben));
    ASSERT_EQ(broken(), -1) << said();
    own_untold(protocol::DraftChanged{.conversation = group_, .text = "ben says #78"});
    look_at_rest(own_settings_agree(), of(ben));
    EXPECT_EQ(broken(), 9);
    EXPECT_TRUE(says("another draft")) << said();
}

TEST_F(OwnSettings, Promise8WhereADraftThatWasTakenAwayIsStillThere) {
    write("ben says #77");
    const StreamHistory& own = *scene_.history().find(StreamId(account(ben).text()));
    const std::int64_t born = own.drafts.at(group_);
    deleted_is_gone()->at_rest(scene_, {});
    look_at_rest(deleted_is_gone(), of(ben));
    ASSERT_EQ(broken(), -1) << said();
    own_untold(protocol::DraftChanged{.conversation = group_}, born);
    look_at_rest(deleted_is_gone(), of(ben));
    EXPECT_EQ(broken(), 8);
    EXPECT_TRUE(says("still holds #77")) << said();
}

TEST_F(OwnSettings, ADraftThatIsTakenAwayIsGoneFromBothEnds) {
    write("ben says #77");
    write("");
    deleted_is_gone()->at_rest(scene_, {});
    look_at_rest(deleted_is_gone(), of(ben));
    look_at_rest(own_settings_agree(), of(ben));
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(OwnSettings, Promise14WhereTheBadgeChangesAndNobodyIsTold) {
    const auto promise = badge();
    const auto listed = [&] {
        promise->listed(scene_, of(ben), *of(ben).node->client().conversations(0, 100));
    };
    listed();
    set({.archived = true});
    promise->badge_changed(scene_, of(ben));
    listed();
    ASSERT_EQ(broken(), -1) << said();
    set({.archived = false});
    listed();
    EXPECT_EQ(broken(), 14);
    EXPECT_TRUE(says("has told nobody")) << said();
}

TEST_F(OwnSettings, Promise14WhereTheBadgeIsNotTheSum) {
    auto views = *of(ben).node->client().conversations(0, 100);
    ASSERT_EQ(views.front().badge, 1);
    badge()->listed(scene_, of(ben), views);
    ASSERT_EQ(broken(), -1) << said();
    views.front().muted = true;
    views.front().badge = 0;
    badge()->listed(scene_, of(ben), views);
    EXPECT_EQ(broken(), 14);
    EXPECT_TRUE(says("has 1 on its badge, and lists 0")) << said();
}

}  // namespace
}  // namespace parley::sim
