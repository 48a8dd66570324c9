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

/// The definitions behind codec.hpp's templates, for the files that instantiate them.
namespace parley::protocol {

/// The tree of at most `bytes_max` bytes that hold one item and nothing else.
Status parse(std::string_view bytes, Encoding encoding, std::int64_t bytes_max, Tree& tree);

template <class T>
std::string encode(const T& value, Encoding encoding) {
    std::string bytes;
    if (encoding == Encoding::json) {
        JsonWriter out(bytes);
        write(out, value);
    } else {
        CborWriter out(bytes);
        write(out, value);
    }
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

#define PARLEY_INSTANTIATE_CODEC(T)                                 \
    template void write(JsonWriter& out, const T& from);            \
    template void write(CborWriter& out, const T& from);            \
    template void write(LogWriter& out, const T& from);             \
    template std::string encode(const T& value, Encoding encoding); \
    template std::string outline(const T& value);                   \
    template Result<T> decode(std::string_view bytes, Encoding encoding);
