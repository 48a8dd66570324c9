#include "core/rules/entities.hpp"

#include "base/utf8.hpp"
#include "core/rules/messages.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/rich_texts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::test {
namespace {

using core::rules::check_entities;
using protocol::Entity;
using protocol::EntityKind;

/// Of a text of three lines: "ab cd", "ef", "\U0001F642 gh".
constexpr std::string_view lines = "ab cd\nef\n\U0001F642 gh";

void expect_valid(const std::vector<Entity>& entities) {
    const auto checked = check_entities({lines, {}, entities});
    EXPECT_TRUE(checked) << checked.error().context;
}

/// Also for a device, which does not look at what the text says.
void expect_refused(const std::vector<Entity>& entities, const std::string& why) {
    for (const auto& checked :
         {check_entities({lines, {}, entities}), core::rules::check_entities_apart({lines, {}, entities})}) {
        ASSERT_FALSE(checked) << why;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid);
        EXPECT_EQ(checked.error().field, "entities");
        EXPECT_EQ(checked.error().context, why);
    }
}

/// By what the text says: the server's part.
void expect_unfit(const std::vector<Entity>& entities, const std::string& why) {
    EXPECT_TRUE(core::rules::check_entities_apart({lines, {}, entities}));
    const auto checked = check_entities({lines, {}, entities});
    ASSERT_FALSE(checked) << why;
    EXPECT_EQ(checked.error().context, why);
}

TEST(Entities, LieApartOrInEachOther) {
    expect_valid({});
    expect_valid({entity(EntityKind::bold, 0, 2), entity(EntityKind::italic, 2 + 1, 2)});
    expect_valid(
        {entity(EntityKind::bold, 0, 5), entity(EntityKind::italic, 0, 2), entity(EntityKind::code, 3, 2)});
    expect_valid({entity(EntityKind::bold, 0, 5), entity(EntityKind::italic, 0, 5)});
    expect_refused({entity(EntityKind::bold, 0, 4), entity(EntityKind::italic, 1, 4)}, "two of them overlap");
    expect_refused({entity(EntityKind::italic, 0, 5), entity(EntityKind::bold, 0, 5)},
                   "they are not in order");
    expect_refused({entity(EntityKind::bold, 3, 2), entity(EntityKind::bold, 0, 2)}, "they are not in order");
    expect_refused({entity(EntityKind::bold, 0, 2), entity(EntityKind::bold, 0, 2)}, "they are not in order");
    expect_refused(
        {entity(EntityKind::bold, 0, 5), entity(EntityKind::italic, 0, 2), entity(EntityKind::bold, 0, 1)},
        "one of a kind lies in another of it");
    expect_refused({entity(EntityKind::bold, 0, 1), entity(EntityKind::bold, 1, 1)},
                   "two of one kind touch: make them one");
    expect_valid({mention_of("a1", 0, 1), mention_of("a2", 1, 1)});
}

TEST(Entities, LieInTheText) {
    expect_valid({entity(EntityKind::bold, 9, 4)});
    const std::string beyond = "one of them goes beyond the text, or covers nothing";
    expect_refused({entity(EntityKind::bold, 9, 5)}, beyond);
    expect_refused({entity(EntityKind::bold, 13, 1)}, beyond);
    expect_refused({entity(EntityKind::bold, 0, 0)}, beyond);
    expect_refused({entity(EntityKind::bold, -1, 2)}, beyond);
    expect_refused({entity(EntityKind::bold, 1, INT64_MAX)}, beyond);
    expect_refused({entity(EntityKind::bold, INT64_MAX, 1)}, beyond);
    expect_refused({entity(EntityKind::bold, 3, -2)}, beyond);
}

TEST(Entities, HoldNothingThatMakesNoSense) {
    expect_refused({entity(EntityKind::code, 0, 5), entity(EntityKind::bold, 0, 2)},
                   "code and names hold nothing else");
    expect_refused({mention_of("a1", 0, 5), entity(EntityKind::code, 0, 2)},
                   "code and names hold nothing else");
    expect_refused({link_to("https://x", 0, 5), mention_of("a1", 0, 2)}, "a link holds no mention");
    expect_refused({entity(EntityKind::bold, 0, 5), entity(EntityKind::code_block, 0, 5)},
                   "a block of code stands in nothing but a quotation");
    expect_refused({entity(EntityKind::bold, 0, 8), entity(EntityKind::quote, 6, 2)},
                   "a quotation stands in nothing else");
    expect_valid({entity(EntityKind::quote, 0, 5), entity(EntityKind::code_block, 0, 5)});
    expect_refused({entity(EntityKind::quote, 0, 5), entity(EntityKind::quote, 6, 2)},
                   "two of one kind touch: make them one");
}

