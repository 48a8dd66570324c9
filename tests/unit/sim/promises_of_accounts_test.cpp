// Each promise is shown a world in which it is broken, and must say so: a check that cannot fail checks
// nothing. Here what concerns accounts, devices, handles and invites.

#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace parley::sim {
namespace {

constexpr Duration day = seconds(24 * 3'600);
constexpr WallTime begun{1'735'689'600'000};

/// Also of a world in which nobody comes in without an invite, and only administrators make them.
class Accounts : public Broken {
  protected:
    static server::Batch named(AccountKey account, const std::string& handle,
                               protocol::AccountRole role = protocol::AccountRole::person) {
        server::AccountChange change{.account = account, .change = {}};
        change.change.seq = change.change.born = 1;
        change.change.payload = protocol::ProfileChanged{
            .profile = {.account = to_id(account), .handle = handle, .name = "n", .avatar = {}},
            .role = role};
        server::Batch batch;
        batch.effects.emplace_back(std::move(change));
        return batch;
    }

    static server::Replied signed_in(AccountKey account, std::int64_t device, std::int64_t number,
                                     WallTime at) {
        const server::SignedIn tokens{
            .account = account, .device = DeviceKey{device}, .refresh_number = number};
        return {.origin = {}, .answer = server::Answer{.payload = tokens, .timestamp = at}};
    }

    void gets_tokens(Promise& promise, std::int64_t device, std::int64_t number, WallTime at) {
        server::Batch batch;
        batch.effects.emplace_back(signed_in(ada, device, number, at));
        promise.committed(scene_, batch);
    }

    /// Ada signs in on device 30 at this time, and device 1 goes for it.
    void makes_room(Promise& promise, WallTime at) {
        server::Batch batch;
        batch.effects.emplace_back(
            server::DeviceRevoked{.account = ada, .device = DeviceKey{1}, .token_reused = true});
        batch.effects.emplace_back(signed_in(ada, 30, 1, at));
        promise.committed(scene_, batch);
    }

    Scene closed_{SceneOptions{.seed = 1, .by_invite = true, .everyone_invites = false}};
    std::unique_ptr<Promise> promise_ = account_rights();
};

TEST_F(Accounts, Promise10WhereSomebodyHasToSignInForNoReason) {
    const auto promise = clocks_change_nothing();
    const DeviceId phone = to_id(DeviceKey{1});
    promise->must_sign_in(scene_, device(0), phone);
    EXPECT_EQ(broken(), -1) << "a restored server may not know it";
    const WallTime now = scene_.server().now().wall;
    gets_tokens(*promise, 1, 1, now - day * 91);
    promise->must_sign_in(scene_, device(0), phone);
    EXPECT_EQ(broken(), -1) << "not renewed for longer than they live";
    gets_tokens(*promise, 1, 2, now - day * 89);
    promise->must_sign_in(scene_, device(0), phone);
    EXPECT_EQ(broken(), 10);
}

TEST_F(Accounts, Promise10KnowsWhatTheServersClockHasShownSince) {
    const auto promise = clocks_change_nothing();
    gets_tokens(*promise, 1, 1, scene_.server().now().wall);
    scene_.server().clock().set(day * 100);
    scene_.server().clock().set({});
    promise->must_sign_in(scene_, device(0), to_id(DeviceKey{1}));
    EXPECT_EQ(broken(), -1) << "while it was ahead the tokens had ended";
    scene_.world().after(seconds(1), [] {});
    scene_.world().step();
    gets_tokens(*promise, 1, 2, scene_.server().now().wall);
    promise->must_sign_in(scene_, device(0), to_id(DeviceKey{1}));
    EXPECT_EQ(broken(), 10) << "and these came after";
}

TEST_F(Accounts, Promise10WhereWhatWaitsIsShownInAnotherOrder) {
    const auto promise = clocks_change_nothing();
    device(0).ledger.add(uuid(1), protocol::MessageSend{}, to_id(ada));
    device(0).ledger.add(uuid(2), protocol::MessageSend{}, to_id(ada));
    promise->looked_at(scene_, device(0), showing({shown(9, 4), shown(1, 0), shown(2, 0)}));
    EXPECT_EQ(broken(), -1);
    promise->looked_at(scene_, device(0), showing({shown(9, 4), shown(2, 0), shown(1, 0)}));
    EXPECT_EQ(broken(), 10);
}

TEST_F(Accounts, Promise10WhereWhatWaitsStandsAboveWhatWasAccepted) {
    device(0).ledger.add(uuid(1), protocol::MessageSend{}, to_id(ada));
    clocks_change_nothing()->looked_at(scene_, device(0), showing({shown(1, 0), shown(9, 4)}));
    EXPECT_EQ(broken(), 10);
}

TEST_F(Broken, Promise18WhereNobodyAskedForASignOut) {
    founded();
    server::Batch batch;
    batch.effects.emplace_back(server::DeviceRevoked{.account = ada, .device = DeviceKey{1}});
    batch.effects.emplace_back(
        server::Replied{.origin = {}, .answer = fail(ErrorCode::refresh_reused, "used after its successor")});
    scene_.committed(batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereADeviceSignsItselfOutAndItsPersonDidNotAskForIt) {
    server::Batch batch;
    batch.effects.emplace_back(server::DeviceRevoked{.account = ada, .device = DeviceKey{1}});
    batch.effects.emplace_back(
        server::Replied{.origin = {.account = ada, .device = DeviceKey{1}}, .answer = {}});
    scene_.committed(batch);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, WhoHasAsManyDevicesAsHeMayLosesThoseOfWhichNobodyHears) {
    const WallTime now = begun + day * 100;
    for (std::int64_t device = 1; device <= limits::devices_max; ++device)
        gets_tokens(*promise_, device, 1, now - day * 91);
    makes_room(*promise_, now);
    EXPECT_EQ(broken(), -1);
}

TEST_F(Accounts, Promise18WhereADeviceThatIsInUseMakesRoom) {
    const WallTime now = begun + day * 100;
    for (std::int64_t device = 1; device <= limits::devices_max; ++device)
        gets_tokens(*promise_, device, 2, now - day * 89);
    makes_room(*promise_, now);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereADeviceMakesRoomForNobody) {
    gets_tokens(*promise_, 1, 1, begun);
    makes_room(*promise_, begun + day * 100);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereSomebodyGetsTheHandleThatAnotherGaveUp) {
    scene_.wished(*scene_.people()[0], "ada.2");
    promise_->committed(scene_, named(ada, "ada"));
    promise_->committed(scene_, named(ada, "ada.2"));
    EXPECT_EQ(broken(), -1);
    scene_.wished(*scene_.people()[1], "ada");
    promise_->committed(scene_, named(ben, "ada"));
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereSomebodyHasAHandleThatHeDidNotWishFor) {
    promise_->committed(scene_, named(ada, "somebody"));
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereSomebodyIsFoundByAHandleOfAnother) {
    promise_->committed(scene_, named(ada, "ada"));
    promise_->committed(scene_, named(ben, "ben"));
    protocol::Envelope found;
    found.re = uuid(1);
    found.payload =
        protocol::Profiles{.profiles = {{.account = to_id(ada), .handle = "ada", .name = "n", .avatar = {}}}};
    const SignedIn who{to_id(ben), to_id(DeviceKey{2})};
    promise_->server_said(scene_, *ben_, who, found);
    EXPECT_EQ(broken(), -1);
    std::get<protocol::Profiles>(found.payload).profiles.front().account = to_id(ben);
    promise_->server_said(scene_, *ben_, who, found);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereSomebodyIsThereAndNotFound) {
    promise_->committed(scene_, named(ada, "ada"));
    protocol::Envelope find;
    find.id = uuid(1);
    find.payload = protocol::ProfileFind{.handles = {"ada", "nobody"}};
    promise_->server_heard(scene_, *ben_, find);
    protocol::Envelope found;
    found.re = uuid(1);
    found.payload = protocol::Profiles{};
    promise_->server_said(scene_, *ben_, {to_id(ben), to_id(DeviceKey{2})}, found);
    EXPECT_EQ(broken(), 18);
}

TEST_F(Accounts, Promise18WhereSomebodyInvitesWhoMayNot) {
    Scene scene{SceneOptions{.seed = 1, .by_invite = false, .everyone_invites = false}};
    promise_->committed(scene, named(ada, "ada", protocol::AccountRole::administrator));
    server::Batch batch;
    batch.effects.emplace_back(server::Replied{
        .origin = {.account = ada, .device = DeviceKey{1}, .command = uuid(1)},
        .answer = server::Answer{.payload = protocol::Invite{.code = "one", .expires_at = begun}}});
    promise_->committed(scene, batch);
    EXPECT_FALSE(scene.violation());
    std::get<server::Replied>(batch.effects.front()).origin.account = ben;
    promise_->committed(scene, batch);
    ASSERT_TRUE(scene.violation());
    EXPECT_EQ(scene.violation()->promise, 18);
}

TEST_F(Accounts, Promise18WhereMoreComeInThanWereInvited) {
    server::Batch batch;
    batch.effects.emplace_back(server::Replied{
        .origin = {},
        .answer = server::Answer{.payload = protocol::Invite{.code = "one", .expires_at = begun}}});
    promise_->committed(closed_, batch);
    promise_->committed(closed_, named(ada, "ada"));
    EXPECT_FALSE(closed_.violation());
    promise_->committed(closed_, named(ben, "ben"));
    ASSERT_TRUE(closed_.violation());
    EXPECT_EQ(closed_.violation()->promise, 18);
}

TEST_F(Broken, Promise20WhereSomebodyIsSignedInAsAnother) {
    for (const AccountKey account : {ada, ben}) {
        server::AccountChange registered{.account = account, .change = {}};
        registered.change.seq = registered.change.born = 1;
        registered.change.payload = protocol::ProfileChanged{
            .profile = {.account = to_id(account), .handle = account == ada ? "ada" : "ben", .name = "n"}};
        server::AccountChange phone{.account = account, .change = {}};
        phone.change.seq = phone.change.born = 2;
        phone.change.payload = protocol::DeviceChanged{.device = to_id(DeviceKey{account == ada ? 1 : 2}),
                                                       .name = device(account == ada ? 0 : 1).node->name(),
                                                       .created_at = {5},
                                                       .present = true};
        server::Batch batch;
        batch.effects.emplace_back(std::move(registered));
        batch.effects.emplace_back(std::move(phone));
        scene_.committed(batch);
    }
    say(*ada_, protocol::AuthOk{.account = to_id(ada), .device = to_id(DeviceKey{1})});
    ASSERT_EQ(broken(), -1);
    say(*ada_, protocol::AuthOk{.account = to_id(ben), .device = to_id(DeviceKey{2})});
    EXPECT_EQ(broken(), 20);
}

TEST_F(Broken, Promise20WhereSomebodyIsSignedInAsAnotherOfHisDevices) {
    server::AccountChange phone{.account = ada, .change = {}};
    phone.change.seq = phone.change.born = 1;
    phone.change.payload = protocol::DeviceChanged{
        .device = to_id(DeviceKey{1}), .name = "another", .created_at = {5}, .present = true};
    server::Batch batch;
    batch.effects.emplace_back(std::move(phone));
    scene_.committed(batch);
    say(*ada_, protocol::AuthOk{.account = to_id(ada), .device = to_id(DeviceKey{1})});
    EXPECT_EQ(broken(), 20);
}

}  // namespace
}  // namespace parley::sim
