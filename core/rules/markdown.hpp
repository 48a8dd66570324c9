#pragma once

#include "protocol/generated/cpp/structs.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Markdown-like input: what people type becomes a text without marks and its entities, and these become what
/// an editor shows. The one reading of it, for all clients; the server knows nothing of it.
///
///     **bold**  *italic*  _italic_  ~~struck~~  ||spoiler||  `code`  [text](https://…)  https://…
///     @handle  @everyone  @here     > at the beginning of lines: a quotation
///     ``` and ```lang in a line of their own, before and after: a block of code
///     \* and a backslash before any other mark: the mark itself
///
/// Marks of which nothing becomes stay text, as they stand there. Code takes everything as it is. Runs of
/// marks in code are ended by runs of the same length. Underscores within a word are text.
/// `[text](mention:ID)`,
/// `[text](everyone:)` and `[text](here:)` are names in other words than their handle.
namespace parley::core::rules {

struct RichText {
    std::string text;
    /// As check_entities wants them, wherever `text` can be that of a message.
    std::vector<protocol::Entity> entities;
    friend bool operator==(const RichText&, const RichText&) = default;
};

/// What names mean where the text is written.
struct MarkdownNames {
    /// Whose handle this is, among those who may be named; nothing: nobody's, and it stays text.
    std::function<std::optional<AccountId>(std::string_view handle)> member;
    /// @everyone and @here name all.
    bool all = false;
};

/// For any bytes; of valid UTF-8 it makes valid UTF-8, never longer. The time grows with the length.
RichText parse_markdown(std::string_view source, const MarkdownNames& names);

/// What `parse_markdown` with the same names reads as this text with these entities. A list that breaks the
/// rule counts as an empty one.
std::string print_markdown(std::string_view text, std::span<const protocol::Entity> entities,
                           const MarkdownNames& names);

}  // namespace parley::core::rules
