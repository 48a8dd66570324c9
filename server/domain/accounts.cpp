#include "base/mutant.hpp"
#include "core/rules/text.hpp"
#include "server/domain/sync.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

using protocol::AccountRole;

protocol::DeviceChanged device_changed(const DeviceRecord& device) {
    return {.device = to_id(device.key),
            .name = device.name,
            .created_at = device.created_at,
            .present = device.present};
}

void put_device(WorkContext& context, const DeviceRecord& device) {
    context.store.account_writes().put(device);
    change_account(
        context, device.account,
        {.slot = Slot::device(device.key), .payload = device_changed(device), .gone = !device.present});
}

void put_profile(WorkContext& context, AccountRecord account) {
    account.profile_as_of = account.head + 1;
    context.store.account_writes().put(account);
    change_account(
        context, account.key,
        {.slot = Slot::profile(),
         .payload = protocol::ProfileChanged{.profile = profile_of(account), .role = account.role}});
}

Answer signed_in(const WorkContext& context, const DeviceRecord& device) {
    return {.payload =
                SignedIn{
                    .account = device.account, .device = device.key, .refresh_number = device.refresh_number},
            .timestamp = context.at};
}

Answer sign_in_new_device(WorkContext& context, AccountKey account, const std::string& name) {
    const DeviceRecord device{.key = {context.store.next_key(context.at)},
                              .account = account,
                              .name = name,
                              .created_at = context.at,
                              .present = true,
                              .refresh_number = 1,
                              .refreshed_at = context.at};
    put_device(context, device);
    return signed_in(context, device);
}

/// The invite to be used, if there is one; refuses where the server's mode asks for another.
Result<std::optional<InviteRecord>> check_invite(Accounts& accounts, const Rules& rules,
                                                 const std::string& code, WallTime at) {
    std::optional<InviteRecord> invite;
    if (!code.empty()) invite = accounts.invite(code);
    if (invite && (invite->uses_left <= 0 || invite->expires_at <= at)) invite.reset();
    const bool administrator = invite && invite->administrator;
    if (rules.registration == Registration::closed && !administrator) {
        return fail(ErrorCode::registration_closed, "this server makes no new accounts");
    }
    if (!code.empty() && !invite) {
        return fail(
            Error{ErrorCode::invite_invalid, "the invite is unknown, used up or expired", 0, "invite"});
    }
    if (rules.registration == Registration::invite && !invite) {
        return fail(ErrorCode::invite_required, "this server makes accounts by invite only");
    }
    return invite;
}

/// `account`: who wants it; none: a new one. A handle that was given up stays its account's, so that whoever
/// still knows somebody by it writes to nobody else.
Status check_handle_free(Accounts& accounts, const std::string& handle, AccountKey account) {
    TRY(core::rules::check_handle(handle));
    const auto keeper = accounts.keeper_of(handle);
    if (accounts.by_handle(handle) || (keeper && *keeper != account)) {
        return fail(
            Error{ErrorCode::handle_taken, "another account has this handle, or had it", 0, "handle"});
    }
    if (!account || keeper) return {};
    // With the present and the new one.
    if (accounts.handles_given_up(account) + 2 > limits::handles_max) {
        return fail(Error{ErrorCode::limit,
                          "an account has at most " + std::to_string(limits::handles_max) +
                              " handles in its life; take one that it had before",
                          0, "handle"});
    }
    return {};
}

void sign_out(WorkContext& context, DeviceRecord device, bool token_reused) {
    device.present = false;
    device.token_reused = token_reused;
    put_device(context, device);
    context.effects.emplace_back(
        DeviceRevoked{.account = device.account, .device = device.key, .token_reused = token_reused});
}

/// Its refresh token was not used for so long that it is good for nothing.
bool has_lapsed(const DeviceRecord& device, WallTime at) {
    return at - device.refreshed_at > Duration{limits::refresh_token_ms};
}

/// Its first access token has ended, and it has never asked for another: mostly the answer to its sign-in was
/// lost, so that nobody has its tokens.
bool was_never_used(const DeviceRecord& device, WallTime at, Duration access_token_life) {
    return device.refresh_number == 1 && at - device.refreshed_at > access_token_life;
}

/// Where an account has as many devices as it may, those that can do nothing any more make room, or else the
/// oldest that was never used. They are told to sign in, not to erase what they hold.
void make_room(WorkContext& context, AccountKey account) {
    const auto devices = context.store.accounts().devices(account);
    if (std::cmp_less(devices.size(), context.rules.devices_max)) return;
    bool made = false;
    for (const DeviceRecord& device : devices) {
        if (!has_lapsed(device, context.at)) continue;
        sign_out(context, device, true);
        made = true;
    }
    if (made) return;
    const auto unused = std::ranges::find_if(devices, [&](const DeviceRecord& device) {
        return was_never_used(device, context.at, context.rules.access_token_life);
    });
    if (unused != devices.end()) sign_out(context, *unused, true);
}

}  // namespace

