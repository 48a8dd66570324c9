#include "sim/promises/right.hpp"

#include <algorithm>
#include <array>

namespace parley::sim {

namespace {

using protocol::Permissions;
using protocol::Role;

constexpr std::array from_the_highest = {Role::owner, Role::admin, Role::moderator, Role::member,
                                         Role::guest};

struct Row {
    Right right;
    /// Of nobody below this one.
    Role role;
    /// Where the settings may say otherwise.
    std::optional<Role> Permissions::* set = nullptr;
};

constexpr std::array table = {
    Row{Right::post, Role::guest, &Permissions::post},
    Row{Right::add, Role::admin, &Permissions::add},
    Row{Right::remove, Role::admin, &Permissions::remove},
    Row{Right::rename, Role::admin, &Permissions::rename},
    Row{Right::delete_others, Role::moderator, &Permissions::delete_others},
    Row{Right::pin, Role::moderator, &Permissions::pin},
    Row{Right::name_all, Role::member, &Permissions::mention_all},
    Row{Right::invite, Role::admin, &Permissions::invite},
    Row{Right::give_roles, Role::admin},
    Row{Right::set_permissions, Role::owner},
    Row{Right::share_history, Role::owner},
    Row{Right::slow_down, Role::admin},
    Row{Right::transfer, Role::owner},
};

Role lowest_with(const Row& row, const Permissions& set) {
    return row.set == nullptr ? row.role : (set.*row.set).value_or(row.role);
}

}  // namespace

bool stands_above(Role one, Role other) {
    return std::ranges::find(from_the_highest, one) < std::ranges::find(from_the_highest, other);
}

bool reaches(Role own, Role other) {
    return own == Role::owner || stands_above(own, other);
}

Role comes_in_as(Role brought_by, Role before) {
    return brought_by == Role::guest || before == Role::guest ? Role::guest : Role::member;
}

bool has_right(Role role, Right right, const Permissions& set) {
    const auto row = std::ranges::find(table, right, &Row::right);
    return !stands_above(lowest_with(*row, set), role);
}

bool holds(const Permissions& wanted, const Permissions& set) {
    return std::ranges::all_of(table, [&](const Row& row) {
        const auto asked = row.set == nullptr ? std::nullopt : wanted.*row.set;
        return !asked || *asked == lowest_with(row, set);
    });
}

bool same_besides(const Permissions& named, const Permissions& one, const Permissions& other) {
    return std::ranges::all_of(table, [&](const Row& row) {
        const bool is_named = row.set != nullptr && (named.*row.set).has_value();
        return is_named || lowest_with(row, one) == lowest_with(row, other);
    });
}

}  // namespace parley::sim
