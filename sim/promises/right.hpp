#pragma once

#include "protocol/generated/cpp/structs.hpp"

#include <cstdint>
#include <optional>

/// What roles may do in groups, written down a second time and without the product's rules.
namespace parley::sim {

enum class Right : std::uint8_t {
    post,
    add,
    remove,
    rename,
    delete_others,
    pin,
    name_all,
    invite,
    give_roles,
    set_permissions,
    share_history,
    slow_down,
    transfer
};

/// Whether this role has it where the group's settings say so.
bool has_right(protocol::Role role, Right right, const protocol::Permissions& set);
bool stands_above(protocol::Role one, protocol::Role other);
/// Whether the one may remove the other, or change his role, where he has the right at all.
bool reaches(protocol::Role own, protocol::Role other);
/// The role of somebody who comes in: brought by one with this role, and with what he was before, if
/// anything.
protocol::Role comes_in_as(protocol::Role brought_by, protocol::Role before);
/// Whether all that is wanted holds where this is set.
bool holds(const protocol::Permissions& wanted, const protocol::Permissions& set);
/// Whether two settings come to the same but for what is named here.
bool same_besides(const protocol::Permissions& named, const protocol::Permissions& one,
                  const protocol::Permissions& other);

}  // namespace parley::sim
