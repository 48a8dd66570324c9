#include "sim/crash/facts.hpp"

#include "protocol/codec.hpp"

#include <functional>
#include <variant>

namespace parley::sim::crash {

std::uint64_t digest_of(std::string_view body) {
    return std::hash<std::string_view>{}(body);
}

RowFacts facts_of(const protocol::Change& change, std::int64_t author) {
    const bool message = std::holds_alternative<protocol::MessageNew>(change.payload);
    const std::string body = std::visit(
        [](const auto& one) { return protocol::encode(one, protocol::Encoding::cbor); }, change.payload);
    return {.born = change.born,
            .seq = change.seq,
            .kind = static_cast<std::int64_t>(change.type()),
            .at = change.timestamp.ms,
            .author = message ? author : 0,
            .id = change.id,
            .body = digest_of(body)};
}

}  // namespace parley::sim::crash
