#include "tests/contract/store_contract.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

using testing::ElementsAre;

namespace {

RegisterAccount registration(std::string handle, std::string invite = {}) {
    return {.handle = std::move(handle),
            .name = "Name",
            .password_hash = "hash",
            .invite = std::move(invite),
            .device_name = "phone"};
}

std::string code_of(const Result<Answer>& answer) {
    return std::get<protocol::Invite>(answer->payload).code;
}

}  // namespace

TEST_P(StoreContract, NamesAndTitlesAreOneLineThatCanBeSeen) {
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {}, "before");
    for (const char* bad : {"   ", "a\nb", "\x1b[2J", "a\u2028b", "\u202eb", "\u200b"}) {
        auto named = registration("bob");
        named.name = bad;
        expect_refused(world.work({}, named), ErrorCode::invalid);
        auto device = registration("bob");
        device.device_name = bad;
        expect_refused(world.work({}, device), ErrorCode::invalid);
        EXPECT_EQ(may_register(*world.snapshot(), rules, named, world.now).error().field, "name");
        EXPECT_EQ(may_register(*world.snapshot(), rules, device, world.now).error().field, "device_name");
        expect_refused(
            world.work({},
                       AddDevice{.account = ada.account, .password_hash = "hash of ada", .device_name = bad}),
            ErrorCode::invalid);
        expect_refused(world.work(ada, protocol::ProfileSet{.name = bad}), ErrorCode::invalid);
        expect_refused(world.work(ada, protocol::ConversationCreate{.title = bad}), ErrorCode::invalid);
        expect_refused(
            world.work(ada, protocol::ConversationRename{.target = {.stream = to_id(group)}, .title = bad}),
            ErrorCode::invalid);
    }
    EXPECT_EQ(world.state(ada, group).summary.title, "before");
    auto nameless = registration("bob");
    nameless.name.clear();
    EXPECT_TRUE(world.apply(world.work({}, nameless))) << "who gives no name is called by his handle";
}

TEST_P(StoreContract, AHandleBelongsToOneAccount) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    expect_refused(world.work({}, registration("ada")), ErrorCode::handle_taken);
    for (const auto* bad : {"", "a", "Ada", "1ada", "ad a", "ada!", "a123456789012345678901234567890123"}) {
        expect_refused(world.work({}, registration(bad)), ErrorCode::invalid);
    }
    expect_refused(world.work(bob, protocol::ProfileSet{.handle = "ada"}), ErrorCode::handle_taken);
    EXPECT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.handle = "lovelace"})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("profile.changed", "owed", "replied"));
    EXPECT_FALSE(password_facts(*world.snapshot(), "ada")->has_value());
    EXPECT_EQ(password_facts(*world.snapshot(), "lovelace")->value().account, ada.account);
}

TEST_P(StoreContract, AHandleThatWasGivenUpIsKeptForItsAccount) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.handle = "lovelace"})));
    restart();
    expect_refused(world.work({}, registration("ada")), ErrorCode::handle_taken);
    expect_refused(world.work(bob, protocol::ProfileSet{.handle = "ada"}), ErrorCode::handle_taken);
    EXPECT_TRUE(find_profiles(*world.snapshot(), {.handles = {"ada"}})->profiles.empty());
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.handle = "ada"})));
    EXPECT_EQ(find_profiles(*world.snapshot(), {.handles = {"ada"}})->profiles.front().account, ada.id());
    expect_refused(world.work(bob, protocol::ProfileSet{.handle = "lovelace"}), ErrorCode::handle_taken);
}

TEST_P(StoreContract, AnAccountHasSoManyHandlesInItsLife) {
    const auto ada = world.person("ada");
    const auto change_to = [&](const std::string& handle) {
        return world.work(ada, protocol::ProfileSet{.handle = handle});
    };
    for (int i = 1; i < limits::handles_max; ++i)
        ASSERT_TRUE(world.apply(change_to("ada" + std::to_string(i))));
    expect_refused(change_to("one.more"), ErrorCode::limit);
    for (const auto* earlier : {"ada", "ada3", "ada"})
        ASSERT_TRUE(world.apply(change_to(earlier)));
    expect_refused(change_to("one.more"), ErrorCode::limit);
}

