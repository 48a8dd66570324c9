#pragma once

#include "protocol/generated/cpp/types.hpp"

#include <variant>

namespace parley::sim {

/// What a person may give and what changes nothing: whoever asks is answered, and that is all. A list of the
/// simulator's own.
inline bool only_asks(const protocol::Payload& given) {
    return std::holds_alternative<protocol::ProfileFind>(given) ||
           std::holds_alternative<protocol::MessageHistory>(given) ||
           std::holds_alternative<protocol::LinkList>(given) ||
           std::holds_alternative<protocol::LinkLook>(given);
}

}  // namespace parley::sim
