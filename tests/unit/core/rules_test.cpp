#include "core/rules/emoji.hpp"
#include "core/rules/permissions.hpp"
#include "core/rules/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::test {
namespace {

using namespace core::rules;
using protocol::ConversationKind;
using protocol::Role;

TEST(Rules, PermissionsAreThisTable) {
    struct Row {
        ConversationKind kind;
        Role role;
        Act act;
        bool allowed;
    };
    const auto direct = ConversationKind::direct;
    const auto group = ConversationKind::group;
    const Row table[] = {
        {direct, Role::owner, Act::read, true},
        {direct, Role::member, Act::send, true},
        {direct, Role::member, Act::edit_own, true},
        {direct, Role::member, Act::delete_own, true},
        {direct, Role::member, Act::delete_others, false},
        {direct, Role::owner, Act::delete_others, false},
        {group, Role::member, Act::edit_own, true},
        {group, Role::member, Act::delete_own, true},
        {group, Role::owner, Act::edit_own, true},
        {group, Role::owner, Act::delete_own, true},
        {group, Role::member, Act::delete_others, false},
        {group, Role::owner, Act::delete_others, true},
        {direct, Role::owner, Act::leave, false},
        {direct, Role::owner, Act::rename, false},
        {direct, Role::owner, Act::add_member, false},
        {direct, Role::owner, Act::remove_member, false},
        {group, Role::member, Act::read, true},
        {group, Role::member, Act::send, true},
        {group, Role::member, Act::leave, true},
        {group, Role::member, Act::rename, false},
        {group, Role::member, Act::add_member, false},
        {group, Role::member, Act::remove_member, false},
        {group, Role::owner, Act::read, true},
        {group, Role::owner, Act::send, true},
        {group, Role::owner, Act::leave, true},
        {group, Role::owner, Act::rename, true},
        {group, Role::owner, Act::add_member, true},
        {group, Role::owner, Act::remove_member, true},
    };
    for (const Row& row : table)
        EXPECT_EQ(may(row.kind, {}, row.role, row.act).has_value(), row.allowed)
            << name_of(row.kind) << " " << name_of(row.role) << " " << static_cast<int>(row.act);
}

// All that the settings of a group can say, and what others do with it: tests/contract/permissions.tsv.
TEST(Rules, PermissionsThatAreSetLeaveTheOthersAsTheyAre) {
    const auto set = with(in_force({}), {.rename = Role::guest});
    EXPECT_EQ(lowest_role(set, Act::rename), Role::guest);
    EXPECT_EQ(lowest_role(set, Act::add_member), Role::admin);
    EXPECT_EQ(lowest_role({.post = Role::owner}, Act::edit_own), Role::owner)
        << "what is edited is said anew";
    EXPECT_EQ(lowest_role({.post = Role::owner}, Act::delete_own), Role::guest);
    EXPECT_EQ(with(set, {}), set);
}

TEST(Rules, ARefusalSaysWhichRoleItTakes) {
    const auto refusal = [](const protocol::Permissions& set, Role role, Act act) {
        return may(ConversationKind::group, set, role, act).error().context;
    };
    EXPECT_EQ(refusal({}, Role::guest, Act::rename),
              "in this group it takes the role admin or a higher one, and yours is guest");
    EXPECT_EQ(refusal({.rename = Role::owner}, Role::admin, Act::rename), "in this group it takes an owner");
}

TEST(Rules, HandlesAreWellFormed) {
    for (const char* good : {"ab", "a.b-c_9", "zz9"})
        EXPECT_TRUE(check_handle(good)) << good;
    for (const char* bad : {"", "a", "9a", "Ab", "a b", "a\xc3\xa4", "-a", "a/b", "a@b"})
        EXPECT_FALSE(check_handle(bad)) << bad;
    EXPECT_TRUE(check_handle(std::string(32, 'a')));
    EXPECT_FALSE(check_handle(std::string(33, 'a')));
}

TEST(Rules, NamesAreOneLineThatCanBeSeen) {
    for (const char* good : {"Ada", " Ada ", "O'Neil \"the\" \\", "שלום", "नमस्ते", "👨‍👩‍👧‍👦",
                             "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "a\u200fb", "'; DROP TABLE row; --"})
        EXPECT_TRUE(check_name(good, "name")) << good;
    for (const char* bad : {"",
                            " ",
                            "   ",
                            "\u00a0\u3000",
                            "\u200b",
                            "\ufeff",
                            "\u00ad\u2060",
                            "\u3164",
                            "\u2800",
                            "\ufe0f",
                            "\U000E0041",
                            "two\nlines",
                            "a\rb",
                            "tab\there",
                            "\x1b[2Jgone",
                            "\x01",
                            "bell\a",
                            "\x7f",
                            "a\u0085b",
                            "a\u009b31m",
                            "a\u2028b",
                            "a\u2029b",
                            "a\u202eb",
                            "\u202aa",
                            "a\u2066b\u2069"}) {
        const auto checked = check_name(bad, "title");
        ASSERT_FALSE(checked) << bad;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid);
        EXPECT_EQ(checked.error().field, "title");
    }
    EXPECT_FALSE(check_name(std::string("a\0b", 3), "name"));
    EXPECT_FALSE(check_name("a\xff", "name"));
    EXPECT_TRUE(check_name(std::string(100, 'x'), "name"));
    EXPECT_FALSE(check_name(std::string(101, 'x'), "name"));
}

TEST(Rules, TextsHaveBothLimits) {
    EXPECT_TRUE(check_message_text("x"));
    EXPECT_FALSE(check_message_text(""));
    EXPECT_TRUE(check_message_text(std::string(8000, 'x')));
    EXPECT_FALSE(check_message_text(std::string(8001, 'x')));
    std::string wide;
    for (int i = 0; i < 5000; ++i)
        wide += "\xf0\x9f\x98\x80";
    EXPECT_FALSE(check_message_text(wide)) << "20,000 bytes";
    EXPECT_FALSE(check_message_text(std::string("a\0b", 3)));
    EXPECT_FALSE(check_message_text("\xed\xa0\x80"));
}

TEST(Rules, PasswordsHaveALeastLength) {
    EXPECT_FALSE(check_password("1234567"));
    EXPECT_TRUE(check_password("12345678"));
    EXPECT_FALSE(check_password(std::string(1025, 'x')));
}

TEST(Rules, AnEmojiIsOneInItsFullSpelling) {
    const char* const emoji[] = {
        "\U0001F44D",            // thumbs up
        "\U0001F44D\U0001F3FD",  // of a colour of skin
        "\u2764\uFE0F",          // a heart, which is a sign of text without the selector
        "\u261D\U0001F3FB",      // a finger, of a colour
        "1\uFE0F\u20E3",         // a keycap
        "\U0001F1E9\U0001F1EA",  // a flag
        "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",  // one of tags
        "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466",              // a family
        "\U0001F3F3\uFE0F\u200D\U0001F308",                                        // the rainbow flag
        "\U0001F3C3\U0001F3FE\u200D\u2640\uFE0F",                                  // a runner
        "\U0001FAFF",  // one that is still to come
    };
    for (const char* one : emoji)
        EXPECT_TRUE(check_emoji(one)) << one;
    const std::string_view others[] = {
        "",
        "a",
        "1",
        "\u00e4",
        "\u2764",                // a heart as text
        "\U0001F44D\uFE0F",      // two spellings would be two reactions
        "\U0001F44D\U0001F44D",  // two
        "\U0001F44D ",
        "\U0001F525\U0001F3FD",  // fire has no skin
        "\U0001F1E9",            // half a flag
        "\U0001F1E9\U0001F1EA\U0001F1E9\U0001F1EA",
        "\U0001F44D\u200D",  // joined to nothing
        "\u200D\U0001F44D",
        "\U0001F3F4\U000E0067\U000E0062",  // tags without an end
        "\U0001F44D\U000E0067\U000E007F",
        "1\u20E3",
        "\uFE0F",
        "\u202E\U0001F44D",
        {"\U0001F44D\0", 5},  // a text with something behind the emoji
        {"\U0001F44D\0\xff", 6},
    };
    for (const std::string_view one : others) {
        const auto checked = check_emoji(one);
        ASSERT_FALSE(checked) << one;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid);
        EXPECT_EQ(checked.error().field, "emoji");
    }
}

}  // namespace
}  // namespace parley::test
