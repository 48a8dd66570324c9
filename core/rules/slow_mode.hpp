#pragma once

#include "base/time.hpp"
#include "core/rules/permissions.hpp"

#include <algorithm>

/// Slow mode of groups: the one place, for both ends.
namespace parley::core::rules {

/// Whether slow mode holds back whoever has this role.
inline bool is_slowed(protocol::Role role) {
    return rank(role) < rank(protocol::Role::moderator);
}

/// How long somebody still waits who sent his last message then, where 0 is never; zero: he may send the next
/// one. By a clock that was set back a little he waits twice the interval at most; one that was set back by
/// more says nothing about when he sent it.
inline Duration slow_wait(Duration interval, WallTime last, WallTime now) {
    const Duration wait = last + interval - now;
    return last.ms == 0 || wait > interval + interval ? Duration{} : std::max(wait, Duration{});
}

}  // namespace parley::core::rules
