#pragma once

#include "core/rules/markdown.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What stands by itself in Markdown-like input: handles, addresses, fences. Shared by what reads it and what
/// prints it.
namespace parley::core::rules {

bool is_ascii_punctuation(char c);
bool is_ascii_word(char c);

/// A name at the beginning of a text.
struct NameFound {
    protocol::EntityKind kind = protocol::EntityKind::mention;
    std::optional<AccountId> account;
    /// Of the text, the @ included.
    std::size_t bytes = 0;
};

/// `text` begins with @. The longest handle of somebody, without regard to capitals; full stops, hyphens and
/// underscores behind it may belong to the sentence.
std::optional<NameFound> name_at_start(std::string_view text, const MarkdownNames& names);

struct AddressFound {
    std::string url;
    /// Of the text.
    std::size_t bytes = 0;
};

/// `text` begins with http:// or https://, in letters of any size, and an address stands there. What ends a
/// sentence or a bracket behind it is no part of it; what is not ASCII is percent-encoded.
std::optional<AddressFound> address_at_start(std::string_view text);

/// How many bytes of such a text go on without anything that no address has in it.
std::size_t address_run(std::string_view text);

/// How many bytes of the scheme of a web address with its :// stand at the beginning; 0: none.
std::size_t scheme_at_start(std::string_view text);

/// The same characters, those that are not ASCII percent-encoded.
std::string percent_encoded(std::string_view text);

/// A line that begins or ends a block of code.
struct Fence {
    std::size_t backticks = 0;
    std::string_view language;
};
std::optional<Fence> fence_of(std::string_view line);

}  // namespace parley::core::rules
