// Promises 17 and 18 where they speak of those who join: by invite links, and with history that is shared;
// broken on purpose.

#include "tests/unit/sim/asked_world.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace parley::sim {
namespace {

using protocol::Role;

/// Ada has made a link of the group, and Ben, who was in it, has gone.
class Joining : public Asked {
  protected:
    explicit Joining(bool went_himself = true) {
        promise_ = link_rights();
        commit(4, member(ben, Role::member, false, went_himself ? ben : ada), {}, went_himself ? ben : ada,
               3);
    }

    protocol::Link made(protocol::LinkCreate asked, WallTime at = {5}) {
        asked.target = in_the_group();
        const auto id = static_cast<std::uint8_t>(40 + ++links_);
        give(id, asked);
        protocol::Link link{.id = LinkId("l" + std::to_string(links_)),
                            .code = "code" + std::to_string(links_),
                            .role = asked.role.value_or(Role::member),
                            .by = to_id(ada),
                            .at = at,
                            .uses_max = asked.uses};
        if (asked.lasts_ms) link.expires_at = at + milliseconds(*asked.lasts_ms);
        auto answer = done({});
        answer.stream = to_id(the_group);
        answer.payload = protocol::LinkMade{.link = link};
        happens(id, {}, answer);
        return link;
    }
    /// By this link, as this, at this moment; the answer.
    void ben_comes(const protocol::Link& link, Role role = Role::member, WallTime at = {5}) {
        auto row = member(ben, role, true, ben);
        row.invited_by = to_id(ada);
        auto joined = change(5, row, {}, ben, 3);
        auto answer = done(5);
        answer.payload = protocol::LinkJoined{};
        answer.timestamp = at;
        ben_is_answered(link, {joined}, answer);
    }
    void ben_is_answered(const protocol::Link& link, std::vector<server::Effect> effects,
                         Result<server::Answer> answer) {
        const auto id = static_cast<std::uint8_t>(60 + ++joins_);
        device(1).ledger.add(uuid(id), protocol::LinkJoin{.code = *link.code}, to_id(ben));
        for (auto& effect : effects)
            if (auto* change = std::get_if<server::ConversationChange>(&effect))
                change->origin.command = uuid(id);
        server::Batch batch{.first_position = 1, .last_position = 1, .effects = std::move(effects)};
        batch.effects.emplace_back(
            server::Replied{.origin = {.account = ben, .device = DeviceKey{2}, .command = uuid(id)},
                            .answer = std::move(answer)});
        promise_->committed(scene_, batch);
    }
    void ada_revokes(const protocol::Link& link) {
        give(50, protocol::LinkRevoke{.target = in_the_group(), .link = link.id});
        auto answer = done({});
        answer.stream = to_id(the_group);
        happens(50, {}, answer);
    }

    int links_ = 0;
    int joins_ = 0;
};

class Removed : public Joining {
  protected:
    Removed() : Joining(false) {}
};

TEST_F(Joining, ByALinkThatIsGoodBreaksNothing) {
    ben_comes(made({.uses = 1, .lasts_ms = 60'000}));
    EXPECT_EQ(broken(), -1);
}

TEST_F(Joining, Promise18WhereALinkIsUsedOnceMoreThanItMayBe) {
    const auto link = made({.uses = 1});
    ben_comes(link);
    EXPECT_EQ(broken(), -1);
    ben_comes(link);
    EXPECT_TRUE(says("as often as it may be"));
}

TEST_F(Joining, Promise18WhereTheTimeOfALinkIsOver) {
    ben_comes(made({.lasts_ms = 60'000}), Role::member, WallTime{60'005});
    EXPECT_TRUE(says("its time was over"));
}

TEST_F(Joining, Promise18WhereALinkHasBeenRevoked) {
    const auto link = made({});
    ada_revokes(link);
    ben_comes(link);
    EXPECT_TRUE(says("had been ended"));
}

TEST_F(Joining, Promise18WhereItsMakerHasGone) {
    const auto link = made({});
    auto gone = change(6, member(ada, Role::owner, false, ada), {}, ada, 2);
    server::Batch batch{.first_position = 1, .last_position = 1, .effects = {gone}};
    promise_->committed(scene_, batch);
    ben_comes(link);
    EXPECT_TRUE(says("had been ended"));
}

TEST_F(Joining, Promise18WhereSomebodyComesInAsMoreThanTheLinkSays) {
    ben_comes(made({.role = Role::guest}));
    EXPECT_TRUE(says("as something else"));
}

TEST_F(Joining, Promise18WhereACodeWasGuessed) {
    ben_comes({.code = "guessed"});
    EXPECT_TRUE(says("no such link"));
}

TEST_F(Joining, Promise18WhereSomebodyWithAGoodLinkIsRefused) {
    const auto link = made({.uses = 2});
    ben_is_answered(link, {}, fail(ErrorCode::link_over, "no"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Joining, Promise18WhereTwoLinksHaveOneCode) {
    auto first = made({});
    give(49, protocol::LinkCreate{.target = in_the_group()});
    first.id = LinkId("another");
    auto answer = done({});
    answer.stream = to_id(the_group);
    answer.payload = protocol::LinkMade{.link = first};
    happens(49, {}, answer);
    EXPECT_TRUE(says("one code"));
}

TEST_F(Removed, Promise18WhereWhoWasRemovedComesBackByALink) {
    promise_ = rights();
    ben_comes({.code = "any"});
    EXPECT_TRUE(says("and may not"));
}

TEST_F(Joining, WhoWentHimselfComesBackByALink) {
    promise_ = rights();
    ben_comes({.code = "any"});
    EXPECT_EQ(broken(), -1);
}

/// The settings as they are when the group shares its history from there on.
protocol::ConversationChanged shared(std::optional<std::int64_t> from) {
    return {.kind = protocol::ConversationKind::group, .title = "t", .by = to_id(ada), .history_from = from};
}

TEST_F(Joining, Promise18WhereSharingReachesBack) {
    promise_ = rights();
    server::Batch batch{.first_position = 1, .last_position = 1, .effects = {}};
    batch.effects.emplace_back(change(5, shared(5), {}, ada, 1));
    promise_->committed(scene_, batch);
    EXPECT_EQ(broken(), -1);
    auto back = rights();
    std::swap(back, promise_);
    batch.effects = {change(5, shared(1), {}, ada, 1)};
    promise_->committed(scene_, batch);
    EXPECT_TRUE(says("and may not"));
}

TEST_F(Joining, Promise17WhereANewcomerIsShownWhatWasHidden) {
    promise_ = rights();
    auto row = member(ben, Role::member, true, ada);
    row.history_from = 5;
    server::Batch batch{.first_position = 1, .last_position = 1, .effects = {change(6, row, {}, ada, 3)}};
    promise_->committed(scene_, batch);
    EXPECT_EQ(broken(), 17);
}

TEST_F(Joining, Promise17WhereHistoryThatIsSharedIsWithheld) {
    promise_ = rights();
    commit(5, shared(5), {}, ada, 1);
    message(6, ada, 9);
    server::Batch batch{.first_position = 1,
                        .last_position = 1,
                        .effects = {change(7, member(ben, Role::member, true, ada), {}, ada, 3)}};
    promise_->committed(scene_, batch);
    EXPECT_EQ(broken(), 17);
}

}  // namespace
}  // namespace parley::sim
