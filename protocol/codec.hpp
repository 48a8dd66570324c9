#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Bytes from messages and messages from bytes. Decoding is strict and never throws:
///  * a frame, a body and what is stored hold at most limits::frame_bytes_max bytes and limits::depth_max
///  levels;
///  * all text is valid UTF-8; ints are whole numbers from 0 to 2^53-1; lengths and counts stand in the
///  schema;
///  * a required field that is missing, a field of the wrong type, or a known field given twice is
///  `malformed`;
///    a value outside its range is `invalid`; both name the field;
///  * unknown fields are ignored, whatever well-formed thing they hold.
///  * a row whose type, or a value in it, is none that the schema knows, is of a later version: it keeps its
///  place
///    and says nothing (Change::unreadable), so that the rows beside it can be read.
/// CBOR is a subset of RFC 8949: no tags, no simple values besides false, true and null; lengths may be
/// indefinite.
namespace parley::protocol {

enum class Encoding { json, cbor };

/// Appends one envelope: JSON in one line, without a newline; CBOR as one item. That every int is in its
/// range is for the caller to know.
void append_envelope(std::string& out, const Envelope& envelope, Encoding encoding);
/// The same where the numbers come from elsewhere, or a mistake must not end the process: `internal` where
/// one is none of the wire, 0 to 2^53-1, and then nothing is appended.
Status try_append_envelope(std::string& out, const Envelope& envelope, Encoding encoding);

/// Appends an encoded envelope to a frame; between JSON envelopes stands a newline.
void append_to_frame(std::string& frame, std::string_view encoded_envelope, Encoding encoding);

/// An envelope that could be told apart from its neighbours, and was refused.
struct Rejected {
    Error error;
    /// Its id and the command that it answers, where these could be read.
    std::optional<Uuid> id;
    std::optional<Uuid> re;
    /// Where a row of a later version was pushed: its stream, and the row, which is unreadable.
    StreamId stream;
    std::optional<Change> change;
};

using Decoded = std::variant<Envelope, Rejected>;

/// The envelopes of a frame, in order. Fails where the bytes are no envelopes at all (malformed: the
/// connection closes with 4003) or too many (too_large: it closes with 1009).
Result<std::vector<Decoded>> decode_frame(std::string_view frame, Encoding encoding);

/// Every struct, payload and Change of the schema by itself: bodies of HTTP, and what is stored. Its limits
/// are those of a frame.
template <class T>
std::string encode(const T& value, Encoding encoding);
/// As try_append_envelope.
template <class T>
Result<std::string> try_encode(const T& value, Encoding encoding);
template <class T>
Result<T> decode(std::string_view bytes, Encoding encoding);

/// For logs: type, ids, stream, numbers and sizes; no field that the schema calls secret, and no text.
std::string describe(const Envelope& envelope);

/// The same with everything that lists hold: two values have one outline where they differ in their texts
/// only, and these have the same sizes.
std::string outline(const Envelope& envelope);
template <class T>
std::string outline(const T& value);

}  // namespace parley::protocol
