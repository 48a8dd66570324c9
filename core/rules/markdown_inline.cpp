#include "core/rules/markdown_inline.hpp"

#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/markdown_marks.hpp"
#include "core/rules/markdown_scan.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace parley::core::rules {
namespace {

using protocol::Entity;
using protocol::EntityKind;

/// A piece of the input. A mark is a text until its other half is found.
struct Token {
    enum class Role : std::uint8_t { text, begin, end, whole };
    std::string_view text;
    Role role = Role::text;
    Entity entity = {};
};

/// A mark that may begin something.
struct Opener {
    std::size_t token = 0;
    /// `*` for italic, `B` for bold, which both are made of asterisks, `_`, `~`, `|`, `[`.
    char mark = 0;
    /// Stands right behind another one of the same run of asterisks: which is the outer one is not settled.
    bool swaps = false;
    /// Of a bracket: so much was made before that no name may hold.
    std::size_t made = 0;
};

constexpr std::size_t openers_max = 32;

EntityKind kind_of(char mark) {
    return mark == 'B'   ? EntityKind::bold
           : mark == '~' ? EntityKind::strike
           : mark == '|' ? EntityKind::spoiler
                         : EntityKind::italic;
}

/// Reads from left to right, once. What may begin something waits in a stack, of each style at most one; what
/// ends it makes a pair of the two, and all that was begun in between stays text.
class Inline {
  public:
    Inline(std::string_view source, const MarkdownNames& names, MarkdownOutput& output)
        : source_(source), names_(names), output_(output), brackets_(source), backticks_(source) {}

    void parse() {
        while (at_ < source_.size()) {
            if (!read_mark()) ++at_;
        }
        flush();
        emit();
    }

  private:
    char at(std::size_t place) const { return place < source_.size() ? source_[place] : '\n'; }
    /// White space stands for the beginning and the end.
    char32_t point_before(std::size_t place) const {
        return place == 0 ? U' ' : last_point(source_.substr(0, place));
    }
    char32_t point_behind(std::size_t place) const {
        return place >= source_.size() ? U' ' : first_point(source_.substr(place));
    }

    /// Whether something other than a character of the text was read.
    bool read_mark() {
        switch (source_[at_]) {
            case '\\':
                return read_escape();
            case '`':
                return read_code();
            case '*':
                return read_asterisks();
            case '_':
                return read_underscore();
            case '~':
            case '|':
                return read_pair(source_[at_]);
            case '[':
                return read_bracket();
            case ']':
                return read_link();
            case '@':
                return read_name();
            case 'h':
            case 'H':
                return read_address();
            default:
                return false;
        }
    }

    /// What was passed over is text.
    void flush() {
        if (text_from_ < at_) tokens_.push_back({.text = source_.substr(text_from_, at_ - text_from_)});
        text_from_ = at_;
    }
    void skip(std::size_t bytes) {
        at_ += bytes;
        text_from_ = at_;
    }
    /// The next so many bytes are one piece.
    Token& take(std::size_t bytes) {
        flush();
        tokens_.push_back({.text = source_.substr(at_, bytes)});
        skip(bytes);
        return tokens_.back();
    }

    Token& take_whole(std::size_t bytes, Entity entity) {
        Token& token = take(bytes);
        token.role = Token::Role::whole;
        token.entity = std::move(entity);
        return token;
    }

    /// A name that stands by itself, or an address, is counted when it is known what it is in.
    bool make(const Entity& entity) {
        if (!output_.budget.take(entity)) return false;
        ++made_;
        return true;
    }

    bool read_escape() {
        if (!is_ascii_punctuation(at(at_ + 1))) return false;
        flush();
        skip(1);
        take(1);
        return true;
    }

    bool read_code() {
        const std::size_t length = run_at(source_, at_);
        const std::size_t inside = at_ + length;
        const std::size_t end = backticks_.next(length, inside);
        const bool closed = end != std::string_view::npos;
        std::string_view code = closed ? source_.substr(inside, end - inside) : std::string_view();
        if (!is_seen(code) || !make({.kind = EntityKind::code})) {
            take(length);
            return true;
        }
        // So code can begin and end with backticks.
        if (code.size() > 2 && code.starts_with(' ') && code.ends_with(' '))
            code = code.substr(1, code.size() - 2);
        take_whole(end + length - at_, {.kind = EntityKind::code}).text = code;
        return true;
    }

    static bool is_seen(std::string_view text) {
        while (!text.empty())
            if (!is_white_space(take_code_point(text))) return true;
        return false;
    }

    Opener* find_opener(char mark) {
        const auto found = std::ranges::find(openers_, mark, &Opener::mark);
        return found == openers_.end() ? nullptr : &*found;
    }

