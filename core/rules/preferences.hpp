#pragma once

#include "base/mutant.hpp"
#include "base/time.hpp"
#include "core/rules/counts.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>

/// What a person sets for himself in a conversation, the same on both ends.
namespace parley::core::rules {

/// As long as nothing was ever set.
inline protocol::PreferencesChanged no_preferences(const StreamId& conversation) {
    return {.conversation = conversation, .notify = protocol::Notify::all};
}

/// What a command leaves of them; `seq`: the number of the change that it makes.
inline protocol::PreferencesChanged preferences_after(protocol::PreferencesChanged preferences,
                                                      const protocol::PreferencesSet& command,
                                                      std::int64_t seq) {
    if (command.muted_until) {
        preferences.muted_until = command.muted_until;
        if (command.muted_until->ms == 0) preferences.muted_until.reset();
    }
    if (command.archived) preferences.archived = *command.archived;
    if (command.pinned && *command.pinned != (preferences.pinned != 0))
        preferences.pinned = *command.pinned ? seq : 0;
    if (command.marked_unread) preferences.marked_unread = *command.marked_unread;
    if (command.notify) preferences.notify = *command.notify;
    return preferences;
}

/// Whether a read takes back the mark of a conversation: also one that moves the position no further, with
/// which somebody says that he has looked again; but not one of what was read long before.
inline bool takes_mark_back(std::int64_t upto, std::int64_t read_position) {
    return upto >= read_position;
}

/// `now` by the server's clock.
inline bool is_muted(const protocol::PreferencesChanged& preferences, WallTime now) {
    return preferences.muted_until && now < *preferences.muted_until;
}

/// Whether a conversation can add anything to the badge.
inline bool is_in_badge(const protocol::PreferencesChanged& preferences, WallTime now) {
    const bool muted = is_muted(preferences, now) && !mutant(Mutant::muted_counts_in_the_badge);
    return !preferences.archived && !muted && preferences.notify != protocol::Notify::none;
}

/// What it adds.
inline std::int64_t badge_of(const Tally& tally, const protocol::PreferencesChanged& preferences,
                             WallTime now) {
    if (!is_in_badge(preferences, now)) return 0;
    const std::int64_t counted =
        preferences.notify == protocol::Notify::mentions ? tally.mentions : tally.unread;
    return counted == 0 && preferences.marked_unread ? 1 : counted;
}

}  // namespace parley::core::rules
