#pragma once

#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// Whether a table forgets what is old, which it does a little with each transaction that writes to it, and
/// so comes to pages with which the transaction has nothing else to do. Where one of these is damaged,
/// nothing more is forgotten until the process ends, so that it keeps nobody from writing.
class Forgetting {
  public:
    explicit Forgetting(Connection& connection) : connection_(connection) {}

    /// Whether there is to be any; every statement of it comes between a true answer and `ended`.
    bool begins() const { return !off_ && !connection_.failed(); }
    void ended() { met_damage_ = met_damage_ || connection_.damaged(); }

    /// After a transaction that failed: true: damage met here was why. From now on there is no forgetting,
    /// and the transaction may be tried again.
    bool learn() {
        if (off_ || !met_damage_) return false;
        off_ = true;
        return true;
    }

  private:
    Connection& connection_;
    bool met_damage_ = false;
    bool off_ = false;
};

}  // namespace parley::server::sqlite
