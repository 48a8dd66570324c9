#pragma once

#include "base/result.hpp"
#include "protocol/codec.hpp"
#include "protocol/tree.hpp"

#include <string_view>

/// How large a payload may be that a client sends: limits::payload_bytes_max, counted as it would be in CBOR
/// and with fields that nobody knows; so what is stored and delivered fits into a frame in either encoding.
namespace parley::protocol {

bool fits_as_payload(const Tree& tree, const Node& payload);

/// The same for a payload by itself, which the body of an HTTP call is. What cannot be read is left to
/// whoever decodes it.
Status check_payload_size(std::string_view body, Encoding encoding);

}  // namespace parley::protocol
