#include "core/rules/markdown.hpp"

#include "core/rules/entities.hpp"
#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/rich_texts.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ostream>
#include <string>

namespace parley::core::rules {

void PrintTo(const RichText& rich, std::ostream* out) {
    *out << '"' << rich.text << '"';
    for (const auto& one : rich.entities)
        *out << " " << name_of(one.kind) << " " << one.offset << "+" << one.length
             << (one.account ? " " + one.account->text() : "") << (one.url ? " " + *one.url : "")
             << (one.language ? " " + *one.language : "");
}

std::ostream& operator<<(std::ostream& out, const RichText& rich) {
    PrintTo(rich, &out);
    return out;
}

}  // namespace parley::core::rules

namespace parley::test {
namespace {

using core::rules::RichText;
using protocol::EntityKind;

RichText read(std::string_view source) {
    return core::rules::parse_markdown(source, some_names());
}

std::string print(const RichText& rich) {
    return core::rules::print_markdown(rich.text, rich.entities, some_names());
}

/// Nothing becomes of it: it stays as it is.
void expect_text(std::string_view source) {
    EXPECT_EQ(read(source), (RichText{std::string(source), {}}));
}

TEST(Markdown, ReadsEachStyle) {
    EXPECT_EQ(read("a **b** c"), (RichText{"a b c", {entity(EntityKind::bold, 2, 1)}}));
    EXPECT_EQ(read("*ä*"), (RichText{"ä", {entity(EntityKind::italic, 0, 1)}}));
    EXPECT_EQ(read("_b c_!"), (RichText{"b c!", {entity(EntityKind::italic, 0, 3)}}));
    EXPECT_EQ(read("🙂~~b~~"), (RichText{"🙂b", {entity(EntityKind::strike, 1, 1)}}));
    EXPECT_EQ(read("||b||c"), (RichText{"bc", {entity(EntityKind::spoiler, 0, 1)}}));
    EXPECT_EQ(read("`*b*`"), (RichText{"*b*", {entity(EntityKind::code, 0, 3)}}));
    EXPECT_EQ(read("`` a`b ``"), (RichText{"a`b", {entity(EntityKind::code, 0, 3)}}));
}

TEST(Markdown, ReadsStylesInStyles) {
    EXPECT_EQ(read("**a *b* c**"),
              (RichText{"a b c", {entity(EntityKind::bold, 0, 5), entity(EntityKind::italic, 2, 1)}}));
    const RichText both{"ab", {entity(EntityKind::bold, 0, 2), entity(EntityKind::italic, 0, 2)}};
    EXPECT_EQ(read("***ab***"), both);
    EXPECT_EQ(read("***ab* c**"),
              (RichText{"ab c", {entity(EntityKind::bold, 0, 4), entity(EntityKind::italic, 0, 2)}}));
    EXPECT_EQ(read("***ab** c*"),
              (RichText{"ab c", {entity(EntityKind::italic, 0, 4), entity(EntityKind::bold, 0, 2)}}));
    EXPECT_EQ(read("*a***b**"),
              (RichText{"ab", {entity(EntityKind::italic, 0, 1), entity(EntityKind::bold, 1, 1)}}));
    EXPECT_EQ(read("_a_*b*"), (RichText{"ab", {entity(EntityKind::italic, 0, 2)}})) << "one, not two";
}

TEST(Markdown, MakesOneOfCodeThatTouchesWhereItsStylesBecomeOne) {
    const RichText rich = read("*`a`*_`b`_");
    EXPECT_EQ(rich.text, "ab");
    EXPECT_TRUE(core::rules::check_entities({rich.text, {}, rich.entities}));
}

TEST(Markdown, ReadsLines) {
    EXPECT_EQ(read("> a\n> *b*\n\nc"),
              (RichText{"a\nb\n\nc", {entity(EntityKind::quote, 0, 3), entity(EntityKind::italic, 2, 1)}}));
    protocol::Entity block = entity(EntityKind::code_block, 2, 5);
    block.language = "c++";
    EXPECT_EQ(read("x\n```c++\n*a*\nb\n```\ny"), (RichText{"x\n*a*\nb\ny", {block}}));
    block = entity(EntityKind::code_block, 0, 3);
    EXPECT_EQ(read("````\n```\n````"), (RichText{"```", {block}}));
    EXPECT_EQ(read("> ```\n> a\n> ```"),
              (RichText{"a", {entity(EntityKind::quote, 0, 1), entity(EntityKind::code_block, 0, 1)}}));
}

TEST(Markdown, ReadsLinks) {
    EXPECT_EQ(read("[a *b*](https://x.y/(z))"),
              (RichText{"a b", {link_to("https://x.y/(z)", 0, 3), entity(EntityKind::italic, 2, 1)}}));
    EXPECT_EQ(read("see https://x.y/a_b_c."),
              (RichText{"see https://x.y/a_b_c.", {link_to("https://x.y/a_b_c", 4, 17)}}));
    EXPECT_EQ(read("(https://x.y/(a)b)"),
              (RichText{"(https://x.y/(a)b)", {link_to("https://x.y/(a)b", 1, 16)}}));
    EXPECT_EQ(read("https://ä.de"), (RichText{"https://ä.de", {link_to("https://%C3%A4.de", 0, 12)}}));
    EXPECT_EQ(read("**https://x.y**"),
              (RichText{"https://x.y", {entity(EntityKind::bold, 0, 11), link_to("https://x.y", 0, 11)}}));
    EXPECT_EQ(read("[@ada](https://x.y)"), (RichText{"@ada", {link_to("https://x.y", 0, 4)}}));
    EXPECT_EQ(read("[a [b](https://x.y) c](https://z)"),
              (RichText{"[a b c](https://z)", {link_to("https://x.y", 3, 1), link_to("https://z", 8, 9)}}));
}

TEST(Markdown, ReadsNames) {
    EXPECT_EQ(read("hi @ada, @bob. and @Ada."),
              (RichText{"hi @ada, @bob. and @Ada.",
                        {mention_of("a1", 3, 4), mention_of("a2", 9, 5), mention_of("a1", 19, 4)}}));
    EXPECT_EQ(
        read("@everyone @here"),
        (RichText{"@everyone @here", {entity(EntityKind::everyone, 0, 9), entity(EntityKind::here, 10, 5)}}));
    EXPECT_EQ(read("[Ada L.](mention:a1)"), (RichText{"Ada L.", {mention_of("a1", 0, 6)}}));
    EXPECT_EQ(read("[alle](everyone:)"), (RichText{"alle", {entity(EntityKind::everyone, 0, 4)}}));
    expect_text("x@ada @nobody @adah a@here");
    EXPECT_EQ(core::rules::parse_markdown("@everyone @ada [x](here:)", {}),
              (RichText{"@everyone @ada [x](here:)", {}}));
}

TEST(Markdown, KeepsAsTextWhatNothingBecomesOf) {
    for (const char* source : {"2 * 3 * 4",
                               "a ** b ** c",
                               "**a",
                               "a**",
                               "* a\n* b",
                               "snake_case_name",
                               "__init__",
                               "a || b || c",
                               "~a~",
                               "|||a|||",
                               "****",
                               "****a****",
                               "`a",
                               "``a`",
                               "` `",
                               "```\n```",
                               "```\na",
                               ">",
                               "> \n>",
                               "[a]",
                               "[a](b)",
                               "[a](javascript:alert(1))",
                               "[a](data:x)",
                               "[ a](mailto:x)",
                               "[](mailto:x)",
                               "http://",
                               "https://.",
                               "xhttps://a.b",
                               "[a] (https:/x)",
                               "[a](https:///x)",
                               "[a](HTTP:x)",
                               "/\\ /\\ a\\b",
                               "\\",
                               ""})
        expect_text(source);
    EXPECT_EQ(read("**a *b** c*").entities, std::vector{entity(EntityKind::bold, 0, 4)}) << "no overlap";
}

TEST(Markdown, TakesMarksAsTheyAreBehindABackslash) {
    EXPECT_EQ(read("\\*a\\* \\`b\\` \\@ada \\> \\\\ \\[a](https\\://x)"),
              (RichText{"*a* `b` @ada > \\ [a](https://x)", {}}));
    EXPECT_EQ(read("`\\*`"), (RichText{"\\*", {entity(EntityKind::code, 0, 2)}}));
}

TEST(Markdown, PrintsWhatPeopleWouldHaveTyped) {
    for (const char* source :
         {"a **b** *c* ~~d~~ ||e|| `f`", "> a\n> b\nc", "```c++\nx\n```", "[a b](https://x.y/z)",
          "https://x.y/a_b (https://x.y)", "@ada and @bob., snake_case 2 > 1 a|b ~5 x@y.z", "@everyone"})
        EXPECT_EQ(print(read(source)), source);
    EXPECT_EQ(print({"*a* [b] @ada", {}}), "\\*a\\* \\[b\\] \\@ada");
    EXPECT_EQ(print({"Ada", {mention_of("a1", 0, 3)}}), "[Ada](mention:a1)");
    EXPECT_EQ(print({"a", {entity(EntityKind::bold, 0, 2)}}), "a") << "what breaks the rule is not printed";
}

TEST(Markdown, DoesNotCopyTheRestForEachBracket) {
    std::string nested;
    for (int i = 0; i < 100'000; ++i)
        nested += "[](";
    nested += std::string(100'000, ')');
    EXPECT_TRUE(read(nested).entities.empty());
}

TEST(Markdown, MakesNoMoreThanAMessageMayHave) {
    std::string many;
    for (std::int64_t i = 0; i < 2 * limits::entities_max; ++i)
        many += "**a** @ada `b` https://x.y [c](https://z) ";
    const RichText rich = read(many);
    EXPECT_EQ(std::ssize(rich.entities), limits::entities_max);
    EXPECT_TRUE(core::rules::check_entities({rich.text, {}, rich.entities}));
    std::string names;
    for (int i = 0; i < 60; ++i)
        names += "[x](mention:a" + std::to_string(i) + ") ";
    EXPECT_EQ(std::ssize(read(names).entities), limits::mentions_max);
}

/// Of what made other readers slow, a lot: each is read in a moment, whatever the length.
TEST(Markdown, TakesNoLongerThanTheInputIsLong) {
    for (const std::string piece :
         {"[", "](", "[a](", "`", "``a`", "**a", "*_~~||", "```a\n", "> ", "http://", "https://...(", "(",
          "@a.", "a**b*c", "\\", "[[a](mention:b)", "_a*", "||~~"}) {
        std::string source;
        while (source.size() < 100'000)
            source += piece;
        const RichText rich = read(source);
        EXPECT_TRUE(core::rules::check_entities({rich.text, {}, rich.entities})) << piece;
    }
}

RC_GTEST_PROP(Markdown, MakesValidListsOfAnything, ()) {
    const std::string source = *marked_text();
    const RichText rich = core::rules::parse_markdown(source, some_names());
    const auto valid =
        core::rules::check_entities({.text = rich.text, .mentions = {}, .entities = rich.entities});
    if (!valid) RC_LOG() << rich << valid.error().context;
    RC_ASSERT(valid.has_value());
    RC_ASSERT(rich.text.size() <= source.size());
}

RC_GTEST_PROP(Markdown, ReadsWhatItHasPrinted, ()) {
    const RichText rich = *rich_text();
    const std::string printed = print(rich);
    RC_LOG() << printed << "\n";
    RC_ASSERT(read(printed) == rich);
}

RC_GTEST_PROP(Markdown, PrintsTheSameOfWhatItHasRead, ()) {
    const RichText rich = read(*marked_text());
    RC_ASSERT(read(print(rich)) == rich);
}

}  // namespace
}  // namespace parley::test
