#include "server/domain/decide.hpp"

#include "base/mutant.hpp"
#include "protocol/codec.hpp"
#include "server/domain/use_cases.hpp"

#include <sodium.h>

#include <cassert>
#include <string>
#include <type_traits>

namespace parley::server {

namespace {

template <class Command>
constexpr bool comes_once = std::is_same_v<Command, RegisterAccount> || std::is_same_v<Command, AddDevice> ||
                            std::is_same_v<Command, UseRefreshToken> ||
                            std::is_same_v<Command, OperatorInvite> || std::is_same_v<Command, TokenAhead>;

/// Commands by which the store only grows.
template <class Command>
constexpr bool only_grows =
    std::is_same_v<Command, RegisterAccount> || std::is_same_v<Command, protocol::MessageEdit> ||
    std::is_same_v<Command, protocol::ConversationCreate> ||
    std::is_same_v<Command, protocol::ConversationRename> || std::is_same_v<Command, protocol::MemberAdd> ||
    std::is_same_v<Command, protocol::MemberRole> ||
    std::is_same_v<Command, protocol::ConversationPermissions> ||
    std::is_same_v<Command, protocol::OwnershipTransfer> || std::is_same_v<Command, protocol::HistoryShare> ||
    std::is_same_v<Command, protocol::SlowModeSet> || std::is_same_v<Command, protocol::LinkCreate> ||
    std::is_same_v<Command, protocol::LinkJoin> || std::is_same_v<Command, protocol::PreferencesSet> ||
    std::is_same_v<Command, protocol::InviteCreate>;

/// Where nothing was left to do, a repeat finds that too: positions only rise, and who or what is gone stays
/// gone. Such commands are not refused on a full disk, so that remembering them would be a way to fill that
/// up.
template <class Command>
constexpr bool is_settled =
    std::is_same_v<Command, protocol::DeviceRevoke> || std::is_same_v<Command, protocol::Read> ||
    std::is_same_v<Command, protocol::MessageDelete> || std::is_same_v<Command, protocol::LinkRevoke>;

/// A repeat may name the same conversation in another way, since its id has become known meanwhile.
template <class Command>
Command with_resolved_target(WorkContext& context, Command command) {
    if constexpr (requires { command.target; }) {
        if (const auto key = resolve_existing(context.store, context.account(), command.target)) {
            command.target = {.stream = to_id(*key)};
        }
    }
    return command;
}

/// Of the type and the encoded content.
template <class Command>
std::array<std::uint8_t, 16> content_of(const Command& command) {
    auto bytes = protocol::encode(command, protocol::Encoding::cbor);
    const auto type = protocol::type_of(protocol::Payload(command));
    bytes += static_cast<char>(type);
    std::array<std::uint8_t, 16> content{};
    crypto_generichash(content.data(), content.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size(), nullptr, 0);
    return content;
}

template <class Command>
Result<Answer> perform_now(WorkContext& context, const Command& command) {
    if constexpr (only_grows<Command>) TRY(check_room(context));
    return perform(context, command);
}

/// Performs a command unless it was performed before: then its first answer is given again.
template <class Command>
Result<Answer> perform_once(WorkContext& context, const Command& received) {
    const auto& id = context.origin.command;
    if (!id) return perform_now(context, received);
    const auto command = with_resolved_target(context, received);
    const auto content = content_of(command);
    if (auto known = context.store.commands().find(context.account(), *id)) {
        if (known->content == content) return std::move(known->answer);
        return fail(ErrorCode::id_reused, "this id was used for another command");
    }
    if (context.store.rows().message(context.account(), *id)) {
        return fail(ErrorCode::id_reused, "this id was used for a message");
    }
    TRY(check_follows(context));
    const auto writes_before = context.store.writes();
    TRY_ASSIGN(auto answer, perform_now(context, command));
    if (mutant(Mutant::forget_idempotency_row)) return answer;
    const bool wrote = context.store.writes() != writes_before;
    if (is_settled<Command> && !wrote) {
        context.store.command_writes().note(context.account(), *id);
        return answer;
    }
    // An answer that is remembered takes room, and nothing was given back for it.
    if (!wrote) TRY(check_room(context));
    context.store.command_writes().remember(
        {.account = context.account(),
         .id = *id,
         .content = content,
         .creation = std::holds_alternative<protocol::ConversationCreated>(answer.payload),
         .answer = answer});
    return answer;
}

/// What was on its way when the device was signed out is not done any more.
Status check_device(WorkContext& context) {
    if (!context.origin.device || mutant(Mutant::signed_out_device_is_heard)) return {};
    const auto* device = context.store.accounts().device(context.origin.device);
    if (device == nullptr || device->account != context.account()) {
        return fail(ErrorCode::revoked, "this device was signed out");
    }
    return check_present(*device);
}

Result<Answer> answer_to(WorkContext& context, const Command& command) {
    TRY(check_device(context));
    return std::visit(
        [&]<class One>(const One& one) -> Result<Answer> {
            if constexpr (std::is_same_v<One, protocol::MessageSend>) {
                return send_message(context, one);
            } else if constexpr (std::is_same_v<One, Acks> || std::is_same_v<One, FollowUp>) {
                return nothing_to_do(context);
            } else if constexpr (comes_once<One>) {
                return perform_now(context, one);
            } else {
                return perform_once(context, one);
            }
        },
        command);
}

}  // namespace

void decide(Transaction& store, const Rules& rules, const Work& work, std::vector<Effect>& effects) {
    WorkContext context{
        .store = store, .rules = rules, .origin = work.origin, .at = work.at, .effects = effects};
    if (const auto* acks = std::get_if<Acks>(&work.command)) {
        take_acks(context, *acks);
        return;
    }
    if (const auto* next = std::get_if<FollowUp>(&work.command)) {
        follow_up(context, *next);
        return;
    }
    [[maybe_unused]] const auto writes_before = store.writes();
    [[maybe_unused]] const auto effects_before = effects.size();
    auto answer = answer_to(context, work.command);
    assert(answer || answer.error().code == ErrorCode::refresh_reused || !store.status() ||
           (store.writes() == writes_before && effects.size() == effects_before));
    effects.emplace_back(Replied{.origin = work.origin, .answer = std::move(answer)});
}

}  // namespace parley::server