TEST(Entities, HaveWhatTheirKindNeedsAndNothingElse) {
    const std::string person = "a mention has an account, and nothing else has";
    const std::string address = "a link has an address, and nothing else has";
    expect_refused({entity(EntityKind::mention, 0, 2)}, person);
    expect_refused({entity(EntityKind::link, 0, 2)}, address);
    Entity bold = entity(EntityKind::bold, 0, 2);
    bold.account = AccountId("a1");
    expect_refused({bold}, person);
    bold = entity(EntityKind::bold, 0, 2);
    bold.url = "https://x";
    expect_refused({bold}, address);
    bold.url.reset();
    bold.language = "c";
    expect_refused({bold}, "only a block of code has a language");
    Entity block = entity(EntityKind::code_block, 0, 5);
    block.language = "c++";
    expect_valid({block});
    block.language = "`";
    expect_unfit({block}, "a language has no backtick");
}

TEST(Entities, CoverSomethingThatCanBeSeen) {
    expect_unfit({entity(EntityKind::bold, 2, 1)}, "one of them covers nothing that can be seen");
    expect_unfit({entity(EntityKind::code, 2, 1)}, "one of them covers nothing that can be seen");
    expect_unfit({entity(EntityKind::bold, 2, 2)}, "one of them begins or ends with white space");
    expect_unfit({entity(EntityKind::bold, 0, 3)}, "one of them begins or ends with white space");
    expect_valid({entity(EntityKind::code, 2, 2)});
    expect_valid({entity(EntityKind::bold, 0, 8)});
    expect_unfit({entity(EntityKind::code, 0, 8)}, "code of more than one line is a block of code");
    expect_unfit({entity(EntityKind::quote, 0, 4)}, "quotations and blocks of code are whole lines");
    expect_unfit({entity(EntityKind::code_block, 7, 1)}, "quotations and blocks of code are whole lines");
    expect_valid({entity(EntityKind::quote, 0, 8)});
    expect_valid({entity(EntityKind::code_block, 9, 4)});
}

TEST(Entities, LeadToWebAndMailAlone) {
    for (const char* url : {"https://x", "HTTP://x.y:80/a?b=(c)#d", "mailto:a@b.c", "http://[::1]/%C3%A4"})
        EXPECT_TRUE(core::rules::is_address(url)) << url;
    for (const char* url :
         {"", "x", "https:", "https://", "https:///x", "javascript:alert(1)", "data:text/html,x",
          "file:///etc/passwd", " https://x", "https://x y", "https://x\n", "https://\xc3\xa4",
          "https://x\"onclick", "https://<x>", "java\tscript:x", "mailto:", "//x", "vbscript:x"})
        EXPECT_FALSE(core::rules::is_address(url)) << url;
    const std::string longest = "https://" + std::string(limits::url_bytes_max - 8, 'x');
    EXPECT_TRUE(core::rules::is_address(longest));
    EXPECT_FALSE(core::rules::is_address(longest + "x"));
    expect_unfit({link_to("javascript:alert(1)", 0, 2)},
                 "a link leads to http, https or mailto, in the characters of RFC 3986");
}

TEST(Entities, AreLimited) {
    std::vector<Entity> many;
    std::string text;
    for (std::int64_t i = 0; i < limits::entities_max; ++i, text += "a ")
        many.push_back(entity(EntityKind::bold, 2 * i, 1));
    EXPECT_TRUE(check_entities({text, {}, many}));
    text += "a";
    many.push_back(entity(EntityKind::bold, 2 * limits::entities_max, 1));
    EXPECT_EQ(check_entities({text, {}, many}).error().context, "there are too many");

    const std::string url = "https://" + std::string(limits::url_bytes_max - 8, 'x');
    const std::string rest = url.substr(0, limits::entity_bytes_max - limits::url_bytes_max - 2);
    const auto with = [&](const char* account) {
        return std::vector{link_to(url, 0, 1), link_to(rest, 2, 1), mention_of(account, 4, 1)};
    };
    EXPECT_TRUE(check_entities({text, {}, with("ab")}));
    for (const char* account : {"abc", "a\""})
        EXPECT_EQ(check_entities({text, {}, with(account)}).error().context,
                  "their accounts, addresses and languages are too long together");
}

