#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::protocol {

/// One value of JSON or CBOR.
struct Node {
    enum class Kind : std::uint8_t {
        null,
        boolean,   // number: 0 or 1
        natural,   // number: the value; at least 2^53 where it is larger than that
        negative,  // an integer below zero
        fraction,  // any other number
        text,      // text: valid UTF-8
        bytes,     // text: the bytes (CBOR only)
        list,      // number: how many elements; they follow
        map,       // number: how many pairs; keys and values follow in turn
    };

    Kind kind = Kind::null;
    /// Index of the node behind this one and all that it holds.
    std::uint32_t after = 0;
    std::uint64_t number = 0;
    std::string_view text;
};

/// A decoded item, flat: each value is followed by what it holds.
///
///     {"a":[1,2],"b":true}     is   map(2) "a" list(2) 1 2 "b" true
///
/// Both parsers make the same tree, and one Reader takes messages out of it, so that what is accepted depends
/// on the encoding in as few places as possible. A parser has checked that the item is well formed, not
/// deeper than limits::depth_max and valid UTF-8; everything else is the Reader's. Texts are views of the
/// parsed bytes, which must outlive the tree, or of `unescaped`.
struct Tree {
    static constexpr std::size_t nodes_at_first = 24;

    std::vector<Node> nodes;
    /// What could not be left where it stood: strings with escapes, strings in pieces.
    std::string unescaped;

    /// Most items have fewer nodes than the room that is made here at once.
    void clear() {
        nodes.clear();
        nodes.reserve(nodes_at_first);
        unescaped.clear();
    }

    std::size_t add(const Node& node) {
        nodes.push_back(node);
        nodes.back().after = static_cast<std::uint32_t>(nodes.size());
        return nodes.size() - 1;
    }

    /// Ends the list or map at `index`, which holds every node added since.
    void close(std::size_t index, std::uint64_t count) {
        nodes[index].number = count;
        nodes[index].after = static_cast<std::uint32_t>(nodes.size());
    }
};

}  // namespace parley::protocol
