#include "core/recorder/noise.hpp"

#include "base/utf8.hpp"
#include "core/commands.hpp"
#include "core/credentials.hpp"
#include "core/rules/custom.hpp"
#include "core/rules/text.hpp"
#include "protocol/cbor_writer.hpp"
#include "protocol/generated/cpp/codecs.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/writer.hpp"

#include <array>
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

/// JSON writes a character below the space, a quotation mark and a backslash with two characters or with six.
bool is_escaped(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// Visible, as a token's characters have to be.
bool is_quoted(char c) {
    return c == '"' || c == '\\';
}

bool has_short_escape(char c) {
    return c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t';
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

/// How many code points a text has of each kind that takes another room, in bytes or in JSON; a NUL stands
/// apart, since it makes a text one that is refused.
struct Sizes {
    explicit Sizes(std::string_view text) {
        for (std::size_t place = 0; place < text.size();) {
            const char first = text[place];
            const std::size_t size = size_of_point(first);
            if (size > 1)
                ++longer[size - 2];
            else if (first == '\0')
                ++nul;
            else if (!is_escaped(first))
                ++plain;
            else if (is_quoted(first))
                ++quoted;
            else
                ++(has_short_escape(first) ? short_escape : long_escape);
            place += size;
        }
    }

    std::size_t plain = 0;
    std::array<std::size_t, 3> longer{};
    std::size_t quoted = 0;
    std::size_t short_escape = 0;
    std::size_t long_escape = 0;
    std::size_t nul = 0;
};

/// A handle, told apart from others by its digits.
std::string handle_of(std::size_t size, Digits digits) {
    static constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string noise;
    while (noise.size() < size)
        noise += alphabet[static_cast<std::size_t>(digits.next(noise.empty() ? 26 : alphabet.size()))];
    return noise;
}

/// Everything of one kind together, so that no place in the text tells what stood there. `letter` is the
/// first of 26.
std::string text_of(const Sizes& sizes, char letter, Digits digits) {
    std::string noise;
    for (std::size_t i = 0; i < sizes.plain; ++i)
        noise += static_cast<char>(letter + digits.next(26));
    // U+00E0 …, U+4E00 …, U+1F600 …: letters, ideographs and faces that every font has.
    static constexpr std::string_view first_points[] = {"\xc3\xa0", "\xe4\xb8\x80", "\xf0\x9f\x98\x80"};
    for (std::size_t kind = 0; kind < sizes.longer.size(); ++kind) {
        for (std::size_t i = 0; i < sizes.longer[kind]; ++i) {
            noise += first_points[kind];
            noise.back() = static_cast<char>(noise.back() + digits.next(16));
        }
    }
    noise.append(sizes.quoted, '"')
        .append(sizes.short_escape, '\n')
        .append(sizes.long_escape, '\x01')
        .append(sizes.nul, '\0');
    return noise;
}

/// Of a name that the rules refuse, since it breaks a line or cannot be seen: noise that they refuse too. Of
/// the first letter that there is one is made that breaks a line; of four bytes there are none that do, only
/// such that cannot be seen.
std::string refused_name_of(Sizes sizes, Digits digits) {
    static constexpr std::string_view breaking[] = {"\x7f", "\xc2\x80", "\xe2\x80\xa8"};
    std::size_t* const counts[] = {&sizes.plain, &sizes.longer[0], &sizes.longer[1]};
    for (std::size_t kind = 0; kind < std::size(counts); ++kind) {
        if (*counts[kind] == 0) continue;
        --*counts[kind];
        return std::string(breaking[kind]) + text_of(sizes, 'a', digits);
    }
    std::string noise;
    for (; sizes.longer[2] > 0; --sizes.longer[2])
        noise.append("\xf3\xa0\x80").push_back(static_cast<char>(0xa0 + digits.next(16)));  // U+E0020 …
    return noise + text_of(sizes, 'a', digits);
}

/// A name of a kind of custom data, in the fewest parts that one has.
std::string custom_kind_of(std::size_t size) {
    std::string noise(size, 'a');
    noise[1] = '.';
    return noise;
}

std::string rejected_frame(const protocol::Rejected& rejected, Encoding encoding) {
    std::string bytes;
    const auto write = [&](auto out) {
        const auto& row = rejected.change;
        out.begin_map(1 + protocol::has(rejected.id) + protocol::has(rejected.re) + (row ? 4 : 0));
        out.key(protocol::envelope_field::type);
        out.enumerator(unknown_type_number, unknown_type_name);
        protocol::write_field(out, protocol::envelope_field::id, rejected.id);
        protocol::write_field(out, protocol::envelope_field::re, rejected.re);
        if (row) {
            protocol::write_field(out, protocol::envelope_field::stream, rejected.stream);
            protocol::write_field(out, protocol::envelope_field::seq, row->seq);
            protocol::write_field(out, protocol::envelope_field::born, row->born);
            protocol::write_field(out, protocol::envelope_field::timestamp, row->timestamp);
        }
        out.end_map();
    };
    if (encoding == Encoding::json)
        write(protocol::JsonWriter(bytes));
    else
        write(protocol::CborWriter(bytes));
    return bytes;
}

}  // namespace

void Noise::hide(std::string& text, TextKind kind) {
    if (text.empty()) return;
    if (!count_code_points(text)) {
        text.assign(text.size(), '\xff');
        return;
    }
    const bool told_apart = kind == TextKind::handle || kind == TextKind::name;
    const Digits digits(told_apart ? number_of(text) : 0);
    const bool handle = kind == TextKind::handle;
    if (handle && rules::check_handle(text))
        text = handle_of(text.size(), digits);
    else if (kind == TextKind::name && !rules::check_name(text, "name"))
        text = refused_name_of(Sizes(text), digits);
    else if (kind == TextKind::custom_kind && rules::check_kind(text))
        text = custom_kind_of(text.size());
    else
        text = text_of(Sizes(text), handle ? 'A' : 'a', digits);  // No handle has capitals.
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
