#pragma once

#include "base/time.hpp"
#include "sim/world.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::sim {

/// A wall clock that can be wrong, and what it has shown so far.
class WallClock {
  public:
    explicit WallClock(const World& world) : world_(world) {}

    WallTime now() const { return world_.wall() + error_; }
    /// The latest that it has shown since this moment.
    WallTime latest(Instant since) const {
        WallTime latest = now();
        for (const auto& [until, shown] : settings_) {
            if (until >= since) latest = std::max(latest, shown);
        }
        return latest;
    }
    /// It is so wrong from now on.
    void set(Duration error) {
        settings_.emplace_back(world_.instant(), now());
        error_ = error;
    }

  private:
    const World& world_;
    Duration error_;
    /// When it was set, and what it had come to before.
    std::vector<std::pair<Instant, WallTime>> settings_;
};

}  // namespace parley::sim
