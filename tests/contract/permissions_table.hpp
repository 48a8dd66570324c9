#pragma once

#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/structs.hpp"
#include "tests/support/source_dir.hpp"

#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

/// permissions.tsv, as it is read.
namespace parley::server::test {

using protocol::Permissions;
using protocol::Role;

inline constexpr std::array all_roles = {Role::owner, Role::admin, Role::moderator, Role::member,
                                         Role::guest};
/// Absent: of somebody who is out.
using Standing = std::optional<Role>;

/// By the words of the table, which acts the settings of a group speak of.
inline const std::map<std::string, std::optional<Role> Permissions::*>& fields() {
    static const std::map<std::string, std::optional<Role> Permissions::*> known = {
        {"post", &Permissions::post},
        {"forward into", &Permissions::post},
        {"edit own", &Permissions::post},
        {"add", &Permissions::add},
        {"remove", &Permissions::remove},
        {"rename", &Permissions::rename},
        {"delete others", &Permissions::delete_others},
        {"pin", &Permissions::pin},
        {"name all", &Permissions::mention_all},
        {"name all by edit", &Permissions::mention_all},
        {"invite", &Permissions::invite},
        {"see links", &Permissions::invite},
        {"revoke link", &Permissions::invite},
    };
    return known;
}

inline Permissions all_set_to(Role role) {
    return {.post = role,
            .add = role,
            .remove = role,
            .rename = role,
            .delete_others = role,
            .pin = role,
            .mention_all = role,
            .invite = role};
}

struct Line {
    std::string act;
    /// Of the settings for this act; nothing: any.
    std::optional<Role> set;
    /// As the table says: "any", "-", "out" or a role.
    std::string subject;
    std::optional<Role> given;
    /// In a direct conversation: as below, for who has blocked the other, and for who is blocked.
    std::string blocker = {};
    std::string blocked = {};
    /// By the standing of who wants it: "yes", or a code.
    std::vector<std::pair<Standing, std::string>> expected;
};

struct Table {
    std::map<std::string, Role> defaults;
    std::vector<Line> groups;
    std::vector<Line> direct;
};

inline Table read_table() {
    Table table;
    std::ifstream file(parley::test::source_dir() / "tests/contract/permissions.tsv");
    for (std::string text; std::getline(file, text);) {
        if (text.empty() || text.starts_with('#')) continue;
        std::vector<std::string> words;
        std::istringstream line(text);
        for (std::string word; std::getline(line, word, '\t');)
            words.push_back(word);
        const auto role_of = [](const std::string& word) {
            return protocol::enum_named<Role>(word);
        };
        if (words.at(0) == "default") {
            table.defaults[words.at(1)] = role_of(words.at(2)).value();
        } else if (words.at(0) == "direct") {
            table.direct.push_back({.act = words.at(1),
                                    .subject = "-",
                                    .blocker = words.at(3),
                                    .blocked = words.at(4),
                                    .expected = {{Role::member, words.at(2)}, {std::nullopt, words.at(5)}}});
        } else {
            Line one{.act = words.at(0),
                     .set = role_of(words.at(1)),
                     .subject = words.at(2),
                     .given = role_of(words.at(3))};
            for (std::size_t i = 0; i < all_roles.size(); ++i)
                one.expected.emplace_back(all_roles.at(i), words.at(4 + i));
            one.expected.emplace_back(std::nullopt, words.at(4 + all_roles.size()));
            table.groups.push_back(std::move(one));
        }
    }
    return table;
}

}  // namespace parley::server::test
