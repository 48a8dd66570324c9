#pragma once

#include "client/cli/directory.hpp"
#include "client/cli/terminal.hpp"
#include "core/rules/markdown.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What people type as Markdown, and how a terminal shows what came of it.
namespace parley::client::cli {

/// Whom a message there may name: by the handles of the members that this device knows, and all at once where
/// one's role may. Members are looked up when the first name is met.
core::rules::MarkdownNames names_in(Session& session, const Place& place);

/// A message without what it says: the text, its entities, and persons who are named besides. An edit
/// likewise.
template <class Command>
void say(Command& command, std::string_view source, const core::rules::MarkdownNames& names) {
    auto rich = core::rules::parse_markdown(source, names);
    command.text = std::move(rich.text);
    command.entities = std::move(rich.entities);
}

/// How a text is shown.
struct Shown {
    std::string_view text;
    std::span<const protocol::Entity> entities;
    /// Otherwise something stands over spoilers, so that their length alone is seen.
    bool spoilers = false;
};

/// Several lines, made harmless, those behind the first `indent` columns to the right: styles where the
/// terminal can, quotations behind a bar, and behind a text that is a link where it leads.
std::string styled_block(const Terminal& terminal, const Shown& shown, std::size_t indent);

/// One line for a list; made harmless.
std::string plain_line(const Shown& shown);

/// Each an object with the fields of the protocol.
std::vector<std::string> objects_of(std::span<const protocol::Entity> entities);

/// The message as it could be typed: Markdown.
std::string markdown_of(Directory& directory, const StreamId& stream, const protocol::ViewMessage& message);

}  // namespace parley::client::cli