    void open(char mark, std::size_t bytes, bool swaps = false) {
        take(bytes);
        openers_.push_back({.token = tokens_.size() - 1, .mark = mark, .swaps = swaps, .made = made_});
    }

    /// Makes an entity from the last opener of this mark up to here; the next bytes are what ends it.
    void close(char mark, std::size_t bytes) {
        flush();
        auto found = std::ranges::find(openers_, mark, &Opener::mark);
        const auto next = found + 1;
        if (next != openers_.end() && next + 1 == openers_.end() && next->swaps) {
            // Which of the two ends first is the inner one; the other stays text before it, or ends later.
            std::swap(tokens_[found->token].text, tokens_[next->token].text);
            std::swap(found->mark, next->mark);
            found = next;
        }
        const std::size_t begin = found->token;
        openers_.erase(found, openers_.end());
        Entity entity{.kind = kind_of(mark)};
        const bool made = has_clean_edges(begin + 1) && make(entity);
        take(bytes);
        if (made) join(begin, std::move(entity));
    }

    void join(std::size_t begin, Entity entity) {
        tokens_[begin].role = Token::Role::begin;
        tokens_[begin].entity = std::move(entity);
        tokens_.back().role = Token::Role::end;
    }

    /// Whether what the tokens from this one on come to begins and ends with something that can be seen. Few
    /// of them come to nothing in a row.
    bool has_clean_edges(std::size_t begin) const {
        const auto shows = [](const Token& token) {
            return token.role == Token::Role::text || token.role == Token::Role::whole;
        };
        const auto first =
            std::find_if(tokens_.begin() + static_cast<std::ptrdiff_t>(begin), tokens_.end(), shows);
        if (first == tokens_.end()) return false;
        const auto last = std::find_if(tokens_.rbegin(), tokens_.rend(), shows);
        return !is_white_space(first_point(first->text)) && !is_white_space(last_point(last->text));
    }

    bool read_asterisks() {
        const std::size_t length = run_at(source_, at_);
        const bool bold = find_opener('B') != nullptr;
        const bool italic = find_opener('*') != nullptr;
        const auto what = length <= asterisks_max
                              ? runs_of_asterisks[(bold ? 2u : 0u) + (italic ? 1u : 0u)][length]
                              : std::nullopt;
        const bool ends = what && (what->ends_bold || what->ends_italic);
        const bool begins = what && (what->begins_bold || what->begins_italic);
        const bool may_end = !is_white_space(point_before(at_));
        const bool may_begin = !is_white_space(point_behind(at_ + length)) &&
                               !(what && what->begins_italic && find_opener('_') != nullptr);
        if (!what || (ends && !may_end) || (!ends && !may_begin)) {
            take(length);
            return true;
        }
        const std::size_t end = at_ + length;
        if (ends) end_asterisks(*what);
        if (begins && may_begin) {
            if (what->begins_bold) open('B', 2);
            if (what->begins_italic) open('*', 1, what->begins_bold);
        }
        if (at_ < end) take(end - at_);
        return true;
    }

    void end_asterisks(const Asterisks& what) {
        const bool both = what.ends_bold && what.ends_italic;
        const bool bold_first = both && find_opener('B') > find_opener('*');
        if (bold_first) close('B', 2);
        if (what.ends_italic && find_opener('*') != nullptr) close('*', 1);
        if (what.ends_bold && !bold_first && find_opener('B') != nullptr) close('B', 2);
    }

    bool read_underscore() {
        const std::size_t length = run_at(source_, at_);
        const char32_t before = point_before(at_);
        const char32_t behind = point_behind(at_ + length);
        const bool is_open = find_opener('_') != nullptr;
        if (length == 1 && is_open && !is_white_space(before) && !is_word(behind))
            close('_', 1);
        else if (length == 1 && !is_open && find_opener('*') == nullptr && !is_white_space(behind) &&
                 !is_word(before))
            open('_', 1);
        else
            take(length);
        return true;
    }

    bool read_pair(char mark) {
        const std::size_t length = run_at(source_, at_);
        const bool is_open = find_opener(mark) != nullptr;
        if (length == 2 && is_open && !is_white_space(point_before(at_)))
            close(mark, 2);
        else if (length == 2 && !is_open && !is_white_space(point_behind(at_ + 2)))
            open(mark, 2);
        else
            take(length);
        return true;
    }

    /// Of many that are never closed the oldest stay text, so that the stack stays small.
    bool read_bracket() {
        if (openers_.size() >= openers_max) openers_.erase(std::ranges::find(openers_, '[', &Opener::mark));
        open('[', 1);
        return true;
    }

