#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/structs.hpp"

#include <cstdint>
#include <optional>

/// Who may do what in a conversation: the one place, for both ends. Whether somebody is a present member at
/// all is for the caller to know; for others every act is not_member.
namespace parley::core::rules {

/// What a member may want to do in a conversation.
enum class Act : std::uint8_t {
    read,
    send,
    edit_own,
    delete_own,
    delete_others,  ///< A message that somebody else wrote.
    react,
    pin,          ///< And unpin, whoever pinned it.
    mention_all,  ///< In a message that he sends, or edits.
    rename,
    add_member,
    invite,         ///< By links, which he makes, sees and revokes.
    remove_member,  ///< See may_change_member, too.
    leave,
    step_down,    ///< Takes a lower role himself; see may_give_role.
    change_role,  ///< Of somebody else; see may_give_role.
    change_permissions,
    share_history,  ///< With those who join later.
    set_slow_mode,  ///< See slow_mode.hpp.
    transfer_ownership
};

/// From the lowest role up.
int rank(protocol::Role role);

/// The same with what holds by default wherever nothing is set.
protocol::Permissions in_force(protocol::Permissions set);
/// The permissions after these were set.
protocol::Permissions with(protocol::Permissions before, const protocol::Permissions& set);

/// The lowest role that may do this in a group.
protocol::Role lowest_role(const protocol::Permissions& permissions, Act act);

/// The one authorization function: may a present member with this role do this in a conversation of this
/// kind? Permissions are those of a group.
Status may(protocol::ConversationKind kind, const protocol::Permissions& permissions, protocol::Role role,
           Act act);

/// Whom somebody of this role in a group may remove, or give another role, where he may do so at all: owners
/// anybody, others those below themselves.
Status may_change_member(protocol::Role own, protocol::Role subject);

/// The one that may less.
protocol::Role lower(protocol::Role one, protocol::Role other);

/// The role with which somebody comes into a group: a member's, but none above that of whoever adds him, nor
/// above that with which he went before; so that nobody gets by going what others would have to give him.
protocol::Role role_of_newcomer(protocol::Role adds, std::optional<protocol::Role> before);

/// The role that an invite link gives at most which somebody of this role makes: the one that he asks for,
/// else a member's, or a guest's where he is one. `invalid` above a member's, `not_allowed` above his own.
Result<protocol::Role> role_of_link(protocol::Role own, std::optional<protocol::Role> asked);

/// A member of a group is to have another role.
struct RoleGiven {
    /// Of whoever gives it.
    protocol::Role own = protocol::Role::member;
    /// To himself.
    bool to_self = false;
    protocol::Role before = protocol::Role::member;
    protocol::Role after = protocol::Role::member;
};

/// Besides `may`: owners give and take every role, others those below their own; nobody gives himself a
/// higher one.
Status may_give_role(const RoleGiven& given);

}  // namespace parley::core::rules
