#include "client/cli/json_line.hpp"

#include <cstdint>
#include <utility>

namespace parley::client::cli {

namespace {

/// DEL and the controls U+0080 to U+009F may stand in JSON as they are, but not on a terminal.
std::string escaped(std::string_view json) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(json.size());
    const auto put = [&out](std::uint8_t byte) {
        out += "\\u00";
        out += digits[byte >> 4];
        out += digits[byte & 0x0f];
    };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(json[i]);
        const auto next = i + 1 < json.size() ? static_cast<std::uint8_t>(json[i + 1]) : std::uint8_t{0};
        if (byte == 0x7f) {
            put(byte);
        } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
            put(next);
            ++i;
        } else {
            out += json[i];
        }
    }
    return out;
}

}  // namespace

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
    writer_.key({0, key});
    writer_.text(value);
    return *this;
}

JsonLine& JsonLine::integer(std::string_view key, std::int64_t value) {
    writer_.key({0, key});
    writer_.integer(value);
    return *this;
}

JsonLine& JsonLine::boolean(std::string_view key, bool value) {
    writer_.key({0, key});
    writer_.boolean(value);
    return *this;
}

JsonLine& JsonLine::texts(std::string_view key, const std::vector<std::string>& values) {
    writer_.key({0, key});
    writer_.begin_list(values.size());
    for (const std::string& value : values) {
        writer_.element();
        writer_.text(value);
    }
    writer_.end_list();
    return *this;
}

JsonLine& JsonLine::object(std::string_view key, std::string encoded) {
    writer_.key({0, key});
    out_ += encoded;
    return *this;
}

std::string JsonLine::take() {
    writer_.end_map();
    return escaped(std::exchange(out_, {}));
}

}  // namespace parley::client::cli
