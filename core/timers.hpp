#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace parley::core {

/// Everything that the core waits for. The host arms one real timer for the earliest.
enum class Timer : std::uint8_t {
    reconnect,  ///< The next try to connect.
    answer,     ///< The longest wait for the socket to open and for `auth.ok`.
    ping,       ///< The next heartbeat.
    silence,    ///< The server has said nothing for two heartbeats.
    http,       ///< The longest wait for an HTTP answer, or the pause before the next try.
    ack,        ///< Positions may be acknowledged again.
    outbox,     ///< A command that was told to wait may be sent again.
    pull,       ///< A pull that was told to wait may be sent again.
    reply,      ///< The longest time in which the server answers nothing that it owes.
    unmuting,   ///< The next end of a mute.
    typing,     ///< Somebody's typing, or the own, is over or to be said again.
};

class Timers {
  public:
    void set(Timer timer, Instant at) { at_[index(timer)] = at; }
    void stop(Timer timer) { at_[index(timer)].reset(); }
    bool running(Timer timer) const { return at_[index(timer)].has_value(); }
    std::optional<Instant> at(Timer timer) const { return at_[index(timer)]; }

    /// True once when the timer is due; it is stopped.
    bool fired(Timer timer, Instant now) {
        if (!running(timer) || *at_[index(timer)] > now) return false;
        stop(timer);
        return true;
    }

    std::optional<Instant> next() const {
        std::optional<Instant> earliest;
        for (const auto& at : at_)
            if (at && (!earliest || *at < *earliest)) earliest = at;
        return earliest;
    }

    void stop_all() { at_ = {}; }

  private:
    static std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
    std::array<std::optional<Instant>, 11> at_;
};

}  // namespace parley::core
