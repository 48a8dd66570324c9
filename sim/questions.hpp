#pragma once

#include "protocol/generated/cpp/types.hpp"

#include <variant>

namespace parley::sim {

/// What a person may give and what changes nothing: whoever asks is answered, and that is all. A list of the
/// simulator's own.
inline bool only_asks(const protocol::Payload& given) {
    return std::holds_alternative<protocol::ProfileFind>(given) ||
           std::holds_alternative<protocol::MessageHistory>(given);
}

}  // namespace parley::sim
