#pragma once

#include "base/uuid.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <variant>
#include <vector>

namespace parley::sim {

/// The conversation that a command names, if it names one: for reports.
inline std::vector<StreamId> streams_of(const protocol::Payload& command) {
    return std::visit(
        [](const auto& what) -> std::vector<StreamId> {
            if constexpr (requires { what.target; }) {
                if (what.target.stream) return {*what.target.stream};
            }
            return {};
        },
        command);
}

/// What an envelope is about, on its way in either direction.
inline std::vector<StreamId> streams_of(const protocol::Envelope& envelope) {
    if (!envelope.stream.empty()) return {envelope.stream};
    return streams_of(envelope.payload);
}

}  // namespace parley::sim
