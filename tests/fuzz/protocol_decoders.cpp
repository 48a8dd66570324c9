#include "base/utf8.hpp"
#include "base/uuid.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/every_type.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/fuzz/decoder.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <cstdint>

namespace parley::fuzz {

namespace {

using namespace protocol;
using parley::test::all_golden;
using parley::test::Golden;

/// What was taken is written and read again in both encodings; only its size may be in the way.
void check_envelope(const Envelope& envelope) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        std::string frame;
        append_envelope(frame, envelope, encoding);
        if (frame.size() > static_cast<std::size_t>(limits::frame_bytes_max)) continue;
        const auto again = decode_frame(frame, encoding);
        must(again.has_value(), "an encoded envelope is a frame");
        must(again->size() == 1, "an encoded envelope is one");
        const auto* same = std::get_if<Envelope>(&again->front());
        must(same != nullptr, "an encoded envelope is taken");
        must(*same == envelope, "an envelope is the same after encoding");
    }
    must(describe(envelope).starts_with("type="), "an envelope can be described");
}

void check_rejected(const Rejected& rejected) {
    must(!rejected.error.context.empty(), "a refusal says why");
    must(count_code_points(rejected.error.context).has_value(), "a refusal is made of our own words");
    must(!name_of(rejected.error.code).empty(), "a refusal has a known code");
}

void check_frame(std::string_view bytes, Encoding encoding) {
    const auto decoded = decode_frame(bytes, encoding);
    if (!decoded) {
        must(decoded.error().code == ErrorCode::malformed || decoded.error().code == ErrorCode::too_large,
             "a frame is malformed or too large");
        return;
    }
    must(!decoded->empty(), "a frame has envelopes");
    for (const Decoded& one : *decoded) {
        if (const auto* envelope = std::get_if<Envelope>(&one)) {
            check_envelope(*envelope);
        } else {
            check_rejected(std::get<Rejected>(one));
        }
    }
}

template <class T>
void check_struct(std::string_view bytes, Encoding encoding) {
    const Result<T> decoded = decode<T>(bytes, encoding);
    if (!decoded) return;
    for (const Encoding other : {Encoding::json, Encoding::cbor}) {
        const std::string encoded = encode(*decoded, other);
        const Result<T> again = decode<T>(encoded, other);
        if (!again && again.error().code == ErrorCode::too_large) continue;
        must(again.has_value(), "an encoded struct is taken");
        must(*again == *decoded, "a struct is the same after encoding");
    }
}

struct StructCheck {
    std::string_view name;
    void (*run)(std::string_view bytes, Encoding encoding);
};

#define PARLEY_STRUCT_CHECK(T) {#T, check_struct<T>},
constexpr StructCheck struct_checks[] = {PARLEY_FOR_EACH_STRUCT(PARLEY_STRUCT_CHECK)
                                             PARLEY_STRUCT_CHECK(Change)};
#undef PARLEY_STRUCT_CHECK

/// The first byte of an input says which struct.
void check_any_struct(std::string_view bytes, Encoding encoding) {
    if (bytes.empty()) return;
    const auto chosen = static_cast<std::uint8_t>(bytes.front()) % std::size(struct_checks);
    struct_checks[chosen].run(bytes.substr(1), encoding);
}

std::vector<std::string> struct_seeds(std::string Golden::* encoded) {
    std::vector<std::string> seeds;
    for (const Golden& golden : all_golden()) {
        for (std::size_t i = 0; i < std::size(struct_checks); ++i) {
            if (struct_checks[i].name == golden.of()) seeds.push_back(static_cast<char>(i) + golden.*encoded);
        }
    }
    return seeds;
}

std::vector<std::string> frame_seeds(std::string Golden::* encoded, Encoding encoding) {
    std::vector<std::string> seeds;
    std::string all;
    for (const Golden& golden : all_golden()) {
        if (!golden.is_envelope()) continue;
        seeds.push_back(golden.*encoded);
        append_to_frame(all, golden.*encoded, encoding);
    }
    seeds.push_back(all);
    return seeds;
}

void check_uuid(std::string_view bytes) {
    const auto id = Uuid::parse(bytes);
    if (id) must(Uuid::parse(id->text()) == id, "a UUID is the same after its text");
}

void check_utf8(std::string_view bytes) {
    const auto points = count_code_points(bytes);
    if (!points) return;
    must(*points <= bytes.size() && *points * 4 >= bytes.size(), "a code point has one to four bytes");
    const std::string_view prefix = first_code_points(bytes, *points / 2);
    must(count_code_points(prefix) == *points / 2, "a prefix has as many code points as asked for");
    must(first_code_points(bytes, *points) == bytes, "the longest prefix is the whole");
}

}  // namespace

std::vector<Decoder> protocol_decoders() {
    return {
        {"json_frame", [](std::string_view bytes) { check_frame(bytes, Encoding::json); },
         [] {
             return frame_seeds(&Golden::json, Encoding::json);
         }},
        {"cbor_frame", [](std::string_view bytes) { check_frame(bytes, Encoding::cbor); },
         [] {
             return frame_seeds(&Golden::cbor, Encoding::cbor);
         }},
        {"json_struct", [](std::string_view bytes) { check_any_struct(bytes, Encoding::json); },
         [] {
             return struct_seeds(&Golden::json);
         }},
        {"cbor_struct", [](std::string_view bytes) { check_any_struct(bytes, Encoding::cbor); },
         [] {
             return struct_seeds(&Golden::cbor);
         }},
        {"uuid", check_uuid,
         [] {
             return std::vector<std::string>{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"};
         }},
        {"utf8", check_utf8,
         [] {
             return std::vector<std::string>{"aé€🙂"};
         }},
    };
}

}  // namespace parley::fuzz
