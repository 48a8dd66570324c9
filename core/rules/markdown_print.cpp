#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/markdown.hpp"
#include "core/rules/markdown_scan.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace parley::core::rules {
namespace {

using protocol::Entity;
using protocol::EntityKind;

std::string_view mark_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::bold:
            return "**";
        case EntityKind::italic:
            return "*";
        case EntityKind::strike:
            return "~~";
        case EntityKind::spoiler:
            return "||";
        default:
            return "";
    }
}

/// Says who is meant where the text is not his handle.
std::string target_of(const Entity& entity) {
    std::string target = entity.kind == EntityKind::link       ? *entity.url
                         : entity.kind == EntityKind::everyone ? "everyone:"
                         : entity.kind == EntityKind::here     ? "here:"
                                                               : "mention:" + entity.account->text();
    std::string escaped;
    for (const char c : target) {
        if (c == '(' || c == ')' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

/// The shortest run of backticks that does not stand in the code.
std::string backticks_around(std::string_view code) {
    std::vector<bool> taken(code.size() + 2, false);
    for (std::size_t at = 0; at < code.size();) {
        const std::size_t end = std::min(code.find_first_not_of('`', at), code.size());
        taken[end - at] = true;
        at = std::max(end, at + 1);
    }
    std::size_t length = 1;
    while (taken[length])
        ++length;
    return std::string(length, '`');
}

class Printer {
  public:
    Printer(std::string_view text, std::span<const Entity> entities, const MarkdownNames& names)
        : text_(text), entities_(entities), names_(names) {
        places_.push_back(0);
        for (std::string_view rest = text; !rest.empty();) {
            take_code_point(rest);
            places_.push_back(text.size() - rest.size());
        }
    }

    std::string print() {
        print_blocks({0, std::ssize(places_) - 1}, 0, entities_.size());
        return std::move(out_);
    }

  private:
    /// In code points.
    struct Range {
        std::int64_t begin = 0;
        std::int64_t end = 0;
    };

    std::string_view text_of(Range range) const {
        const std::size_t begin = places_[static_cast<std::size_t>(range.begin)];
        return text_.substr(begin, places_[static_cast<std::size_t>(range.end)] - begin);
    }
    std::string_view text_of(const Entity& entity) const { return text_of({entity.offset, end_of(entity)}); }

    /// The entities from `first` to `last` lie in the range.
    void print_blocks(Range range, std::size_t first, std::size_t last) {
        std::int64_t at = range.begin;
        std::size_t from = first;  // The first entity that is not printed yet.
        for (std::size_t next = first; next < last; ++next) {
            const Entity& block = entities_[next];
            if (block.kind != EntityKind::quote && block.kind != EntityKind::code_block) continue;
            if (block.offset < at) continue;  // A block of code in a quotation that is printed.
            print_inline({at, block.offset}, from, next);
            from = next + 1;
            while (from < last && entities_[from].offset < end_of(block))
                ++from;
            if (block.kind == EntityKind::quote)
                print_quotation(block, next + 1, from);
            else
                print_code_block(block);
            at = end_of(block);
        }
        print_inline({at, range.end}, from, last);
    }

    void print_quotation(const Entity& block, std::size_t first, std::size_t last) {
        std::string outside = std::exchange(out_, {});
        print_blocks({block.offset, end_of(block)}, first, last);
        std::string_view rest = out_;
        while (true) {
            const std::size_t end = rest.find('\n');
            const std::string_view line = rest.substr(0, end);
            outside.append(line.empty() ? ">" : "> ").append(line);
            if (end == std::string_view::npos) break;
            outside += '\n';
            rest.remove_prefix(end + 1);
        }
        out_ = std::move(outside);
    }

    void print_code_block(const Entity& block) {
        const std::string_view code = text_of(block);
        std::vector<bool> taken(code.size() + 4, false);
        for (std::string_view rest = code;;) {
            const std::size_t end = rest.find('\n');
            if (const auto fence = fence_of(rest.substr(0, end))) taken[fence->backticks] = true;
            if (end == std::string_view::npos) break;
            rest.remove_prefix(end + 1);
        }
        std::size_t length = 3;
        while (taken[length])
            ++length;
        const std::string fence(length, '`');
        out_.append(fence).append(block.language.value_or("")).append("\n");
        out_.append(code).append("\n").append(fence);
    }

    void print_inline(Range range, std::size_t first, std::size_t last) {
        std::vector<const Entity*> open;
        std::int64_t at = range.begin;
        const auto close_upto = [&](std::int64_t place) {
            while (!open.empty() && end_of(*open.back()) <= place) {
                const Entity& done = *open.back();
                print_text({at, end_of(done)}, in_brackets(open));
                at = end_of(done);
                open.pop_back();
                print_end(done);
            }
        };
        for (std::size_t next = first; next < last; ++next) {
            const Entity& entity = entities_[next];
            close_upto(entity.offset);
            print_text({at, entity.offset}, in_brackets(open));
            at = entity.offset;
            if (print_whole(entity)) {
                at = end_of(entity);
                // In an address that is printed as it stands may lie nothing else.
                continue;
            }
            out_ += mark_of(entity.kind).empty() ? "[" : mark_of(entity.kind);
            open.push_back(&entity);
        }
        close_upto(range.end);
        print_text({at, range.end}, {});
    }

    void print_end(const Entity& entity) {
        if (const auto mark = mark_of(entity.kind); !mark.empty())
            out_ += mark;
        else
            out_.append("](").append(target_of(entity)).append(")");
    }

    /// Where names mean nothing, and addresses neither; but these would swallow a mark that stands in them.
    struct Brackets {
        bool names = false;
        bool addresses = false;
    };
    Brackets in_brackets(const std::vector<const Entity*>& open) const {
        const auto found =
            std::ranges::find_if(open, [](const Entity* one) { return mark_of(one->kind).empty(); });
        if (found == open.end()) return {};
        return {.names = true, .addresses = holds_nothing(**found)};
    }

    /// What is one piece: code, and names and addresses that are read as what they are.
    bool print_whole(const Entity& entity) {
        const std::string_view said = text_of(entity);
        const std::string_view from_here = text_.substr(places_[static_cast<std::size_t>(entity.offset)]);
        const bool in_word = !out_.empty() && is_ascii_word(out_.back());
        if (entity.kind == EntityKind::code) {
            const std::string around = backticks_around(said);
            const bool padded = said.starts_with('`') || said.ends_with('`') ||
                                (said.starts_with(' ') && said.ends_with(' '));
            const std::string_view pad = padded ? " " : "";
            out_.append(around).append(pad).append(said).append(pad).append(around);
            return true;
        }
        bool bare = false;
        if (entity.kind == EntityKind::link) {
            const auto found = address_at_start(from_here);
            bare = found && found->bytes == said.size() && found->url == *entity.url && holds_nothing(entity);
        } else if (mark_of(entity.kind).empty() && from_here.starts_with('@')) {
            const auto found = name_at_start(from_here, names_);
            bare = found && found->bytes == said.size() && found->kind == entity.kind &&
                   found->account == entity.account;
        }
        if (bare && !in_word) out_ += said;
        return bare && !in_word;
    }

    bool holds_nothing(const Entity& entity) const {
        const auto* next = &entity + 1;
        return next == entities_.data() + entities_.size() || next->offset >= end_of(entity);
    }

    /// Characters that are nothing but characters.
    void print_text(Range range, Brackets bracketed) {
        const std::string_view text = text_of(range);
        for (std::size_t at = 0; at < text.size(); ++at) {
            const std::string_view rest = text.substr(at);
            const std::size_t scheme = bracketed.addresses ? 0 : starts_address(rest);
            if (scheme > 0) {
                out_.append(rest.substr(0, scheme - 3)).append("\\://");
                at += scheme - 1;
                continue;
            }
            if (is_mark(text, at, bracketed.names)) out_ += '\\';
            out_ += text[at];
        }
    }

    std::size_t starts_address(std::string_view rest) const {
        const bool in_word = !out_.empty() && is_ascii_word(out_.back());
        return in_word ? 0 : scheme_at_start(rest);
    }

    bool is_mark(std::string_view text, std::size_t at, bool bracketed) const {
        const char c = text[at];
        const char before = at > 0 ? text[at - 1] : '\0';
        const char behind = at + 1 < text.size() ? text[at + 1] : '\0';
        switch (c) {
            case '\\':
            case '`':
            case '*':
            case '[':
            case ']':
                return true;
            case '_':
                return !is_ascii_word(before) || !is_ascii_word(behind);
            // Of those it takes two.
            case '~':
            case '|':
                return before == '\0' || behind == '\0' || before == c || behind == c;
            case '>':
                return out_.empty() || out_.back() == '\n';
            case '@':
                return !bracketed && (out_.empty() || !is_ascii_word(out_.back())) &&
                       (behind == '\0' || is_ascii_word(behind) || behind == '.' || behind == '-');
            default:
                return false;
        }
    }

    std::string_view text_;
    std::span<const Entity> entities_;
    const MarkdownNames& names_;
    /// Where each code point begins, and the end.
    std::vector<std::size_t> places_;
    std::string out_;
};

}  // namespace

std::string print_markdown(std::string_view text, std::span<const Entity> entities,
                           const MarkdownNames& names) {
    if (!check_entities({.text = text, .mentions = {}, .entities = entities})) entities = {};
    return Printer(text, entities, names).print();
}

}  // namespace parley::core::rules