    bool read_link() {
        const auto last = std::ranges::find(openers_.rbegin(), openers_.rend(), '[', &Opener::mark);
        if (last == openers_.rend()) return false;
        flush();
        const Opener bracket = *last;
        const std::size_t end = at(at_ + 1) == '(' ? brackets_.closing(at_ + 1) : 0;
        // What is longer than any address with all of it escaped is none, and not even copied.
        const bool may_lead_somewhere =
            end > 0 && std::cmp_less_equal(end - at_ - 2, 2 * limits::url_bytes_max);
        auto entity =
            may_lead_somewhere ? entity_of(unescaped(source_.substr(at_ + 2, end - at_ - 2))) : std::nullopt;
        const bool names = entity && entity->kind != EntityKind::link;
        const bool holds_nothing = made_ == bracket.made;
        if (!entity || (names && !holds_nothing) || !has_clean_edges(bracket.token + 1) || !make(*entity)) {
            openers_.erase(std::next(last).base());
            take(1);
            return true;
        }
        openers_.erase(std::next(last).base(), openers_.end());
        // What a link is in is none.
        std::erase_if(openers_, [](const Opener& one) { return one.mark == '['; });
        unname(bracket.token + 1);
        take(end + 1 - at_);
        join(bracket.token, std::move(*entity));
        return true;
    }

    static std::string unescaped(std::string_view text) {
        std::string plain;
        for (std::size_t place = 0; place < text.size(); ++place) {
            if (text[place] == '\\' && place + 1 < text.size() && is_ascii_punctuation(text[place + 1]))
                ++place;
            plain += text[place];
        }
        return plain;
    }

    /// What stands in the round brackets behind a text says what that is.
    std::optional<Entity> entity_of(std::string_view target) const {
        constexpr std::string_view person = "mention:";
        if (target == "everyone:" && names_.all) return Entity{.kind = EntityKind::everyone};
        if (target == "here:" && names_.all) return Entity{.kind = EntityKind::here};
        if (target.starts_with(person)) {
            const std::string_view id = target.substr(person.size());
            const bool visible = std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
            if (id.empty() || std::ssize(id) > limits::id_chars_max || !visible) return std::nullopt;
            return Entity{.kind = EntityKind::mention, .account = AccountId(std::string(id))};
        }
        std::string url = percent_encoded(target);
        if (!is_address(url)) return std::nullopt;
        return Entity{.kind = EntityKind::link, .url = std::move(url)};
    }

    /// Names and addresses that stand in a link, or in another name, are parts of its text.
    void unname(std::size_t begin) {
        for (std::size_t place = begin; place < tokens_.size(); ++place)
            if (tokens_[place].role == Token::Role::whole && tokens_[place].entity.kind != EntityKind::code)
                tokens_[place].role = Token::Role::text;
    }

    bool read_name() {
        if (at_ > 0 && is_ascii_word(source_[at_ - 1])) return false;
        auto found = name_at_start(source_.substr(at_), names_);
        if (!found) return false;
        take_whole(found->bytes, {.kind = found->kind, .account = std::move(found->account)});
        return true;
    }

    bool read_address() {
        const bool in_word = at_ > 0 && is_ascii_word(source_[at_ - 1]);
        const std::string_view rest = source_.substr(at_);
        if (in_word || at_ < no_address_before_ || scheme_at_start(rest) == 0) return false;
        auto found = address_at_start(rest);
        // Else what follows would be looked at again and again.
        if (!found) no_address_before_ = at_ + address_run(rest);
        if (!found) return false;
        take_whole(found->bytes, {.kind = EntityKind::link, .url = std::move(found->url)});
        return true;
    }

    void emit() {
        auto& entities = output_.made.entities;
        std::vector<std::size_t> open;
        for (Token& token : tokens_) {
            switch (token.role) {
                case Token::Role::text:
                    output_.append(token.text);
                    break;
                case Token::Role::whole:
                    if (token.entity.kind == EntityKind::code || output_.budget.take(token.entity))
                        output_.append(token.text, std::move(token.entity));
                    else
                        output_.append(token.text);
                    break;
                case Token::Role::begin:
                    open.push_back(entities.size());
                    token.entity.offset = output_.points;
                    entities.push_back(std::move(token.entity));
                    break;
                case Token::Role::end:
                    entities[open.back()].length = output_.points - entities[open.back()].offset;
                    open.pop_back();
                    break;
            }
        }
    }

    std::string_view source_;
    const MarkdownNames& names_;
    MarkdownOutput& output_;
    Brackets brackets_;
    Backticks backticks_;
    std::size_t no_address_before_ = 0;
    std::size_t at_ = 0;
    std::size_t text_from_ = 0;
    std::size_t made_ = 0;
    std::vector<Token> tokens_;
    std::vector<Opener> openers_;
};

}  // namespace

void parse_inline(std::string_view source, const MarkdownNames& names, MarkdownOutput& output) {
    Inline(source, names, output).parse();
}

}  // namespace parley::core::rules
