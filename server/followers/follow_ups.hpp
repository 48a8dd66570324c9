#pragma once

#include "base/time.hpp"
#include "server/domain/batch.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace parley::server {

/// When the writer is given the next FollowUp: one at a time, so that one owner does what follows from
/// commits, and with a pause after each, so that people's own commands never wait behind more than one.
class FollowUps {
  public:
    /// Nothing: nothing is owed, or one is under way.
    std::optional<Instant> due() const { return due_; }
    bool idle() const { return !due_ && !under_way_; }
    FollowUp next() const { return {.skip = skip_}; }

    /// The first time that anything happens: the last process may have left something.
    void handle_life(Instant now) {
        if (!std::exchange(alive_, true)) handle_owed(now);
    }
    void handle_owed(Instant now) {
        // What is under way says itself whether it left something.
        if (!under_way_ && !due_) due_ = now;
    }
    /// `taken`: the writer's queue had room for it.
    void handle_submitted(bool taken, Instant now) {
        due_.reset();
        under_way_ = taken;
        if (!taken) due_ = now + pause_after_failure;
    }
    void handle_done(const FollowedUp& done, Instant now) {
        using Outcome = FollowedUp::Outcome;
        under_way_ = false;
        if (done.outcome == Outcome::failed) {
            ++skip_;
        } else if (done.outcome != Outcome::more) {
            skip_ = 0;
        }
        if (done.outcome == Outcome::done) return;
        due_ = now + (done.outcome == Outcome::more ? pause : pause_after_failure);
    }

  private:
    static constexpr Duration pause = milliseconds(20);
    static constexpr Duration pause_after_failure = seconds(5);

    bool alive_ = false;
    std::optional<Instant> due_;
    bool under_way_ = false;
    /// What failed since the last round waits for the next one, so that it does not stop what is behind it.
    std::int64_t skip_ = 0;
};

}  // namespace parley::server
