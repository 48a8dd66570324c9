#pragma once

#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/markdown.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// Texts of which every piece means something in Markdown, and lists of entities on them.
namespace parley::test {

inline protocol::Entity entity(protocol::EntityKind kind, std::int64_t offset, std::int64_t length) {
    return {.kind = kind, .offset = offset, .length = length};
}

inline protocol::Entity link_to(std::string url, std::int64_t offset, std::int64_t length) {
    auto made = entity(protocol::EntityKind::link, offset, length);
    made.url = std::move(url);
    return made;
}

inline protocol::Entity mention_of(std::string account, std::int64_t offset, std::int64_t length) {
    auto made = entity(protocol::EntityKind::mention, offset, length);
    made.account = AccountId(std::move(account));
    return made;
}

/// ada, bob and whoever is called e may be named, and all at once.
inline core::rules::MarkdownNames some_names() {
    return {.member = [](std::string_view handle) -> std::optional<AccountId> {
                if (handle == "ada") return AccountId("a1");
                if (handle == "bob.") return AccountId("a2");
                if (handle == "e") return AccountId("a3");
                return std::nullopt;
            },
            .all = true};
}

inline const std::vector<std::string>& pieces_of_markdown() {
    static const std::vector<std::string> pieces = {"a",
                                                    "b c",
                                                    "e",
                                                    " ",
                                                    " ",
                                                    "\n",
                                                    "\n",
                                                    "*",
                                                    "**",
                                                    "***",
                                                    "****",
                                                    "_",
                                                    "__",
                                                    "~~",
                                                    "~",
                                                    "||",
                                                    "|",
                                                    "`",
                                                    "``",
                                                    "```",
                                                    "```\n",
                                                    "```c\n",
                                                    "````",
                                                    "> ",
                                                    ">",
                                                    "[",
                                                    "]",
                                                    "](",
                                                    "(",
                                                    ")",
                                                    "](https://x.y)",
                                                    "](mention:a1)",
                                                    "](everyone:)",
                                                    "](javascript:x)",
                                                    "@",
                                                    "@ada",
                                                    "@bob.",
                                                    "@everyone",
                                                    "@here",
                                                    "\\",
                                                    "\\*",
                                                    "\\\\",
                                                    "http://",
                                                    "https://x.y",
                                                    "https://x.y/(a)",
                                                    "HTTPS://Z",
                                                    "mailto:a@b",
                                                    ".",
                                                    ",",
                                                    "!",
                                                    "-",
                                                    "\u00e4",
                                                    "\u00a0",
                                                    "\u4f60",
                                                    "\U0001f642",
                                                    "\r",
                                                    "\t",
                                                    "0",
                                                    ":",
                                                    "//",
                                                    "\"",
                                                    "<",
                                                    "#"};
    return pieces;
}

inline rc::Gen<std::string> marked_text() {
    return rc::gen::map(
        rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces_of_markdown())),
        [](const std::vector<std::string>& pieces) {
            std::string text;
            for (const std::string& piece : pieces)
                text += piece;
            return text;
        });
}

/// Any list that the rule allows: of many entities those are kept that go together.
inline rc::Gen<core::rules::RichText> rich_text() {
    using Try = std::tuple<int, int, int, bool>;
    const auto tries = rc::gen::container<std::vector<Try>>(
        rc::gen::tuple(rc::gen::inRange(1, 12), rc::gen::inRange(0, 40), rc::gen::inRange(1, 20),
                       rc::gen::arbitrary<bool>()));
    return rc::gen::apply(
        [](std::string text, const std::vector<Try>& wanted) {
            core::rules::RichText rich{.text = std::move(text), .entities = {}};
            for (const auto& [kind, offset, length, other] : wanted) {
                protocol::Entity one{
                    .kind = static_cast<protocol::EntityKind>(kind), .offset = offset, .length = length};
                if (one.kind == protocol::EntityKind::mention)
                    one.account = AccountId(other ? "a1" : "(a)\\2");
                if (one.kind == protocol::EntityKind::link) one.url = other ? "https://x.y" : "mailto:a(b@c";
                if (one.kind == protocol::EntityKind::code_block && other) one.language = "c++";
                auto entities = rich.entities;
                entities.insert(std::ranges::lower_bound(entities, one, core::rules::stands_before), one);
                if (core::rules::check_entities({.text = rich.text, .mentions = {}, .entities = entities}))
                    rich.entities = std::move(entities);
            }
            return rich;
        },
        marked_text(), tries);
}

}  // namespace parley::test
