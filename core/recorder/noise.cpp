#include "core/recorder/noise.hpp"

#include "base/utf8.hpp"
#include "core/commands.hpp"
#include "protocol/cbor_writer.hpp"
#include "protocol/generated/cpp/codecs.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/writer.hpp"

#include <cstddef>
#include <utility>
#include <variant>

namespace parley::core {
namespace {

using protocol::Encoding;
using protocol::TextKind;

/// Stands for a frame that is no envelopes at all, in either encoding.
constexpr std::string_view no_frame = "\xff";
/// No type has this name or number.
constexpr std::string_view unknown_type_name = "?";
constexpr std::int64_t unknown_type_number = 0;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool belongs_in_handle(char c) {
    return (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// JSON writes a character below the space, a quotation mark and a backslash with two characters or with six.
bool is_escaped(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

char escaped_alike(char c) {
    if (c == '\0') return c;
    const bool short_escape =
        c == '"' || c == '\\' || c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t';
    return short_escape ? '\n' : '\x01';
}

std::size_t size_of_point(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/// The digits of a number, least significant first, each in the base that is asked for.
class Digits {
  public:
    explicit Digits(std::int64_t number) : number_(static_cast<std::uint64_t>(number)) {}
    char next(std::uint64_t base) {
        const std::uint64_t digit = number_ % base;
        number_ /= base;
        return static_cast<char>(digit);
    }

  private:
    std::uint64_t number_;
};

/// Replaces the code point at `place`.
void hide_point(std::string& text, std::size_t place, std::size_t size, TextKind kind, Digits& digits) {
    char& first = text[place];
    if (size == 1) {
        if (is_escaped(first))
            first = escaped_alike(first);
        else if (kind != TextKind::handle || (first >= 'a' && first <= 'z'))
            first = static_cast<char>('a' + digits.next(26));
        else if (belongs_in_handle(first))
            first = static_cast<char>('0' + digits.next(10));
        else
            first = is_letter(first) ? static_cast<char>('A' + digits.next(26)) : '!';
        return;
    }
    // U+00E0 …, U+4E00 …, U+1F600 …: letters, ideographs and faces that every font has.
    static constexpr std::string_view begin[] = {"\xc3\xa0", "\xe4\xb8\x80", "\xf0\x9f\x98\x80"};
    text.replace(place, size, begin[size - 2]);
    text[place + size - 1] = static_cast<char>(text[place + size - 1] + digits.next(16));
}

std::string rejected_frame(const protocol::Rejected& rejected, Encoding encoding) {
    std::string bytes;
    const auto write = [&](auto out) {
        out.begin_map(1 + protocol::has(rejected.id) + protocol::has(rejected.re));
        out.key(protocol::envelope_field::type);
        out.enumerator(unknown_type_number, unknown_type_name);
        protocol::write_field(out, protocol::envelope_field::id, rejected.id);
        protocol::write_field(out, protocol::envelope_field::re, rejected.re);
        out.end_map();
    };
    if (encoding == Encoding::json)
        write(protocol::JsonWriter(bytes));
    else
        write(protocol::CborWriter(bytes));
    return bytes;
}

bool is_success(std::int64_t status) {
    return status >= 200 && status < 300;
}

}  // namespace

void Noise::hide(std::string& text, TextKind kind) {
    if (text.empty()) return;
    if (!count_code_points(text)) {
        text.assign(text.size(), '\xff');
        return;
    }
    Digits digits(kind == TextKind::other ? 0 : number_of(text));
    for (std::size_t place = 0; place < text.size();) {
        const std::size_t size = size_of_point(text[place]);
        hide_point(text, place, size, kind, digits);
        place += size;
    }
}

void Noise::hide(protocol::DoorInput& input) {
    const auto hide_text = [this](std::string& text, TextKind kind) {
        hide(text, kind);
    };
    if (!input.answer) return protocol::each_text(input, hide_text);
    // A body is a session where the server said yes, and a problem where it said no; to a core all else is
    // the same.
    auto& answer = *input.answer;
    const auto read_and_hide = [&]<class T>(Result<T> body) {
        if (body) protocol::each_text(*body, hide_text);
        answer.body = body ? protocol::encode(*body, Encoding::json) : std::string();
    };
    if (is_success(answer.status))
        read_and_hide(protocol::decode<protocol::Session>(answer.body, Encoding::json));
    else
        read_and_hide(protocol::decode<protocol::Problem>(answer.body, Encoding::json));
}

void Noise::hide(protocol::Payload& payload) {
    protocol::each_text(payload, [this](std::string& text, TextKind kind) { hide(text, kind); });
}

std::string Noise::frame(std::string_view frame, Encoding encoding) {
    auto decoded = protocol::decode_frame(frame, encoding);
    if (!decoded) return std::string(no_frame);
    std::string hidden;
    for (auto& one : *decoded) {
        std::string bytes;
        if (auto* envelope = std::get_if<protocol::Envelope>(&one)) {
            hide(envelope->payload);
            protocol::append_envelope(bytes, *envelope, encoding);
        } else {
            bytes = rejected_frame(std::get<protocol::Rejected>(one), encoding);
        }
        protocol::append_to_frame(hidden, bytes, encoding);
    }
    return hidden;
}

template <class T>
std::string Noise::stored(ByteView bytes) {
    auto value = protocol::decode<T>(as_text(bytes), Encoding::cbor);
    if (!value) return std::string(bytes.size(), '\0');
    protocol::each_text(*value, [this](std::string& text, TextKind kind) { hide(text, kind); });
    return protocol::encode(*value, Encoding::cbor);
}

template std::string Noise::stored<protocol::Change>(ByteView bytes);
template std::string Noise::stored<protocol::Preview>(ByteView bytes);
template std::string Noise::stored<protocol::Profile>(ByteView bytes);
template std::string Noise::stored<protocol::Summary>(ByteView bytes);

std::string Noise::stored_command(ByteView bytes) {
    auto envelope = decode_command(as_text(bytes));
    if (!envelope) return std::string(bytes.size(), '\0');
    hide(envelope->payload);
    std::string hidden;
    protocol::append_envelope(hidden, *envelope, Encoding::cbor);
    return hidden;
}

std::int64_t Noise::number_of(const std::string& name) {
    return names_.try_emplace(name, static_cast<std::int64_t>(names_.size())).first->second;
}

}  // namespace parley::core
