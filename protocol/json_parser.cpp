#include "protocol/json_parser.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace parley::protocol {

namespace {

using boost::json::error_code;
using Characters = boost::json::string_view;

/// What Boost.JSON's parser calls. It has checked the syntax, the escapes, the UTF-8 and the depth.
class TreeBuilder {
  public:
    // Frames are limited as a whole, so their parts need no limits of their own.
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    TreeBuilder(std::string_view bytes, Tree& tree) : bytes_(bytes), tree_(tree) {}

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return open(Node::Kind::map); }
    bool on_object_end(std::size_t count, error_code&) { return close(count); }
    bool on_array_begin(error_code&) { return open(Node::Kind::list); }
    bool on_array_end(std::size_t count, error_code&) { return close(count); }
    bool on_key_part(Characters part, std::size_t, error_code&) { return add_part(part); }
    bool on_key(Characters last, std::size_t, error_code&) { return add_text(last); }
    bool on_string_part(Characters part, std::size_t, error_code&) { return add_part(part); }
    bool on_string(Characters last, std::size_t, error_code&) { return add_text(last); }
    bool on_number_part(Characters, error_code&) { return true; }
    bool on_int64(std::int64_t value, Characters, error_code&) {
        return value < 0 ? add(Node::Kind::negative)
                         : add(Node::Kind::natural, static_cast<std::uint64_t>(value));
    }
    bool on_uint64(std::uint64_t value, Characters, error_code&) { return add(Node::Kind::natural, value); }
    bool on_double(double value, Characters digits, error_code&) { return add_double(value, digits); }
    bool on_bool(bool value, error_code&) { return add(Node::Kind::boolean, value ? 1 : 0); }
    bool on_null(error_code&) { return add(Node::Kind::null); }
    bool on_comment_part(Characters, error_code&) { return true; }
    bool on_comment(Characters, error_code&) { return true; }

  private:
    bool add(Node::Kind kind, std::uint64_t number = 0) {
        tree_.add({.kind = kind, .number = number});
        return true;
    }

    bool open(Node::Kind kind) {
        open_[depth_++] = tree_.add({.kind = kind});
        return true;
    }

    bool close(std::size_t count) {
        tree_.close(open_[--depth_], count);
        return true;
    }

    // Doubles are numbers with a point or an exponent, and integers too large for 64 bits: these are out of
    // range, those are no integers at all.
    bool add_double(double value, Characters digits) {
        if (digits.find_first_of(".eE") != Characters::npos) return add(Node::Kind::fraction);
        return value < 0 ? add(Node::Kind::negative) : add(Node::Kind::natural, UINT64_MAX);
    }

    bool add_part(Characters part) {
        if (tree_.unescaped.capacity() < bytes_.size()) tree_.unescaped.reserve(bytes_.size());
        if (pieces_size_ == 0) pieces_begin_ = tree_.unescaped.size();
        tree_.unescaped.append(part.data(), part.size());
        pieces_size_ += part.size();
        return true;
    }

    bool add_text(Characters last) {
        std::string_view text(last.data(), last.size());
        if (pieces_size_ > 0 || !in_input(text)) {
            add_part(last);
            text = std::string_view(tree_.unescaped).substr(pieces_begin_, pieces_size_);
            pieces_size_ = 0;
        }
        tree_.add({.kind = Node::Kind::text, .text = text});
        return true;
    }

    bool in_input(std::string_view text) const {
        const std::less_equal<const char*> not_after;
        return not_after(bytes_.data(), text.data()) &&
               not_after(text.data() + text.size(), bytes_.data() + bytes_.size());
    }

    std::string_view bytes_;
    Tree& tree_;
    std::array<std::size_t, limits::depth_max> open_{};
    std::size_t depth_ = 0;
    // The string that has come in pieces so far. Together they are shorter than the input, so that
    // `unescaped`, once reserved, does not move.
    std::size_t pieces_begin_ = 0;
    std::size_t pieces_size_ = 0;
};

}  // namespace

Status parse_json(std::string_view bytes, Tree& tree) {
    tree.clear();
    boost::json::parse_options options;
    options.max_depth = limits::depth_max;
    boost::json::basic_parser<TreeBuilder> parser(options, bytes, tree);
    error_code error;
    const std::size_t used = parser.write_some(false, bytes.data(), bytes.size(), error);
    if (error) return fail(ErrorCode::malformed, "Not JSON: " + error.message() + ".");
    if (used < bytes.size()) return fail(ErrorCode::malformed, "Not JSON: something follows the value.");
    return {};
}

}  // namespace parley::protocol
