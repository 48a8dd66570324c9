#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstdint>

namespace parley::core::rules {

/// What a member may want to do in a conversation.
enum class Act : std::uint8_t {
    read,
    send,
    edit_own,
    delete_own,
    delete_others,  ///< A message that somebody else wrote.
    rename,
    add_member,
    remove_member,
    leave
};

/// The one authorization function: may a present member with this role do this in a conversation of this
/// kind? Whether somebody is a present member at all is for the caller to know; for others every act is
/// not_member.
inline Status may(protocol::ConversationKind kind, protocol::Role role, Act act) {
    switch (act) {
        case Act::read:
        case Act::send:
        case Act::edit_own:
        case Act::delete_own:
            return {};
        case Act::delete_others:
            if (kind == protocol::ConversationKind::group && role == protocol::Role::owner) return {};
            return fail(ErrorCode::not_allowed,
                        "only its sender and the owners of a group may delete a message");
        case Act::leave:
            if (kind == protocol::ConversationKind::group) return {};
            return fail(ErrorCode::conversation_kind, "a direct conversation has no members to change");
        case Act::rename:
        case Act::add_member:
        case Act::remove_member:
            if (kind != protocol::ConversationKind::group)
                return fail(ErrorCode::conversation_kind,
                            "a direct conversation has no title and no members to change");
            if (role != protocol::Role::owner) return fail(ErrorCode::not_allowed, "only owners may do this");
            return {};
    }
    return fail(ErrorCode::not_allowed, "unknown act");
}

}  // namespace parley::core::rules
