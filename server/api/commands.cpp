#include "server/api/commands.hpp"

#include "base/mutant.hpp"
#include "base/utf8.hpp"

#include <type_traits>
#include <utility>

namespace parley::server {

namespace {

/// Each newcomer is a handful of rows, some of them in a stream of his own.
constexpr std::size_t members_for_a_message = 10;

/// A new name is written into all conversations that one is in.
constexpr std::int64_t profile_cost = 10;
/// All conversations that one is in are looked through for the other.
constexpr std::int64_t block_cost = 5;

constexpr std::size_t message_points_max = 500;
constexpr std::size_t field_points_max = 100;

template <class T, class... Types>
constexpr bool is_one_of = (std::is_same_v<T, Types> || ...);

std::int64_t cost_of_members(std::size_t members) {
    return 1 + static_cast<std::int64_t>(members / members_for_a_message);
}

/// What only HTTP and the operator bring is no payload of the protocol; `SignedIn` never answers an envelope.
struct ToPayload {
    protocol::Payload operator()(const SignedIn&) const { return protocol::Done{}; }
    template <class T>
    protocol::Payload operator()(const T& payload) const {
        return payload;
    }
};

}  // namespace

std::optional<Command> to_command(protocol::Payload payload) {
    return std::visit(
        [](auto&& one) -> std::optional<Command> {
            using T = std::remove_cvref_t<decltype(one)>;
            if constexpr (is_one_of<T, protocol::MessageSend, protocol::MessageEdit, protocol::MessageDelete,
                                    protocol::MessageReact, protocol::MessagePin, protocol::Read,
                                    protocol::ConversationCreate, protocol::ConversationRename,
                                    protocol::MemberAdd, protocol::MemberRemove, protocol::ConversationLeave,
                                    protocol::MemberRole, protocol::ConversationPermissions,
                                    protocol::OwnershipTransfer, protocol::HistoryShare,
                                    protocol::SlowModeSet, protocol::LinkCreate, protocol::LinkRevoke,
                                    protocol::LinkJoin, protocol::PreferencesSet, protocol::DraftSet,
                                    protocol::ProfileSet, protocol::BlockSet, protocol::DeviceRevoke,
                                    protocol::InviteCreate>) {
                return Command(std::forward<decltype(one)>(one));
            } else {
                return std::nullopt;
            }
        },
        std::move(payload));
}

std::int64_t rate_cost(const Command& command) {
    return std::visit(
        [](const auto& one) -> std::int64_t {
            using T = std::remove_cvref_t<decltype(one)>;
            if (std::is_same_v<T, protocol::Read> && mutant(Mutant::reading_is_rationed)) return 1;
            if constexpr (std::is_same_v<T, protocol::ConversationCreate>) {
                return cost_of_members(one.members.size());
            } else if constexpr (std::is_same_v<T, protocol::MemberAdd>) {
                return cost_of_members(one.accounts.size());
            } else if constexpr (std::is_same_v<T, protocol::ProfileSet>) {
                return profile_cost;
            } else if constexpr (std::is_same_v<T, protocol::BlockSet>) {
                return block_cost;
            } else {
                return is_one_of<T, protocol::MessageSend, protocol::MessageEdit, protocol::MessageDelete,
                                 protocol::MessageReact, protocol::MessagePin, protocol::ConversationRename,
                                 protocol::MemberRemove, protocol::MemberRole,
                                 protocol::ConversationPermissions, protocol::OwnershipTransfer,
                                 protocol::HistoryShare, protocol::SlowModeSet, protocol::LinkCreate,
                                 protocol::LinkRevoke, protocol::LinkJoin, protocol::PreferencesSet,
                                 protocol::DraftSet, protocol::InviteCreate>
                           ? 1
                           : 0;
            }
        },
        command);
}

Result<Uuid> command_id(const std::optional<Uuid>& id) {
    if (!id) return fail({ErrorCode::malformed, "A command needs an id, a UUID of version 7.", 0, "id"});
    if (id->version() != 7 && id->version() != 4) {
        return fail({ErrorCode::invalid, "The id must be a UUID of version 7 or 4.", 0, "id"});
    }
    return *id;
}

protocol::Envelope answer_envelope(std::optional<Uuid> re, const Answer& answer) {
    protocol::Envelope envelope;
    envelope.re = re;
    envelope.stream = answer.stream;
    envelope.seq = answer.seq;
    envelope.payload = std::visit(ToPayload{}, answer.payload);
    envelope.timestamp = answer.timestamp;
    return envelope;
}

Error too_many_links(Duration wait) {
    return {ErrorCode::rate_limited, "Too many invite links; slow down.", wait.ms, {}};
}

protocol::ErrorReply error_reply(const Error& error) {
    protocol::ErrorReply reply;
    reply.code = error.code;
    const std::string_view message =
        error.context.empty() ? sentence(error.code) : std::string_view(error.context);
    reply.message = first_code_points(message, message_points_max);
    if (error.retry_after_ms > 0) reply.retry_after_ms = error.retry_after_ms;
    if (!error.field.empty()) reply.field = std::string(first_code_points(error.field, field_points_max));
    return reply;
}

}  // namespace parley::server
