#include "protocol/cbor_parser.hpp"

#include "base/utf8.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cstdint>

namespace parley::protocol {

namespace {

// The first byte of an item (RFC 8949, section 3):
//
//     7 6 5 | 4 3 2 1 0
//     major | 0-23: the argument itself; 24-27: it follows in 1, 2, 4 or 8 bytes; 31: indefinite length, or
//     "break"
enum class Major : std::uint8_t { natural, negative, bytes, text, list, map, tag, simple };

constexpr std::uint8_t indefinite = 31;
constexpr std::uint8_t break_byte = 0xff;

struct Head {
    Major major = Major::natural;
    std::uint8_t info = 0;  // the lower five bits
    std::uint64_t argument = 0;
};

class CborParser {
  public:
    CborParser(std::string_view bytes, Tree& tree) : bytes_(bytes), tree_(tree) {}

    bool item(std::int64_t levels_left);

    std::size_t position() const { return position_; }
    const char* problem() const { return problem_; }

  private:
    bool head(Head& head);
    bool string(const Head& head);
    bool pieces(Major major, std::string_view& text);
    bool take(std::uint64_t length, std::string_view& text);
    bool list(const Head& head, std::int64_t levels_left);
    bool map(const Head& head, std::int64_t levels_left);
    bool simple(const Head& head);

    /// Takes the "break" that ends something of indefinite length, if it is what comes next.
    bool at_break() {
        if (position_ >= bytes_.size() || static_cast<std::uint8_t>(bytes_[position_]) != break_byte)
            return false;
        ++position_;
        return true;
    }

    bool refuse(const char* problem) {
        problem_ = problem;
        return false;
    }

    std::string_view bytes_;
    std::size_t position_ = 0;
    Tree& tree_;
    const char* problem_ = "";
};

bool CborParser::item(std::int64_t levels_left) {
    Head first;
    if (!head(first)) return false;
    switch (first.major) {
        case Major::natural:
            tree_.add({.kind = Node::Kind::natural, .number = first.argument});
            return true;
        case Major::negative:
            tree_.add({.kind = Node::Kind::negative});
            return true;
        case Major::bytes:
        case Major::text:
            return string(first);
        case Major::list:
            return list(first, levels_left);
        case Major::map:
            return map(first, levels_left);
        case Major::tag:
            return refuse("tags are not used");
        case Major::simple:
            return simple(first);
    }
    return false;
}

bool CborParser::head(Head& head) {
    if (position_ >= bytes_.size()) return refuse("it ends early");
    const auto first = static_cast<std::uint8_t>(bytes_[position_++]);
    head.major = static_cast<Major>(first >> 5);
    head.info = first & 0x1f;
    head.argument = head.info;
    if (head.info < 24) return true;
    if (head.info == indefinite) {
        const bool may_be = head.major >= Major::bytes && head.major <= Major::map;
        return may_be || refuse("an indefinite length where there can be none");
    }
    if (head.info > 27) return refuse("a reserved form of length");
    const std::size_t size = std::size_t{1} << (head.info - 24);
    if (bytes_.size() - position_ < size) return refuse("it ends early");
    head.argument = 0;
    for (std::size_t i = 0; i < size; ++i) {
        head.argument = head.argument << 8 | static_cast<std::uint8_t>(bytes_[position_++]);
    }
    return true;
}

bool CborParser::string(const Head& head) {
    std::string_view text;
    const bool whole = head.info == indefinite ? pieces(head.major, text) : take(head.argument, text);
    if (!whole) return false;
    const bool is_text = head.major == Major::text;
    if (is_text && !count_code_points(text)) return refuse("a text is not valid UTF-8");
    tree_.add({.kind = is_text ? Node::Kind::text : Node::Kind::bytes, .text = text});
    return true;
}

// All pieces together are shorter than the input, so that `unescaped`, once reserved, does not move.
bool CborParser::pieces(Major major, std::string_view& text) {
    if (tree_.unescaped.capacity() < bytes_.size()) tree_.unescaped.reserve(bytes_.size());
    const std::size_t begin = tree_.unescaped.size();
    while (!at_break()) {
        Head part;
        std::string_view piece;
        if (!head(part)) return false;
        if (part.major != major || part.info == indefinite) return refuse("a piece of a string is none");
        if (!take(part.argument, piece)) return false;
        if (major == Major::text && !count_code_points(piece)) return refuse("a text is not valid UTF-8");
        tree_.unescaped.append(piece);
    }
    text = std::string_view(tree_.unescaped).substr(begin);
    return true;
}

bool CborParser::take(std::uint64_t length, std::string_view& text) {
    if (length > bytes_.size() - position_) return refuse("it ends early");
    text = bytes_.substr(position_, static_cast<std::size_t>(length));
    position_ += static_cast<std::size_t>(length);
    return true;
}

bool CborParser::list(const Head& head, std::int64_t levels_left) {
    if (levels_left == 0) return refuse("it is too deep");
    const std::size_t index = tree_.add({.kind = Node::Kind::list});
    std::uint64_t count = 0;
    while (head.info == indefinite ? !at_break() : count < head.argument) {
        if (!item(levels_left - 1)) return false;
        ++count;
    }
    tree_.close(index, count);
    return true;
}

bool CborParser::map(const Head& head, std::int64_t levels_left) {
    if (levels_left == 0) return refuse("it is too deep");
    const std::size_t index = tree_.add({.kind = Node::Kind::map});
    std::uint64_t count = 0;
    while (head.info == indefinite ? !at_break() : count < head.argument) {
        if (!item(levels_left - 1) || !item(levels_left - 1)) return false;
        ++count;
    }
    tree_.close(index, count);
    return true;
}

bool CborParser::simple(const Head& head) {
    switch (head.info) {
        case 20:
        case 21:
            tree_.add({.kind = Node::Kind::boolean, .number = head.info == 21 ? 1U : 0U});
            return true;
        case 22:
            tree_.add({.kind = Node::Kind::null});
            return true;
        case 25:  // floating point of 2, 4 and 8 bytes
        case 26:
        case 27:
            tree_.add({.kind = Node::Kind::fraction});
            return true;
        default:
            return refuse("a simple value besides false, true and null");
    }
}

}  // namespace

Result<std::size_t> parse_cbor(std::string_view bytes, Tree& tree) {
    tree.clear();
    CborParser parser(bytes, tree);
    if (!parser.item(limits::depth_max)) {
        return fail(ErrorCode::malformed, std::string("Not CBOR as used here: ") + parser.problem() + ".");
    }
    return parser.position();
}

}  // namespace parley::protocol
