#include "core/rules/permissions.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <string>

namespace parley::core::rules {

namespace {

using protocol::ConversationKind;
using protocol::Permissions;
using protocol::Role;

/// Both are members, and that is all that there is to a direct conversation.
Status may_in_direct(Act act) {
    switch (act) {
        case Act::read:
        case Act::send:
        case Act::edit_own:
        case Act::delete_own:
        case Act::react:
        case Act::pin:
        case Act::mention_all:
            return {};
        case Act::delete_others:
            return fail(ErrorCode::not_allowed, "only its sender may delete a message here");
        default:
            return fail(ErrorCode::conversation_kind,
                        "a direct conversation has no title, and no members to change");
    }
}

}  // namespace

int rank(Role role) {
    switch (role) {
        case Role::guest:
            return 1;
        case Role::member:
            return 2;
        case Role::moderator:
            return 3;
        case Role::admin:
            return 4;
        case Role::owner:
            return 5;
    }
    return 0;
}

Permissions in_force(Permissions set) {
    return with({.post = Role::guest,
                 .add = Role::admin,
                 .remove = Role::admin,
                 .rename = Role::admin,
                 .delete_others = Role::moderator,
                 .pin = Role::moderator,
                 .mention_all = Role::member,
                 .invite = Role::admin},
                set);
}

Permissions with(Permissions before, const Permissions& set) {
    if (set.post) before.post = set.post;
    if (set.add) before.add = set.add;
    if (set.remove) before.remove = set.remove;
    if (set.rename) before.rename = set.rename;
    if (set.delete_others) before.delete_others = set.delete_others;
    if (set.pin) before.pin = set.pin;
    if (set.mention_all) before.mention_all = set.mention_all;
    if (set.invite) before.invite = set.invite;
    return before;
}

Role lowest_role(const Permissions& permissions, Act act) {
    const Permissions set = in_force(permissions);
    switch (act) {
        case Act::read:
        case Act::delete_own:
        case Act::react:
        case Act::leave:
        case Act::step_down:
            return Role::guest;
        case Act::send:
        case Act::edit_own:
            return *set.post;
        case Act::add_member:
            return *set.add;
        case Act::remove_member:
            return *set.remove;
        case Act::rename:
            return *set.rename;
        case Act::delete_others:
            return *set.delete_others;
        case Act::pin:
            return *set.pin;
        case Act::mention_all:
            return *set.mention_all;
        case Act::invite:
            return *set.invite;
        case Act::change_role:
        case Act::set_slow_mode:
            return Role::admin;
        case Act::change_permissions:
        case Act::share_history:
        case Act::transfer_ownership:
            return Role::owner;
    }
    return Role::owner;
}

Status may(ConversationKind kind, const Permissions& permissions, Role role, Act act) {
    if (kind == ConversationKind::direct) return may_in_direct(act);
    const Role lowest = lowest_role(permissions, act);
    if (rank(role) >= rank(lowest)) return {};
    if (lowest == Role::owner) return fail(ErrorCode::not_allowed, "in this group it takes an owner");
    return fail(ErrorCode::not_allowed, "in this group it takes the role " + std::string(name_of(lowest)) +
                                            " or a higher one, and yours is " + std::string(name_of(role)));
}

Status may_change_member(Role own, Role subject) {
    if (own == Role::owner || rank(subject) < rank(own)) return {};
    return fail(ErrorCode::not_allowed, "his role is " + std::string(name_of(subject)) +
                                            ", which is not below yours: it takes an owner");
}

Role lower(Role one, Role other) {
    return rank(one) < rank(other) ? one : other;
}

Role role_of_newcomer(Role adds, std::optional<Role> before) {
    return lower(lower(Role::member, adds), before.value_or(Role::member));
}

Result<Role> role_of_link(Role own, std::optional<Role> asked) {
    if (!asked) return lower(Role::member, own);
    if (rank(*asked) > rank(Role::member))
        return fail(Error{ErrorCode::invalid, "an invite link makes members or guests", 0, "role"});
    if (rank(*asked) <= rank(own)) return *asked;
    return fail(ErrorCode::not_allowed,
                "an invite link gives no role above yours, which is " + std::string(name_of(own)));
}

Status may_give_role(const RoleGiven& given) {
    if (given.to_self) {
        if (rank(given.after) <= rank(given.own)) return {};
        return fail(ErrorCode::not_allowed, "nobody gives himself a higher role");
    }
    TRY(may_change_member(given.own, given.before));
    if (given.own == Role::owner || rank(given.after) < rank(given.own)) return {};
    return fail(ErrorCode::not_allowed,
                "you give roles below your own, which is " + std::string(name_of(given.own)));
}

}  // namespace parley::core::rules
