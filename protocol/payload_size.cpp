#include "protocol/payload_size.hpp"

#include "protocol/codec_templates.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cstdint>

namespace parley::protocol {

namespace {

static_assert(limits::payload_bytes_max == 48 * 1024, "what the refusals say, here and in codec.cpp");

/// Of the head of an item: RFC 8949, section 3. The number stands in it or behind it.
std::size_t head_bytes(std::uint64_t number) {
    if (number < 24) return 1;
    if (number <= UINT8_MAX) return 2;
    if (number <= UINT16_MAX) return 3;
    return number <= UINT32_MAX ? 5 : 9;
}

std::size_t own_bytes(const Node& node) {
    switch (node.kind) {
        case Node::Kind::text:
        case Node::Kind::bytes:
            return head_bytes(node.text.size()) + node.text.size();
        case Node::Kind::natural:
        case Node::Kind::list:
        case Node::Kind::map:
            return head_bytes(node.number);
        case Node::Kind::negative:
        case Node::Kind::fraction:
            return head_bytes(UINT64_MAX);
        case Node::Kind::null:
        case Node::Kind::boolean:
            return 1;
    }
    return 1;
}

}  // namespace

bool fits_as_payload(const Tree& tree, const Node& payload) {
    // In the shortest form of CBOR, whatever form it came in; keys count as they came.
    std::size_t bytes = 0;
    for (const Node* one = &payload; one != tree.nodes.data() + payload.after; ++one)
        bytes += own_bytes(*one);
    return bytes <= static_cast<std::size_t>(limits::payload_bytes_max);
}

Status check_payload_size(std::string_view body, Encoding encoding) {
    Tree tree;
    if (!parse(body, encoding, limits::frame_bytes_max, tree)) return {};
    if (fits_as_payload(tree, tree.nodes.front())) return {};
    return fail(Error{ErrorCode::limit, "A payload has at most 48 KiB.", 0, "payload"});
}

}  // namespace parley::protocol
