// What people type, and lists of entities that anybody may send.

#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/markdown.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/fuzz/decoder.hpp"

#include <array>

namespace parley::fuzz {

namespace {

namespace rules = core::rules;

rules::MarkdownNames some_names() {
    return {.member = [](std::string_view handle) -> std::optional<AccountId> {
                if (handle.empty() || handle.size() > 3) return std::nullopt;
                return AccountId("a" + std::to_string(handle.size()));
            },
            .all = true};
}

void check_print(const rules::RichText& rich) {
    const auto names = some_names();
    const std::string printed = rules::print_markdown(rich.text, rich.entities, names);
    must(rules::parse_markdown(printed, names) == rich, "what is printed is read as the same");
}

void check_markdown(std::string_view bytes) {
    const auto rich = rules::parse_markdown(bytes, some_names());
    must(rich.text.size() <= bytes.size(), "a text is never longer than what was typed");
    if (!count_code_points(bytes) || std::ssize(bytes) > limits::text_points_max) return;
    must(count_code_points(rich.text).has_value(), "of UTF-8 becomes UTF-8");
    must(rules::check_entities({rich.text, {}, rich.entities}).has_value(), "what is read keeps the rule");
    check_print(rich);
}

/// The first byte says how many entities there are, each of four bytes; behind them is the text.
void check_entities(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::size_t count = static_cast<unsigned char>(bytes.front()) % 16;
    bytes.remove_prefix(1);
    std::vector<protocol::Entity> entities;
    for (std::size_t i = 0; i < count && bytes.size() >= 4; ++i, bytes.remove_prefix(4)) {
        const auto number = [&](std::size_t at) {
            return static_cast<std::int64_t>(static_cast<unsigned char>(bytes[at]));
        };
        protocol::Entity one{.kind = static_cast<protocol::EntityKind>(number(0) % 11 + 1),
                             .offset = number(1),
                             .length = number(2)};
        static constexpr std::array urls = {"https://x", "mailto:a(b@c", "javascript:x", "http://[::1]/"};
        if (one.kind == protocol::EntityKind::mention)
            one.account = AccountId("a" + std::to_string(number(3)));
        if (one.kind == protocol::EntityKind::link) one.url = urls[static_cast<std::size_t>(number(3)) % 4];
        if (one.kind == protocol::EntityKind::code_block && number(3) > 9) one.language = "c++";
        entities.push_back(std::move(one));
    }
    if (!count_code_points(bytes)) return;
    const rules::Said said{bytes, {}, entities};
    const bool valid = rules::check_entities(said).has_value();
    must(!valid || rules::check_entities_apart(said).has_value(), "what devices refuse the server refuses");
    for (const std::int64_t points : {0, 5, 200}) {
        const auto cut = rules::cut_entities(bytes, entities, points);
        must(cut.size() <= entities.size(), "cutting adds nothing");
        const auto shown = first_code_points(bytes, static_cast<std::size_t>(points));
        must(!valid || rules::check_entities({shown, {}, cut}).has_value(), "what is cut is in order");
    }
    if (valid) check_print({std::string(bytes), entities});
}

}  // namespace

std::vector<Decoder> markdown_decoders() {
    using Seeds = std::vector<std::string>;
    return {
        {"markdown", check_markdown,
         [] {
             return Seeds{"**a** *b* _c_ ~~d~~ ||e|| `f` ``g`h``", "> q\n> ```c\n> x\n> ```\n\n```\ny\n```",
                          "[a *b*](https://x.y/(z)) https://x.y/z. [c](mailto:d@e) [f](javascript:g)",
                          "@ab @everyone @here [x](mention:a1) [y](everyone:) \\*z\\* \\\\",
                          "***a** b* *c***d** _e_*f*"};
         }},
        {"entities", check_entities, [] {
             return Seeds{std::string("\x02\x01\x00\x05\x00\x03\x02\x02\x00hello", 14),
                          std::string("\x03\x00\x00\x03\x00\x07\x00\x03\x0a\x05\x04\x01\x01hey\nyou", 20)};
         }}};
}

}  // namespace parley::fuzz
