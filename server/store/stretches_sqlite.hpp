#pragma once

#include "server/store/conversations.hpp"

#include <cstdint>
#include <limits>

/// How a resume finds the conversations that moved without looking at those that did not.
///
/// Commit positions are cut into stretches. A member row names the stretch in which its conversation last
/// moved for this member, by a change, a receipt or the member's own reading; an index by account and stretch
/// then begins with what moved last. So a conversation rewrites the rows of its members once in a stretch,
/// however often it moves. One with very many members would do that for long: their rows name `always`, and
/// whoever is in such a conversation looks at it each time.
///
/// Invariant, for a present member of a conversation that is not wide:
/// stretch = max(stretch_of(conversation.touched), stretch_of(member.touched)).
namespace parley::server::sqlite {

/// Positions in a stretch.
constexpr std::int64_t stretch_positions = 1024;
/// Conversations with more members are wide.
constexpr std::int64_t narrow_members_max = 256;
constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();

constexpr std::int64_t stretch_of(std::int64_t position) {
    return position / stretch_positions;
}

constexpr bool is_wide(const ConversationRecord& conversation) {
    return conversation.members > narrow_members_max;
}

/// What the conversation alone says about its members' rows.
constexpr std::int64_t stretch_of(const ConversationRecord& conversation) {
    return is_wide(conversation) ? always : stretch_of(conversation.touched);
}

}  // namespace parley::server::sqlite