TEST(Entities, NameEachPersonOnceAndNoMoreThanAMessageMay) {
    std::vector<Entity> named;
    std::vector<AccountId> said = {AccountId("b"), AccountId("b"), AccountId("m0")};
    std::string text;
    for (std::int64_t i = 0; i < limits::mentions_max - 2; ++i, text += "a ")
        named.push_back(mention_of("m" + std::to_string(i), 2 * i, 1));
    EXPECT_TRUE(check_entities({text, said, named}));
    const auto all = core::rules::all_named({text, said, named});
    EXPECT_EQ(std::ssize(all), limits::mentions_max);
    EXPECT_EQ((std::vector(all.begin(), all.begin() + 4)),
              (std::vector{AccountId("b"), AccountId("b"), AccountId("m0"), AccountId("m1")}));
    said.emplace_back("c");
    const auto refused = check_entities({text, said, named});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "mentions");
}

TEST(Entities, NameAllByEitherWord) {
    EXPECT_FALSE(core::rules::names_all({}));
    EXPECT_FALSE(core::rules::names_all(std::vector{mention_of("a", 0, 1)}));
    EXPECT_TRUE(
        core::rules::names_all(std::vector{mention_of("a", 0, 1), entity(EntityKind::everyone, 1, 1)}));
    EXPECT_TRUE(core::rules::names_all(std::vector{entity(EntityKind::here, 1, 1)}));
}

TEST(Entities, AreCutWithTheirText) {
    const std::vector<Entity> all{entity(EntityKind::bold, 0, 9), entity(EntityKind::italic, 3, 2),
                                  entity(EntityKind::code, 4, 1), entity(EntityKind::code, 6, 1)};
    EXPECT_EQ(core::rules::cut_entities("abcdefghi", all, 5),
              (std::vector{entity(EntityKind::bold, 0, 5), entity(EntityKind::italic, 3, 2),
                           entity(EntityKind::code, 4, 1)}));
    EXPECT_TRUE(core::rules::cut_entities("abcdefghi", all, 0).empty());
}

TEST(Entities, ThatAreCutAreAsTheRuleWantsThem) {
    const std::string text = "hidden   away, and more";
    const std::vector<Entity> all{entity(EntityKind::italic, 0, 23), entity(EntityKind::bold, 0, 20),
                                  entity(EntityKind::spoiler, 0, 13)};
    ASSERT_TRUE(core::rules::check_entities({text, {}, all}));
    for (std::int64_t points = 0; points <= 23; ++points) {
        const auto cut = core::rules::cut_entities(text, all, points);
        const auto shown = first_code_points(text, static_cast<std::size_t>(points));
        EXPECT_TRUE(core::rules::check_entities({shown, {}, cut})) << points;
        EXPECT_EQ(cut.size(), points == 0 ? 0u : 3u) << "what is hidden stays so";
    }
}

TEST(Entities, BecomeOfARowWhatTheCommandsSay) {
    protocol::MessageSend sent{.text = "all of you",
                               .mentions = {AccountId("b")},
                               .entities = {entity(EntityKind::everyone, 0, 3), mention_of("c", 7, 3)}};
    auto row = core::rules::row_of(AccountId("a"), sent);
    EXPECT_EQ(row.mentions, (std::vector{AccountId("b"), AccountId("c")}));
    EXPECT_TRUE(row.names_all);
    core::rules::say(row, {.text = "none", .entities = {entity(EntityKind::bold, 0, 4)}});
    EXPECT_TRUE(row.mentions.empty());
    EXPECT_TRUE(row.names_all) << "what was settled when it was sent";
    EXPECT_EQ(row.entities, std::vector{entity(EntityKind::bold, 0, 4)});
    const auto tombstone = core::rules::tombstone_of(row, AccountId("d"));
    EXPECT_TRUE(tombstone.names_all && tombstone.entities.empty() && tombstone.text.empty());
}

}  // namespace
}  // namespace parley::test
