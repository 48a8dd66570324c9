#include "sim/crash/facts.hpp"

#include "protocol/codec.hpp"
#include "server/domain/keys.hpp"

#include <functional>
#include <variant>

namespace parley::sim::crash {

std::uint64_t digest_of(std::string_view body) {
    return std::hash<std::string_view>{}(body);
}

RowFacts facts_of(const protocol::Change& change) {
    const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
    const auto* reaction = std::get_if<protocol::ReactionChanged>(&change.payload);
    const auto* pin = std::get_if<protocol::PinChanged>(&change.payload);
    const auto* by = message != nullptr    ? &message->sender
                     : reaction != nullptr ? &reaction->account
                                           : nullptr;
    const auto author = by != nullptr ? server::account_key(by->text()) : std::nullopt;
    const std::string body = std::visit(
        [](const auto& one) { return protocol::encode(one, protocol::Encoding::cbor); }, change.payload);
    return {.born = change.born,
            .seq = change.seq,
            .kind = static_cast<std::int64_t>(change.type()),
            .at = change.timestamp.ms,
            .author = author ? author->value : 0,
            .id = change.id,
            .message = reaction != nullptr ? reaction->message
                       : pin != nullptr    ? pin->message
                                           : 0,
            .deleted = (message != nullptr && message->deleted_by) ||
                       (reaction != nullptr && !reaction->emoji) || (pin != nullptr && pin->removed),
            .body = digest_of(body)};
}

RowFacts earlier_of(RowFacts superseded) {
    superseded.author = 0;
    superseded.id.reset();
    return superseded;
}

std::int64_t packed(const protocol::Permissions& permissions) {
    std::int64_t bits = 0;
    unsigned shift = 0;
    for (const auto& role :
         {permissions.post, permissions.add, permissions.remove, permissions.rename,
          permissions.delete_others, permissions.pin, permissions.mention_all, permissions.invite}) {
        bits |= (role ? static_cast<std::int64_t>(*role) : 0) << shift;
        shift += 4;
    }
    return bits;
}

}  // namespace parley::sim::crash