TEST_P(StoreContract, AProfileChangesWhereItIsToldTo) {
    const auto ada = world.person("ada");
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "Ada L.", .avatar = "pic"})));
    auto own = *profile(*world.snapshot(), ada.account);
    EXPECT_EQ(own.profile.handle, "ada");
    EXPECT_EQ(own.profile.name, "Ada L.");
    EXPECT_EQ(own.profile.avatar, "pic");
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.avatar = ""})));
    EXPECT_FALSE(profile(*world.snapshot(), ada.account)->profile.avatar);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("profile.changed", "owed", "replied"));
    ASSERT_TRUE(world.apply(world.work(ada, protocol::ProfileSet{.name = "Ada L."})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    const auto found = *find_profiles(*world.snapshot(),
                                      {.handles = {"nobody", "ada"}, .accounts = {ada.id(), AccountId{"x"}}});
    ASSERT_EQ(found.profiles.size(), 1u) << "however often she is named";
    EXPECT_EQ(found.profiles.front().name, "Ada L.");
}

TEST_P(StoreContract, AnInviteIsGoodForSoManyAndSoLong) {
    rules.registration = Registration::invite;
    expect_refused(world.work({}, registration("ada")), ErrorCode::invite_required);
    expect_refused(world.work({}, registration("ada", "guess")), ErrorCode::invite_invalid);
    const auto two = code_of(world.apply(world.work({}, OperatorInvite{.uses = 2, .lasts = seconds(60)})));
    expect_refused(world.work({}, registration("A", two)), ErrorCode::invalid);
    EXPECT_TRUE(world.apply(world.work({}, registration("ada", two))));
    EXPECT_TRUE(world.apply(world.work({}, registration("bob", two))));
    expect_refused(world.work({}, registration("cyd", two)), ErrorCode::invite_invalid);
    const auto short_lived =
        code_of(world.apply(world.work({}, OperatorInvite{.uses = 1, .lasts = seconds(60)})));
    world.now = world.now + seconds(61);
    expect_refused(world.work({}, registration("cyd", short_lived)), ErrorCode::invite_invalid);
    EXPECT_NE(two, short_lived);
}

TEST_P(StoreContract, TheOperatorsInviteMakesTheFirstAdministratorInEveryMode) {
    rules.registration = Registration::closed;
    const auto plain = code_of(world.apply(world.work({}, OperatorInvite{.uses = 1, .lasts = seconds(60)})));
    expect_refused(world.work({}, registration("ada", plain)), ErrorCode::registration_closed);
    EXPECT_FALSE(start_facts(*world.snapshot(), world.now)->has_administrator);
    const auto link =
        code_of(world.apply(world.work({}, OperatorInvite{.lasts = seconds(60), .administrator = true})));
    EXPECT_EQ(start_facts(*world.snapshot(), world.now)->administrator_invite, link);
    const auto made = world.apply(world.work({}, registration("ada", link)));
    ASSERT_TRUE(made);
    const auto facts = *start_facts(*world.snapshot(), world.now);
    EXPECT_TRUE(facts.has_administrator);
    EXPECT_EQ(facts.accounts, 1);
    EXPECT_EQ(facts.administrator_invite, "");
    const auto& signed_in = std::get<SignedIn>(made->payload);
    const Person ada{.account = signed_in.account, .device = signed_in.device};
    EXPECT_EQ(profile(*world.snapshot(), ada.account)->role, protocol::AccountRole::administrator);
    // An invite that is asked for twice is one invite.
    const auto work = world.work(ada, protocol::InviteCreate{});
    const auto first = code_of(world.apply(work));
    EXPECT_EQ(code_of(world.apply(work)), first);
}

TEST_P(StoreContract, OnlyAdministratorsInviteUnlessTheOperatorLetsEveryone) {
    const auto bob = world.person("bob");
    expect_refused(world.work(bob, protocol::InviteCreate{}), ErrorCode::not_allowed);
    rules.everyone_invites = true;
    EXPECT_TRUE(world.apply(world.work(bob, protocol::InviteCreate{.uses = 5})));
}

TEST_P(StoreContract, ADeviceSignsInWithThePasswordThatWasVerified) {
    rules.devices_max = 2;
    const auto ada = world.person("ada");
    const AddDevice add{.account = ada.account, .password_hash = "hash of ada", .device_name = "tablet"};
    auto stale = add;
    stale.password_hash = "an older one";
    expect_refused(world.work({}, stale), ErrorCode::credentials);
    expect_refused(world.work({}, AddDevice{.account = {77}, .password_hash = "", .device_name = "x"}),
                   ErrorCode::credentials);
    ASSERT_TRUE(world.apply(world.work({}, add)));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("device.changed", "replied"));
    expect_refused(world.work({}, add), ErrorCode::limit);
    EXPECT_EQ(devices(*world.snapshot(), ada.account)->devices.size(), 2u);
}

