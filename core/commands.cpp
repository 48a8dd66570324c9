#include "core/commands.hpp"

#include "core/rules/custom.hpp"
#include "core/rules/emoji.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/text.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <utility>

namespace parley::core {
namespace {

using protocol::Encoding;
using protocol::Type;

bool belongs_in_outbox(Type type) {
    switch (type) {
        case Type::message_send:
        case Type::message_edit:
        case Type::message_delete:
        case Type::message_react:
        case Type::message_pin:
        case Type::message_history:
        case Type::conversation_create:
        case Type::conversation_rename:
        case Type::member_add:
        case Type::member_remove:
        case Type::conversation_leave:
        case Type::member_role:
        case Type::conversation_permissions:
        case Type::ownership_transfer:
        case Type::history_share:
        case Type::slow_mode_set:
        case Type::link_create:
        case Type::link_revoke:
        case Type::link_list:
        case Type::link_look:
        case Type::link_join:
        case Type::read:
        case Type::preferences_set:
        case Type::draft_set:
        case Type::profile_set:
        case Type::profile_find:
        case Type::block_set:
        case Type::device_revoke:
        case Type::invite_create:
            return true;
        default:
            return false;
    }
}

// Lanes are stored under these names.
constexpr std::string_view conversation_prefix = "c:";
constexpr std::string_view reads_prefix = "r:";
constexpr std::string_view peer_prefix = "d:";
constexpr std::string_view creation_prefix = "m:";

std::string named(std::string_view prefix, const std::string& what) {
    return std::string(prefix).append(what);
}

template <class Id>
std::optional<Id> named_by(std::string_view lane, std::string_view prefix) {
    if (!lane.starts_with(prefix)) return std::nullopt;
    return Id(std::string(lane.substr(prefix.size())));
}

std::unexpected<Error> invalid(std::string field, std::string why) {
    return fail(Error{ErrorCode::invalid, std::move(why), 0, std::move(field)});
}

}  // namespace

const protocol::Target* target_of(const protocol::Payload& command) {
    return std::visit(
        []<class T>(const T& payload) -> const protocol::Target* {
            if constexpr (requires { payload.target; })
                return &payload.target;
            else
                return nullptr;
        },
        command);
}

protocol::Target* target_of(protocol::Payload& command) {
    return const_cast<protocol::Target*>(target_of(std::as_const(command)));
}

std::optional<ChangedMessage> changed_message(const protocol::Payload& command) {
    if (const auto* edit = std::get_if<protocol::MessageEdit>(&command))
        return ChangedMessage{edit->message, std::nullopt};
    if (const auto* deletion = std::get_if<protocol::MessageDelete>(&command))
        return ChangedMessage{deletion->message, deletion->sender};
    return std::nullopt;
}

std::optional<protocol::ForwardOf> asked_forward(const protocol::Payload& command) {
    const auto* sent = std::get_if<protocol::MessageSend>(&command);
    return sent ? sent->forward : std::nullopt;
}

std::optional<AskedReaction> asked_reaction(const protocol::Payload& command) {
    const auto* react = std::get_if<protocol::MessageReact>(&command);
    if (!react) return std::nullopt;
    return AskedReaction{{react->message, react->sender}, react->emoji, react->remove};
}

Status check_command(const protocol::Payload& command) {
    if (!belongs_in_outbox(protocol::type_of(command)))
        return invalid("type", "this is no command that an outbox takes");
    if (const auto* target = target_of(command)) {
        if (int(target->stream.has_value()) + int(target->direct.has_value()) +
                int(target->made_by.has_value()) !=
            1)
            return invalid("target", "exactly one of stream, direct and made_by must be given");
    }
    if (const auto* profile = std::get_if<protocol::ProfileSet>(&command); profile && profile->handle)
        TRY(rules::check_handle(*profile->handle));
    if (const auto* profile = std::get_if<protocol::ProfileSet>(&command); profile && profile->name)
        TRY(rules::check_name(*profile->name, "name"));
    if (const auto* made = std::get_if<protocol::ConversationCreate>(&command))
        TRY(rules::check_name(made->title, "title"));
    if (const auto* renamed = std::get_if<protocol::ConversationRename>(&command))
        TRY(rules::check_name(renamed->title, "title"));
    if (const auto* sent = std::get_if<protocol::MessageSend>(&command)) {
        TRY(rules::check_content_apart(*sent));
        TRY(rules::check_entities_apart(rules::said_by(*sent)));
    }
    if (const auto* edit = std::get_if<protocol::MessageEdit>(&command)) {
        TRY(rules::check_content_apart(*edit));
        TRY(rules::check_entities_apart(rules::said_by(*edit)));
    }
    if (const auto* react = std::get_if<protocol::MessageReact>(&command))
        TRY(rules::check_emoji(react->emoji));
    // What the decoder refuses would be refused by the server's, too: the same limits, from the same schema.
    TRY(decode_command(
        encode_command(Uuid::version7(WallTime{}, std::array<std::uint8_t, 10>{}), WallTime{}, command)));
    return {};
}

std::string encode_command(const Uuid& id, WallTime made_at, const protocol::Payload& command) {
    protocol::Envelope envelope;
    envelope.id = id;
    envelope.timestamp = made_at.ms < 0 ? WallTime{} : made_at;
    envelope.payload = command;
    std::string bytes;
    protocol::append_envelope(bytes, envelope, Encoding::cbor);
    return bytes;
}

Result<protocol::Envelope> decode_command(std::string_view bytes) {
    TRY_ASSIGN(auto decoded, protocol::decode_frame(bytes, Encoding::cbor));
    if (decoded.size() != 1) return fail(ErrorCode::malformed, "a stored command is not one envelope");
    if (auto* rejected = std::get_if<protocol::Rejected>(&decoded.front())) return fail(rejected->error);
    return std::get<protocol::Envelope>(std::move(decoded.front()));
}

std::string lane_of_conversation(const StreamId& stream) {
    return named(conversation_prefix, stream.text());
}
std::string lane_of_reads(const StreamId& stream) {
    return named(reads_prefix, stream.text());
}
std::string lane_of_peer(const AccountId& peer) {
    return named(peer_prefix, peer.text());
}
std::string lane_of_creation(const Uuid& command) {
    return named(creation_prefix, command.text());
}

std::optional<StreamId> conversation_of_lane(std::string_view lane) {
    return named_by<StreamId>(lane, conversation_prefix);
}
std::optional<StreamId> reads_of_lane(std::string_view lane) {
    return named_by<StreamId>(lane, reads_prefix);
}
std::optional<AccountId> peer_of_lane(std::string_view lane) {
    return named_by<AccountId>(lane, peer_prefix);
}
std::optional<Uuid> creation_of_lane(std::string_view lane) {
    if (!lane.starts_with(creation_prefix)) return std::nullopt;
    return Uuid::parse(lane.substr(creation_prefix.size()));
}
bool awaits_its_conversation(std::string_view lane) {
    return lane.starts_with(peer_prefix) || lane.starts_with(creation_prefix);
}

}  // namespace parley::core
