#include "protocol/codec.hpp"

#include "protocol/codec_templates.hpp"
#include "protocol/generated/cpp/codecs.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "protocol/payload_size.hpp"

#include <cassert>
#include <utility>

namespace parley::protocol {

namespace {

template <class AnyPayload>
std::size_t payload_field_count(const AnyPayload& payload) {
    return std::visit([](const auto& one) { return field_count(one); }, payload);
}

template <class Out, class AnyPayload>
void write_payload(Out& out, const AnyPayload& payload) {
    if (payload_field_count(payload) == 0) return;
    out.key(envelope_field::payload);
    std::visit([&](const auto& one) { write(out, one); }, payload);
}

/// In place of the type of a row that this version cannot read; no type has this name or number.
constexpr std::string_view no_type_name = "?";
constexpr std::int64_t no_type_number = 0;

template <class Out>
void write_type(Out& out, Type type) {
    write_field(out, envelope_field::type, type);
}

template <class Out>
void write_envelope(Out& out, const Envelope& from) {
    out.begin_map(1 + has(from.id) + has(from.re) + (from.stream.empty() ? 0 : 1) + has(from.seq) +
                  has(from.born) + (payload_field_count(from.payload) == 0 ? 0 : 1) + has(from.timestamp) +
                  has(from.follows));
    write_type(out, from.type());
    write_field(out, envelope_field::id, from.id);
    write_field(out, envelope_field::re, from.re);
    write_unless(StreamId(), out, envelope_field::stream, from.stream);
    write_field(out, envelope_field::seq, from.seq);
    write_field(out, envelope_field::born, from.born);
    write_payload(out, from.payload);
    write_field(out, envelope_field::timestamp, from.timestamp);
    write_field(out, envelope_field::follows, from.follows);
    out.end_map();
}

/// Whether it can be read again.
bool append_any_envelope(std::string& out, const Envelope& envelope, Encoding encoding) {
    if (encoding == Encoding::json) {
        JsonWriter writer(out);
        write_envelope(writer, envelope);
        return writer.in_range();
    }
    CborWriter writer(out);
    write_envelope(writer, envelope);
    return writer.in_range();
}

/// What stands for a payload that was left out.
constexpr Node empty_map{.kind = Node::Kind::map, .after = 0, .number = 0, .text = {}};

bool read_type(Reader& in, const Node& map, Type& out) {
    const Node* node = nullptr;
    if (!in.find(map, envelope_field::type, node)) return in.at(envelope_field::type);
    if (node == nullptr) return in.missing(envelope_field::type);
    return in.enumerator(*node, out, ErrorCode::unknown_type) || in.at(envelope_field::type);
}

/// Reads the payload according to the type, wherever in the map the two stand.
template <class AnyPayload>
bool read_typed_payload(Reader& in, const Node& map, AnyPayload& out) {
    Type type{};
    const Node* node = nullptr;
    if (!read_type(in, map, type)) return false;
    if (!in.find(map, envelope_field::payload, node)) return in.at(envelope_field::payload);
    if (node == nullptr || node->kind == Node::Kind::null) node = &empty_map;
    if (!in.is_map(*node)) return in.at(envelope_field::payload);
    return read_payload(in, *node, type, out);
}

/// All but type and payload, so that it is known when these are refused; the id comes first.
bool read_head(Reader& in, const Node& map, Envelope& out) {
    return in.optional(map, envelope_field::id, out.id) && in.optional(map, envelope_field::re, out.re) &&
           in.defaulted(map, envelope_field::stream, out.stream) &&
           in.optional(map, envelope_field::seq, out.seq) &&
           in.optional(map, envelope_field::born, out.born) &&
           in.optional(map, envelope_field::timestamp, out.timestamp) &&
           in.optional(map, envelope_field::follows, out.follows);
}

/// What a later version may say and this one does not know.
bool is_of_later_version(const Error& error) {
    return error.code == ErrorCode::unknown_type || error.code == ErrorCode::invalid;
}

/// The row that a pushed envelope carries, where it can be none of the other messages.
std::optional<Change> unreadable_row(const Envelope& head, Reader in, const Node& map) {
    Type type{};
    const bool may_be_row = !read_type(in, map, type) || is_change(type);
    if (!may_be_row || head.re || head.stream.empty() || !head.seq || !head.timestamp) return std::nullopt;
    Change change;
    change.id = head.id;
    change.seq = *head.seq;
    change.born = head.born.value_or(*head.seq);
    change.timestamp = *head.timestamp;
    change.unreadable = true;
    return change;
}

/// Of an envelope that was read.
bool check_payload_size(Reader& in, const Tree& tree, Type type) {
    const Node* payload = nullptr;
    if (!comes_from_client(type) || !in.find(tree.nodes.front(), envelope_field::payload, payload))
        return true;
    if (payload == nullptr || fits_as_payload(tree, *payload)) return true;
    in.refuse(ErrorCode::limit, "is larger than 48 KiB");
    return in.at(envelope_field::payload);
}

/// Fails only where the tree is no map, which no envelope is.
Result<Decoded> decode_envelope(const Tree& tree, Encoding encoding) {
    const Node& root = tree.nodes.front();
    if (root.kind != Node::Kind::map)
        return fail(ErrorCode::malformed, "Not an envelope: it must be a map of fields.");
    Reader in(tree, encoding);
    Envelope envelope;
    const bool has_head = read_head(in, root, envelope);
    if (has_head && read_typed_payload(in, root, envelope.payload) &&
        check_payload_size(in, tree, envelope.type())) {
        return envelope;
    }
    Rejected rejected{in.take_error(), envelope.id, envelope.re, envelope.stream, {}};
    if (has_head && is_of_later_version(rejected.error))
        rejected.change = unreadable_row(envelope, Reader(tree, encoding), root);
    return rejected;
}

Result<std::vector<Decoded>> decode_json_frame(std::string_view frame) {
    if (frame.ends_with('\n')) frame.remove_suffix(1);
    std::vector<Decoded> decoded;
    Tree tree;
    for (bool more = true; more;) {
        const std::size_t line_end = frame.find('\n');
        more = line_end != std::string_view::npos;
        TRY(parse_json(frame.substr(0, line_end), tree));
        TRY_ASSIGN(decoded.emplace_back(), decode_envelope(tree, Encoding::json));
        if (more) frame.remove_prefix(line_end + 1);
    }
    return decoded;
}

Result<std::vector<Decoded>> decode_cbor_frame(std::string_view frame) {
    std::vector<Decoded> decoded;
    Tree tree;
    do {
        TRY_ASSIGN(const std::size_t size, parse_cbor(frame, tree));
        TRY_ASSIGN(decoded.emplace_back(), decode_envelope(tree, Encoding::cbor));
        frame.remove_prefix(size);
    } while (!frame.empty());
    return decoded;
}

Status check_size(std::string_view bytes, std::int64_t bytes_max) {
    if (bytes.size() <= static_cast<std::size_t>(bytes_max)) return {};
    return fail(ErrorCode::too_large, "It is longer than " + std::to_string(bytes_max) + " bytes.");
}

}  // namespace

void append_envelope(std::string& out, const Envelope& envelope, Encoding encoding) {
    [[maybe_unused]] const bool readable = append_any_envelope(out, envelope, encoding);
    assert(readable);
}

Status try_append_envelope(std::string& out, const Envelope& envelope, Encoding encoding) {
    const std::size_t size = out.size();
    if (append_any_envelope(out, envelope, encoding)) return {};
    out.resize(size);
    return out_of_range();
}

void append_to_frame(std::string& frame, std::string_view encoded_envelope, Encoding encoding) {
    if (encoding == Encoding::json && !frame.empty()) frame += '\n';
    frame += encoded_envelope;
}

Result<std::vector<Decoded>> decode_frame(std::string_view frame, Encoding encoding) {
    TRY(check_size(frame, limits::frame_bytes_max));
    return encoding == Encoding::json ? decode_json_frame(frame) : decode_cbor_frame(frame);
}

Status parse(std::string_view bytes, Encoding encoding, std::int64_t bytes_max, Tree& tree) {
    TRY(check_size(bytes, bytes_max));
    if (encoding == Encoding::json) return parse_json(bytes, tree);
    TRY_ASSIGN(const std::size_t size, parse_cbor(bytes, tree));
    if (size < bytes.size())
        return fail(ErrorCode::malformed, "Not CBOR as used here: something follows the item.");
    return {};
}

bool read(Reader& in, const Node& map, Change& out) {
    if (!in.is_map(map)) return false;
    if (!in.optional(map, envelope_field::id, out.id) || !in.required(map, envelope_field::seq, out.seq))
        return false;
    out.born = out.seq;
    if (!in.defaulted(map, envelope_field::born, out.born) ||
        !in.required(map, envelope_field::timestamp, out.timestamp))
        return false;
    if (read_typed_payload(in, map, out.payload)) return true;
    if (!is_of_later_version(in.error())) return false;
    in.forgive();
    out.payload = ChangePayload();
    out.unreadable = true;
    return true;
}

template <class Out>
void write(Out& out, const Change& from) {
    const bool has_payload = !from.unreadable && payload_field_count(from.payload) > 0;
    out.begin_map(3 + has(from.id) + (from.born == from.seq ? 0 : 1) + (has_payload ? 1 : 0));
    if (from.unreadable) {
        out.key(envelope_field::type);
        out.enumerator(no_type_number, no_type_name);
    } else {
        write_type(out, from.type());
    }
    write_field(out, envelope_field::id, from.id);
    write_field(out, envelope_field::seq, from.seq);
    write_unless(from.seq, out, envelope_field::born, from.born);
    if (has_payload) write_payload(out, from.payload);
    write_field(out, envelope_field::timestamp, from.timestamp);
    out.end_map();
}

PARLEY_INSTANTIATE_CODEC(Change)

std::string describe(const Envelope& envelope) {
    std::string text;
    LogWriter out(text);
    write_envelope(out, envelope);
    return text.substr(1, text.size() - 2);  // without the braces
}

std::string outline(const Envelope& envelope) {
    std::string text;
    LogWriter out(text, true);
    write_envelope(out, envelope);
    return text;
}

}  // namespace parley::protocol
