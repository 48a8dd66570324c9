#include "core/rules/markdown.hpp"

#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/markdown_inline.hpp"
#include "core/rules/markdown_scan.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

namespace parley::core::rules {
namespace {

using protocol::Entity;
using protocol::EntityKind;

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (true) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return lines;
        text.remove_prefix(end + 1);
    }
}

bool is_blank(std::string_view text) {
    while (!text.empty())
        if (!is_white_space(take_code_point(text))) return false;
    return true;
}

/// The part of the text from the first of these lines to the last.
std::string_view joined(std::span<const std::string_view> lines) {
    const char* begin = lines.front().data();
    return {begin, static_cast<std::size_t>(lines.back().data() + lines.back().size() - begin)};
}

/// Quotations and blocks of code, which are whole lines; what is between them is read by parse_inline.
///
///     lines   text | > quoted | > quoted | text | ```c | code | ``` | text
///     blocks  text | quotation           | text | block of code     | text
class Blocks {
  public:
    Blocks(std::string_view source, bool quoted, const MarkdownNames& names, MarkdownOutput& output)
        : lines_(lines_of(source)), quoted_(quoted), names_(names), output_(output) {
        find_fences();
    }

    void parse() {
        std::size_t plain = 0;  // The first line that was not taken yet.
        for (std::size_t at = 0; at < lines_.size();) {
            const std::size_t quoted = quoted_ ? at : end_of_quotation(at);
            if (quoted > at && take_quotation(plain, at, quoted)) {
                at = plain = quoted;
            } else if (take_code(plain, at)) {
                at = plain = closing_[at] + 1;
            } else {
                at = std::max(quoted, at + 1);
            }
        }
        take_plain(plain, lines_.size());
    }

  private:
    /// For each line that may begin a block of code, the one that ends it: the next of as many backticks.
    void find_fences() {
        closing_.assign(lines_.size(), none);
        std::unordered_map<std::size_t, std::size_t> next;
        for (std::size_t at = lines_.size(); at-- > 0;) {
            const auto fence = fence_of(lines_[at]);
            if (!fence) continue;
            if (const auto found = next.find(fence->backticks); found != next.end())
                closing_[at] = found->second;
            if (fence->language.empty()) next[fence->backticks] = at;
        }
    }

    std::size_t end_of_quotation(std::size_t at) const {
        while (at < lines_.size() && lines_[at].starts_with('>'))
            ++at;
        return at;
    }

    /// Lines are parted by their ends, and blocks so.
    void begin_block() {
        if (std::exchange(begun_, true)) output_.append("\n");
    }

    void take_plain(std::size_t first, std::size_t last) {
        if (first == last) return;
        begin_block();
        parse_inline(joined(std::span(lines_).subspan(first, last - first)), names_, output_);
    }

    bool take_quotation(std::size_t plain, std::size_t first, std::size_t last) {
        std::string inside;
        for (std::size_t at = first; at < last; ++at) {
            std::string_view line = lines_[at].substr(1);
            if (line.starts_with(' ')) line.remove_prefix(1);
            inside.append(at == first ? "" : "\n").append(line);
        }
        // Of marks alone something stays to be seen, or it is no quotation.
        if (is_blank(inside)) return false;
        if (!output_.budget.take({.kind = EntityKind::quote})) return false;
        take_plain(plain, first);
        begin_block();
        const std::size_t number = output_.made.entities.size();
        output_.made.entities.push_back({.kind = EntityKind::quote, .offset = output_.points});
        Blocks(inside, true, names_, output_).parse();
        auto& quotation = output_.made.entities[number];
        quotation.length = output_.points - quotation.offset;
        return true;
    }

    bool take_code(std::size_t plain, std::size_t at) {
        if (closing_[at] == none || closing_[at] == at + 1) return false;
        const auto inside = joined(std::span(lines_).subspan(at + 1, closing_[at] - at - 1));
        if (is_blank(inside)) return false;
        Entity block{.kind = EntityKind::code_block};
        if (const auto language = fence_of(lines_[at])->language; !language.empty())
            block.language = language;
        if (!output_.budget.take(block)) return false;
        take_plain(plain, at);
        begin_block();
        output_.append(inside, std::move(block));
        return true;
    }

    std::vector<std::string_view> lines_;
    std::vector<std::size_t> closing_;
    bool quoted_;
    bool begun_ = false;
    const MarkdownNames& names_;
    MarkdownOutput& output_;
};

/// The first two of one kind that touch and lie in the same one, the later of the two; none: -1.
std::ptrdiff_t touching(const std::vector<Entity>& entities, std::size_t& other) {
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < entities.size(); ++at) {
        std::size_t beside = none;
        while (!open.empty() && end_of(entities[open.back()]) <= entities[at].offset) {
            beside = open.back();
            open.pop_back();
        }
        const bool may_be_one = merges(entities[at].kind) || entities[at].kind == EntityKind::code;
        if (beside != none && may_be_one && entities[beside].kind == entities[at].kind &&
            end_of(entities[beside]) == entities[at].offset) {
            other = beside;
            return static_cast<std::ptrdiff_t>(at);
        }
        open.push_back(at);
    }
    return -1;
}

/// Brings a list into order, and makes one of what touches: *a*_b_ are both italic. There are few.
void put_in_order(std::vector<Entity>& entities) {
    while (true) {
        std::ranges::sort(entities, stands_before);
        std::size_t first = none;
        const std::ptrdiff_t second = touching(entities, first);
        if (second < 0) return;
        entities[first].length += entities[static_cast<std::size_t>(second)].length;
        entities.erase(entities.begin() + second);
    }
}

}  // namespace

bool EntityBudget::take(const Entity& entity) {
    const std::size_t bytes = (entity.account ? entity.account->text().size() : 0) +
                              (entity.url ? entity.url->size() : 0) +
                              (entity.language ? entity.language->size() : 0);
    if (taken_ >= static_cast<std::size_t>(limits::entities_max) ||
        bytes_ + bytes > static_cast<std::size_t>(limits::entity_bytes_max))
        return false;
    if (entity.account && std::ranges::find(named_, *entity.account) == named_.end()) {
        if (std::ssize(named_) >= limits::mentions_max) return false;
        named_.push_back(*entity.account);
    }
    ++taken_;
    bytes_ += bytes;
    return true;
}

void MarkdownOutput::append(std::string_view text) {
    made.text += text;
    for (; !text.empty(); ++points)
        take_code_point(text);
}

void MarkdownOutput::append(std::string_view text, Entity entity) {
    entity.offset = points;
    append(text);
    entity.length = points - entity.offset;
    made.entities.push_back(std::move(entity));
}

RichText parse_markdown(std::string_view source, const MarkdownNames& names) {
    MarkdownOutput output;
    Blocks(source, false, names, output).parse();
    put_in_order(output.made.entities);
    return std::move(output.made);
}

}  // namespace parley::core::rules
