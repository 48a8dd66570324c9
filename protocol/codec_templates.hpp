#pragma once

#include "protocol/cbor_parser.hpp"
#include "protocol/cbor_writer.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/codecs.hpp"
#include "protocol/json_parser.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/log_writer.hpp"
#include "protocol/reader.hpp"
#include "protocol/writer.hpp"

#include <cassert>
#include <string>
#include <string_view>

/// The definitions behind codec.hpp's templates, for the files that instantiate them.
namespace parley::protocol {

/// The tree of at most `bytes_max` bytes that hold one item and nothing else.
Status parse(std::string_view bytes, Encoding encoding, std::int64_t bytes_max, Tree& tree);

/// Appends what `write` makes of the value; whether it can be read again.
template <class T>
bool append(std::string& bytes, const T& value, Encoding encoding) {
    if (encoding == Encoding::json) {
        JsonWriter out(bytes);
        write(out, value);
        return out.in_range();
    }
    CborWriter out(bytes);
    write(out, value);
    return out.in_range();
}

inline std::unexpected<Error> out_of_range() {
    return fail(ErrorCode::internal, "a number that is none of the wire was to be written");
}

template <class T>
std::string encode(const T& value, Encoding encoding) {
    std::string bytes;
    [[maybe_unused]] const bool readable = append(bytes, value, encoding);
    assert(readable);
    return bytes;
}

template <class T>
Result<std::string> try_encode(const T& value, Encoding encoding) {
    std::string bytes;
    if (!append(bytes, value, encoding)) return out_of_range();
    return bytes;
}

template <class T>
Result<T> decode(std::string_view bytes, Encoding encoding) {
    Tree tree;
    TRY(parse(bytes, encoding, decode_bytes_max<T>, tree));
    Reader in(tree, encoding);
    T value;
    if (!read(in, tree.nodes.front(), value)) return fail(in.take_error());
    return value;
}

template <class T>
std::string outline(const T& value) {
    std::string text;
    LogWriter out(text, true);
    write(out, value);
    return text;
}

}  // namespace parley::protocol

#define PARLEY_INSTANTIATE_CODEC(T)                                             \
    template void write(JsonWriter& out, const T& from);                        \
    template void write(CborWriter& out, const T& from);                        \
    template void write(LogWriter& out, const T& from);                         \
    template std::string encode(const T& value, Encoding encoding);             \
    template Result<std::string> try_encode(const T& value, Encoding encoding); \
    template std::string outline(const T& value);                               \
    template Result<T> decode(std::string_view bytes, Encoding encoding);
