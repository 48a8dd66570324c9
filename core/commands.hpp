#pragma once

#include "base/result.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What can be put into the outbox.
namespace parley::core {

/// Where a command goes; null for those that go nowhere in particular.
const protocol::Target* target_of(const protocol::Payload& command);
protocol::Target* target_of(protocol::Payload& command);

/// The message that an edit or a deletion changes. An id belongs to its sender; of an own message that is
/// absent.
struct ChangedMessage {
    Uuid id;
    std::optional<AccountId> sender;
    friend auto operator<=>(const ChangedMessage&, const ChangedMessage&) = default;
};
std::optional<ChangedMessage> changed_message(const protocol::Payload& command);

/// What a reaction asks for.
struct AskedReaction {
    ChangedMessage message;
    std::string emoji;
    bool remove = false;
};
std::optional<AskedReaction> asked_reaction(const protocol::Payload& command);

/// What a message forwards; absent: it is no forward, or the command is another.
std::optional<protocol::ForwardOf> asked_forward(const protocol::Payload& command);

/// Changes nothing: only its answer matters, to whoever asked.
constexpr bool is_question(protocol::Type type) {
    return type == protocol::Type::profile_find || type == protocol::Type::message_history ||
           type == protocol::Type::link_list || type == protocol::Type::link_look;
}

/// Fails where this can never be accepted: no command of the outbox, a target that is not exactly one, a
/// field outside its limits, a malformed handle.
Status check_command(const protocol::Payload& command);

/// As the local database keeps a command: an envelope in CBOR.
std::string encode_command(const Uuid& id, WallTime made_at, const protocol::Payload& command);
Result<protocol::Envelope> decode_command(std::string_view bytes);

/// Commands of one lane are sent, and take effect, in order. A conversation has one lane for everything but
/// reads, which wait for nothing; conversations that do not exist yet are named by what will make them;
/// commands without a target share one, but for those that try codes of invite links.
std::string lane_of_conversation(const StreamId& stream);
std::string lane_of_reads(const StreamId& stream);
std::string lane_of_peer(const AccountId& peer);
std::string lane_of_creation(const Uuid& command);
inline constexpr std::string_view lane_of_no_conversation;
inline constexpr std::string_view lane_of_codes = "l:";

/// What the name of a lane says; absent where it is of another kind.
std::optional<StreamId> conversation_of_lane(std::string_view lane);
std::optional<StreamId> reads_of_lane(std::string_view lane);
std::optional<AccountId> peer_of_lane(std::string_view lane);
std::optional<Uuid> creation_of_lane(std::string_view lane);
/// What will make its conversation names it.
bool awaits_its_conversation(std::string_view lane);

}  // namespace parley::core
