#pragma once

#include "base/result.hpp"
#include "protocol/tree.hpp"

#include <string_view>

namespace parley::protocol {

/// Makes the tree of one JSON text (RFC 8259), white space around it allowed, nothing else. Of equal keys all
/// are kept. Fails with malformed.
Status parse_json(std::string_view bytes, Tree& tree);

}  // namespace parley::protocol