std::unexpected<Error> signed_out(bool token_reused) {
    if (!token_reused) return fail(ErrorCode::revoked, "this device was signed out");
    return fail(ErrorCode::refresh_reused,
                "a refresh token of this device was used after its successor, or it was never used and made "
                "room for another; sign in again");
}

Status check_present(const DeviceRecord& device) {
    if (device.present) return {};
    return signed_out(device.token_reused);
}

namespace {

const std::string& shown_name(const RegisterAccount& command) {
    return command.name.empty() ? command.handle : command.name;
}

Status check_names(const RegisterAccount& command) {
    TRY(core::rules::check_name(shown_name(command), "name"));
    return core::rules::check_name(command.device_name, "device_name");
}

}  // namespace

Status may_register(Snapshot& snapshot, const Rules& rules, const RegisterAccount& command, WallTime at) {
    TRY(check_invite(snapshot.accounts(), rules, command.invite, at));
    TRY(check_handle_free(snapshot.accounts(), command.handle, {}));
    TRY(check_names(command));
    return snapshot.status();
}

Result<Answer> perform(WorkContext& context, const RegisterAccount& command) {
    Accounts& accounts = context.store.accounts();
    TRY_ASSIGN(auto invite, check_invite(accounts, context.rules, command.invite, context.at));
    TRY(check_handle_free(accounts, command.handle, {}));
    TRY(check_names(command));
    if (invite) {
        --invite->uses_left;
        context.store.account_writes().put(*invite);
    }
    const bool administrator = invite && invite->administrator;
    const AccountRecord account{.key = {context.store.next_key(context.at)},
                                .handle = command.handle,
                                .name = shown_name(command),
                                .role = administrator ? AccountRole::administrator : AccountRole::person,
                                .password_hash = command.password_hash};
    put_profile(context, account);
    return sign_in_new_device(context, account.key, command.device_name);
}

Result<Answer> perform(WorkContext& context, const AddDevice& command) {
    const auto* account = context.store.accounts().find(command.account);
    if (account == nullptr || account->password_hash != command.password_hash) {
        return fail(ErrorCode::credentials, "handle and password do not fit");
    }
    TRY(core::rules::check_name(command.device_name, "device_name"));
    make_room(context, command.account);
    const auto devices = context.store.accounts().devices(command.account);
    if (std::cmp_greater_equal(devices.size(), context.rules.devices_max)) {
        return fail(Error{ErrorCode::limit, "too many devices; sign one out first", 0, "devices"});
    }
    return sign_in_new_device(context, command.account, command.device_name);
}

Result<Answer> perform(WorkContext& context, const UseRefreshToken& command) {
    const auto* known = context.store.accounts().device(command.device);
    if (known == nullptr) return fail(ErrorCode::token_invalid, "no such device");
    const bool erases = !known->present && !known->token_reused;
    if (has_lapsed(*known, context.at) && !erases)
        return fail(ErrorCode::token_expired, "the refresh token was not used for too long; sign in again");
    TRY(check_present(*known));
    auto device = *known;
    const auto newest = device.refresh_number;
    if (command.number < newest - 1) {
        // Its successor was used: somebody else may hold a copy. Which of the two is the person's own cannot
        // be told: nobody goes on without signing in, and nobody is told to erase anything.
        sign_out(context, device, true);
        return signed_out(true);
    }
    // The one before the newest comes again where the reply was lost: it gets the same successor. One ahead
    // of the store was given out before a restore.
    if (command.number >= newest || mutant(Mutant::refresh_successor_anew)) {
        device.refresh_number = std::max(command.number, newest) + 1;
        device.refreshed_at = context.at;
        context.store.account_writes().put(device);
    }
    return signed_in(context, device);
}

Result<Answer> perform(WorkContext& context, const protocol::DeviceRevoke& command) {
    const auto key = device_key(command.device.text());
    const auto* device = key ? context.store.accounts().device(*key) : nullptr;
    if (device == nullptr || device->account != context.account()) {
        return fail(ErrorCode::device_not_found, "no such device of yours");
    }
    if (device->present || device->token_reused) sign_out(context, *device, false);
    return nothing_to_do(context);
}

Result<Answer> perform(WorkContext& context, const protocol::ProfileSet& command) {
    const auto* known = context.store.accounts().find(context.account());
    if (known == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    auto account = *known;
    if (command.handle && *command.handle != account.handle) {
        TRY(check_handle_free(context.store.accounts(), *command.handle, account.key));
        account.handle = *command.handle;
    }
    if (command.name) {
        TRY(core::rules::check_name(*command.name, "name"));
        account.name = *command.name;
    }
    if (command.avatar) account.avatar = *command.avatar;
    if (account == *known) return nothing_to_do(context);
    if (account.handle != known->handle)
        context.store.account_writes().keep_handle(account.key, known->handle);
    put_profile(context, account);
    owe_profile(context, account.key);
    return done(context, to_stream(account.key), account.head + 1);
}

}  // namespace parley::server
