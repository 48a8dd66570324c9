#include "core/commands.hpp"

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
        case Type::conversation_create:
        case Type::conversation_rename:
        case Type::member_add:
        case Type::member_remove:
        case Type::conversation_leave:
        case Type::read:
        case Type::profile_set:
        case Type::profile_find:
        case Type::device_revoke:
        case Type::invite_create:
            return true;
        default:
            return false;
    }
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
    return "c:" + stream.text();
}
std::string lane_of_reads(const StreamId& stream) {
    return "r:" + stream.text();
}
std::string lane_of_peer(const AccountId& peer) {
    return "d:" + peer.text();
}
std::string lane_of_creation(const Uuid& command) {
    return "m:" + command.text();
}

}  // namespace parley::core
