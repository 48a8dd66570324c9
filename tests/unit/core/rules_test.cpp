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
        {direct, Role::owner, Act::read, true},        {direct, Role::member, Act::send, true},
        {direct, Role::owner, Act::leave, false},      {direct, Role::owner, Act::rename, false},
        {direct, Role::owner, Act::add_member, false}, {direct, Role::owner, Act::remove_member, false},
        {group, Role::member, Act::read, true},        {group, Role::member, Act::send, true},
        {group, Role::member, Act::leave, true},       {group, Role::member, Act::rename, false},
        {group, Role::member, Act::add_member, false}, {group, Role::member, Act::remove_member, false},
        {group, Role::owner, Act::read, true},         {group, Role::owner, Act::send, true},
        {group, Role::owner, Act::leave, true},        {group, Role::owner, Act::rename, true},
        {group, Role::owner, Act::add_member, true},   {group, Role::owner, Act::remove_member, true},
    };
    for (const Row& row : table)
        EXPECT_EQ(may(row.kind, row.role, row.act).has_value(), row.allowed)
            << name_of(row.kind) << " " << name_of(row.role) << " " << static_cast<int>(row.act);
}

TEST(Rules, HandlesAreWellFormed) {
    for (const char* good : {"ab", "a.b-c_9", "zz9"})
        EXPECT_TRUE(check_handle(good)) << good;
    for (const char* bad : {"", "a", "9a", "Ab", "a b", "a\xc3\xa4", "-a", "a/b", "a@b"})
        EXPECT_FALSE(check_handle(bad)) << bad;
    EXPECT_TRUE(check_handle(std::string(32, 'a')));
    EXPECT_FALSE(check_handle(std::string(33, 'a')));
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

}  // namespace
}  // namespace parley::test
