#include "server/domain/use_cases.hpp"

#include <array>
#include <string>

namespace parley::server {

namespace {

constexpr Duration usual_life = {7LL * 24 * 60 * 60 * 1000};

Answer make(WorkContext& context, InviteRecord invite) {
    invite.code = new_code(context);
    context.store.account_writes().put(invite);
    return {.payload = protocol::Invite{.code = invite.code, .expires_at = invite.expires_at},
            .timestamp = context.at};
}

}  // namespace

/// Of Crockford's base 32.
std::string new_code(WorkContext& context) {
    constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
    std::array<std::uint8_t, 24> bytes{};
    context.store.random(bytes);
    std::string code;
    for (const auto byte : bytes)
        code += digits[byte & 31];
    return code;
}

Result<Answer> perform(WorkContext& context, const OperatorInvite& command) {
    return make(context, {.uses_left = command.uses,
                          .expires_at = context.at + command.lasts,
                          .administrator = command.administrator});
}

Result<Answer> perform(WorkContext& context, const protocol::InviteCreate& command) {
    const auto* account = context.store.accounts().find(context.account());
    const bool administrator = account != nullptr && account->role == protocol::AccountRole::administrator;
    if (!administrator && !context.rules.everyone_invites) {
        return fail(ErrorCode::not_allowed, "only administrators make invites here");
    }
    return make(context, {.uses_left = command.uses.value_or(1),
                          .expires_at = context.at + Duration{command.lasts_ms.value_or(usual_life.ms)},
                          .by = context.account()});
}

}  // namespace parley::server
