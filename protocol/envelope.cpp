#include "protocol/generated/cpp/types.hpp"

#include <cassert>
#include <type_traits>
#include <utility>

namespace parley::protocol {

Type Change::type() const {
    return unreadable ? Type{} : type_of(payload);
}

Type Envelope::type() const {
    return type_of(payload);
}

Envelope to_envelope(const StreamId& stream, Change change) {
    assert(!change.unreadable && "only readers have such changes");
    Envelope envelope;
    envelope.id = change.id;
    envelope.stream = stream;
    envelope.seq = change.seq;
    if (change.born != change.seq) envelope.born = change.born;
    envelope.timestamp = change.timestamp;
    std::visit([&](auto&& payload) { envelope.payload = std::move(payload); }, std::move(change.payload));
    return envelope;
}

std::optional<Change> to_change(Envelope envelope) {
    if (!envelope.seq || !envelope.timestamp || !is_change(envelope.type())) return std::nullopt;
    Change change;
    change.id = envelope.id;
    change.seq = *envelope.seq;
    change.born = envelope.born.value_or(*envelope.seq);
    change.timestamp = *envelope.timestamp;
    std::visit(
        [&]<class T>(T&& payload) {
            if constexpr (std::is_constructible_v<ChangePayload, T>)
                change.payload = std::forward<T>(payload);
        },
        std::move(envelope.payload));
    return change;
}

}  // namespace parley::protocol
