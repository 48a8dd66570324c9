#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstdint>

namespace parley::core::rules {

/// What a member may want to do in a conversation.
enum class Act : std::uint8_t { read, send, rename, add_member, remove_member, leave };

/// The one authorization function: may a present member with this role do this in a conversation of this
/// kind? Whether somebody is a present member at all is for the caller to know; for others every act is
/// not_member.
inline Status may(protocol::ConversationKind kind, protocol::Role role, Act act) {
    switch (act) {
        case Act::read:
        case Act::send:
            return {};
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
