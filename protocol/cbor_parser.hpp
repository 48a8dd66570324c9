#pragma once

#include "base/result.hpp"
#include "protocol/tree.hpp"

#include <cstddef>
#include <string_view>

namespace parley::protocol {

/// Makes the tree of the CBOR item at the start of `bytes` and returns its size. A subset of RFC 8949: no
/// tags, no simple values besides false, true and null. Lengths and numbers may be encoded in any of their
/// forms; strings may come in pieces. Of equal keys all are kept. Fails with malformed.
Result<std::size_t> parse_cbor(std::string_view bytes, Tree& tree);

}  // namespace parley::protocol
