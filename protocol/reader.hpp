#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/codec.hpp"
#include "protocol/field.hpp"
#include "protocol/tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace parley::protocol {

/// Takes the fields of messages out of a tree, for the generated functions `read(Reader&, const Node&, T&)`.
/// Every method answers whether it went well; after the first failure `take_error` says what was wrong, and
/// where.
class Reader {
  public:
    Reader(const Tree& tree, Encoding encoding) : nodes_(tree.nodes), encoding_(encoding) {}

    /// What failed first. Only the schema's own words, nothing of what was read.
    Error take_error();
    /// The same without the sentence.
    const Error& error() const { return error_; }
    /// Goes on after a failure as if there had been none.
    void forgive() { error_ = {}; }

    template <class T>
    bool required(const Node& map, FieldName field, T& out, const Rules& rules = {}) {
        const Node* node = nullptr;
        if (!find(map, field, node)) return at(field);
        if (node == nullptr) return missing(field);
        return value(*node, out, rules) || at(field);
    }

    template <class T>
    bool optional(const Node& map, FieldName field, std::optional<T>& out, const Rules& rules = {}) {
        const Node* node = nullptr;
        if (!find(map, field, node)) return at(field);
        if (node == nullptr || node->kind == Node::Kind::null) return true;
        if (value(*node, out.emplace(), rules)) return true;
        out.reset();  // nobody takes half a value, as the id of an envelope that is refused, for a whole one
        return at(field);
    }

    /// Leaves `out` as it is where the field is absent or null.
    template <class T>
    bool defaulted(const Node& map, FieldName field, T& out, const Rules& rules = {}) {
        const Node* node = nullptr;
        if (!find(map, field, node)) return at(field);
        if (node == nullptr || node->kind == Node::Kind::null) return true;
        return value(*node, out, rules) || at(field);
    }

    /// `rules` also hold for each element.
    template <class T>
    bool list(const Node& map, FieldName field, std::vector<T>& out, const Rules& rules) {
        const Node* node = nullptr;
        if (!find(map, field, node)) return at(field);
        if (node == nullptr || node->kind == Node::Kind::null) return true;
        return elements(*node, out, rules) || at(field);
    }

    /// Where the field stands in `map`; null where it does not. Fails where it stands twice.
    bool find(const Node& map, FieldName field, const Node*& found);

    bool is_map(const Node& node);

    /// Says that the value is `malformed`, `invalid` …; always false, to be returned.
    bool refuse(ErrorCode code, const char* problem);
    /// That it is `invalid`, with what it may be: "is too long", "at most", 64, "character".
    bool refuse_beyond(const char* problem, const char* which, std::int64_t bound, const char* unit = "");

    /// Puts the field before the place of the failure; always false.
    bool at(FieldName field);
    bool missing(FieldName field);

    bool value(const Node& node, bool& out, const Rules& rules);
    bool value(const Node& node, std::int64_t& out, const Rules& rules);
    bool value(const Node& node, std::string& out, const Rules& rules);
    bool value(const Node& node, Uuid& out, const Rules& rules);
    bool value(const Node& node, WallTime& out, const Rules& rules);
    bool value(const Node& node, ErrorCode& out, const Rules& rules);
    bool value(const Node& node, CloseCode& out, const Rules& rules);

    template <class Tag>
    bool value(const Node& node, Id<Tag>& out, const Rules&) {
        std::string text;
        if (!id(node, text)) return false;
        out = Id<Tag>(std::move(text));
        return true;
    }

    template <class T>
    bool value(const Node& node, T& out, const Rules&) {
        if constexpr (std::is_enum_v<T>) {
            return enumerator(node, out, ErrorCode::invalid);
        } else {
            return read(*this, node, out);
        }
    }

    /// An enumerator by its name in JSON, by its number in CBOR; one that the schema does not know is
    /// `unknown`.
    template <class Enum>
    bool enumerator(const Node& node, Enum& out, ErrorCode unknown) {
        const auto expected = encoding_ == Encoding::json ? Node::Kind::text : Node::Kind::natural;
        if (node.kind != expected) return wrong_kind(expected);
        const auto known =
            encoding_ == Encoding::json ? enum_named<Enum>(node.text) : enum_numbered<Enum>(node.number);
        if (!known) return refuse(unknown, "is none of the known values");
        out = *known;
        return true;
    }

  private:
    template <class T>
    bool elements(const Node& node, std::vector<T>& out, const Rules& rules) {
        if (node.kind != Node::Kind::list) return refuse(ErrorCode::malformed, "must be a list");
        if (node.number > static_cast<std::uint64_t>(rules.count_max)) {
            return refuse_beyond("has too many elements", "at most", rules.count_max);
        }
        out.reserve(static_cast<std::size_t>(node.number));
        const Node* element = &node + 1;
        for (std::uint64_t i = 0; i < node.number; ++i, element = behind(*element)) {
            if (!value(*element, out.emplace_back(), rules)) return false;
        }
        return true;
    }

    const Node* behind(const Node& node) const { return nodes_.data() + node.after; }
    bool id(const Node& node, std::string& out);
    bool wrong_kind(Node::Kind expected);

    const std::vector<Node>& nodes_;
    Encoding encoding_;
    Error error_;
    std::string problem_;
};

}  // namespace parley::protocol