TEST_P(StoreContract, DevicesThatNobodyUsesMakeRoom) {
    rules.devices_max = 3;
    const auto ada = world.person("ada");
    const AddDevice add{.account = ada.account, .password_hash = "hash of ada", .device_name = "lost"};
    const auto use = [&](DeviceKey device, std::int64_t number) {
        return world.apply(world.work({}, UseRefreshToken{.device = device, .number = number}));
    };
    ASSERT_TRUE(use(ada.device, 1));
    const auto lost = std::get<SignedIn>(world.apply(world.work({}, add))->payload).device;
    const auto used = std::get<SignedIn>(world.apply(world.work({}, add))->payload).device;
    expect_refused(world.work({}, add), ErrorCode::limit);
    world.now = world.now + Duration{rules.access_token_life.ms / 2};
    expect_refused(world.work({}, add), ErrorCode::limit);
    ASSERT_TRUE(use(used, 1));
    world.now = world.now + rules.access_token_life;
    ASSERT_TRUE(world.apply(world.work({}, add))) << "the answer to one was lost, it seems";
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("device.changed", "device revoked", "device.changed", "replied"));
    const auto& gone = std::get<DeviceRevoked>(world.batch.effects[1]);
    EXPECT_EQ(gone.device, lost);
    EXPECT_TRUE(gone.token_reused) << "if anybody has it after all, it erases nothing";
    EXPECT_EQ(devices(*world.snapshot(), ada.account)->devices.size(), 3u);
    EXPECT_EQ(use(lost, 1).error().code, ErrorCode::refresh_reused);
}

TEST_P(StoreContract, DevicesThatHaveLapsedMakeRoomFirst) {
    rules.devices_max = 3;
    const auto ada = world.person("ada");
    const AddDevice add{.account = ada.account, .password_hash = "hash of ada", .device_name = "new"};
    const auto use = [&](DeviceKey device, std::int64_t number) {
        return world.apply(world.work({}, UseRefreshToken{.device = device, .number = number}));
    };
    const auto other = std::get<SignedIn>(world.apply(world.work({}, add))->payload).device;
    ASSERT_TRUE(use(ada.device, 1));
    ASSERT_TRUE(use(other, 1));
    world.now = world.now + Duration{limits::refresh_token_ms + 1};
    const auto unused = std::get<SignedIn>(world.apply(world.work({}, add))->payload).device;
    world.now = world.now + rules.access_token_life + Duration{1};
    ASSERT_TRUE(world.apply(world.work({}, add)));
    EXPECT_EQ(devices(*world.snapshot(), ada.account)->devices.size(), 2u) << "both that had lapsed are gone";
    EXPECT_TRUE(device_facts(*world.snapshot(), unused)->value().present);
    EXPECT_EQ(use(ada.device, 2).error().code, ErrorCode::token_expired) << "as if it were still there";
}

TEST_P(StoreContract, ARevokedDeviceDoesNothingMore) {
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto tablet = world.device_of(ada);
    const auto group = world.group(ada, {bob});
    const protocol::DeviceRevoke revoke{.device = to_id(tablet.device)};
    expect_refused(world.work(bob, revoke), ErrorCode::device_not_found);
    const auto sent_behind = world.work(tablet, message_to(group, "too late"));
    (void)world.apply({world.work(ada, revoke), sent_behind});
    EXPECT_THAT(effects_of(world.batch),
                ElementsAre("device.changed", "device revoked", "replied", "refused"));
    EXPECT_EQ(world.answers()[1].error().code, ErrorCode::revoked);
    EXPECT_FALSE(device_facts(*world.snapshot(), tablet.device)->value().present);
    EXPECT_EQ(devices(*world.snapshot(), ada.account)->devices.size(), 1u);
    expect_refused(world.work({}, UseRefreshToken{.device = tablet.device, .number = 1}), ErrorCode::revoked);
    const auto before = data->dump();
    world.ack(tablet, group, 3);
    EXPECT_EQ(data->dump(), before);
    EXPECT_TRUE(world.apply(world.work(ada, revoke)));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("replied"));
    // One's own device signs out; nothing of it is listed.
    ASSERT_TRUE(world.apply(world.work(ada, protocol::DeviceRevoke{.device = to_id(ada.device)})));
    EXPECT_TRUE(devices(*world.snapshot(), ada.account)->devices.empty());
}

TEST_P(StoreContract, SigningOutADeviceThatIsGoneTakesNoRoom) {
    const auto ada = world.person("ada");
    const auto tablet = world.device_of(ada);
    const auto group = world.group(ada, {});
    const protocol::DeviceRevoke revoke{.device = to_id(tablet.device)};
    ASSERT_TRUE(world.apply(world.work(ada, revoke)));
    const auto before = data->dump();
    const auto again = world.work(ada, revoke);
    ASSERT_TRUE(world.apply(again));
    ASSERT_TRUE(world.apply(again));
    EXPECT_EQ(data->dump(), before);
    // It was accepted all the same: what follows it may be under way.
    auto behind = world.work(ada, message_to(group, "after it"));
    behind.origin.follows = again.origin.command;
    EXPECT_TRUE(world.apply(behind));
    auto message = world.work(ada, message_to(group, "with an id that is in use"));
    message.origin.command = again.origin.command;
    expect_refused(message, ErrorCode::id_reused);
}

