#include "protocol/json_writer.hpp"

#include <array>
#include <charconv>

namespace parley::protocol {

namespace {

constexpr bool must_be_escaped(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escaped(std::string& out, char c) {
    static constexpr char digits[] = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += digits[c >> 4];
            out += digits[c & 0x0f];
    }
}

}  // namespace

void JsonWriter::integer(std::int64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
}

void JsonWriter::text(std::string_view value) {
    out_ += '"';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!must_be_escaped(value[i])) continue;
        out_.append(value, begin, i - begin);
        append_escaped(out_, value[i]);
        begin = i + 1;
    }
    out_.append(value, begin);
    out_ += '"';
}

void JsonWriter::uuid(const Uuid& value) {
    out_ += '"';
    out_ += value.text();
    out_ += '"';
}

}  // namespace parley::protocol