TEST_P(StoreContract, ARefreshTokenGetsItsSuccessorUntilThatIsUsed) {
    const auto ada = world.person("ada");
    const auto use = [&](std::int64_t number) {
        return world.work({}, UseRefreshToken{.device = ada.device, .number = number});
    };
    const auto successor = [](const Result<Answer>& answer) {
        return std::get<SignedIn>(answer->payload).refresh_number;
    };
    EXPECT_EQ(successor(world.apply(use(1))), 2);
    const auto before = data->dump();
    EXPECT_EQ(successor(world.apply(use(1))), 2);
    EXPECT_EQ(data->dump(), before);
    EXPECT_EQ(successor(world.apply(use(2))), 3);
    EXPECT_EQ(successor(world.apply(use(2))), 3);
    // The first has a successor that was used: somebody holds a copy, and the device has to sign in.
    const auto reused = world.apply(use(1));
    ASSERT_FALSE(reused);
    EXPECT_EQ(reused.error().code, ErrorCode::refresh_reused);
    EXPECT_THAT(effects_of(world.batch), ElementsAre("device.changed", "device revoked", "refused"));
    EXPECT_TRUE(std::get<DeviceRevoked>(world.batch.effects[1]).token_reused);
    expect_refused(use(3), ErrorCode::refresh_reused);
    expect_refused(world.work({}, UseRefreshToken{.device = {99}, .number = 1}), ErrorCode::token_invalid);
}

TEST_P(StoreContract, AReusedTokenEndsASignInAndErasesNothingUnlessThePersonAsksForIt) {
    const auto ada = world.person("ada");
    const auto tablet = world.device_of(ada);
    const auto group = world.group(ada, {});
    const auto use = [&](std::int64_t number) {
        return world.work({}, UseRefreshToken{.device = tablet.device, .number = number});
    };
    for (const std::int64_t number : {1, 2, 1})
        (void)world.apply(use(number));
    restart();
    expect_refused(use(3), ErrorCode::refresh_reused);
    expect_refused(world.work(tablet, message_to(group, "too late")), ErrorCode::refresh_reused);
    const auto facts = device_facts(*world.snapshot(), tablet.device)->value();
    EXPECT_FALSE(facts.present);
    EXPECT_TRUE(facts.token_reused);
    EXPECT_EQ(devices(*world.snapshot(), ada.account)->devices.size(), 1u);
    // It may be in a thief's hands: who knows its id can still have it erased.
    ASSERT_TRUE(world.apply(world.work(ada, protocol::DeviceRevoke{.device = to_id(tablet.device)})));
    EXPECT_THAT(effects_of(world.batch), ElementsAre("device.changed", "device revoked", "replied"));
    expect_refused(use(3), ErrorCode::revoked);
}

TEST_P(StoreContract, ARefreshTokenAheadOfTheStoreIsTakenOnce) {
    const auto ada = world.person("ada");
    const auto use = [&](std::int64_t number) {
        return world.apply(world.work({}, UseRefreshToken{.device = ada.device, .number = number}));
    };
    EXPECT_EQ(std::get<SignedIn>(use(8)->payload).refresh_number, 9);
    EXPECT_EQ(std::get<SignedIn>(use(8)->payload).refresh_number, 9);
    EXPECT_EQ(use(7).error().code, ErrorCode::refresh_reused);
}

TEST_P(StoreContract, ARefreshTokenThatIsNotUsedEnds) {
    const auto ada = world.person("ada");
    world.now = world.now + Duration{limits::refresh_token_ms + 1};
    expect_refused(world.work({}, UseRefreshToken{.device = ada.device, .number = 1}),
                   ErrorCode::token_expired);
    EXPECT_TRUE(device_facts(*world.snapshot(), ada.device)->value().present);
}

TEST_P(StoreContract, KeysGrowWhateverTheClockDoes) {
    const auto ada = world.person("ada");
    world.now = world.now - seconds(100'000);
    const auto bob = world.person("bob");
    EXPECT_GT(bob.account.value, ada.device.value);
    world.now = world.now + seconds(200'000);
    const auto cyd = world.person("cyd");
    EXPECT_GT(cyd.account.value, bob.device.value);
    EXPECT_EQ(to_id(cyd.account).text().size(), 11u);
    EXPECT_EQ(account_key(to_id(cyd.account).text()), cyd.account);
}

}  // namespace parley::server::test
