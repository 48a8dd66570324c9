#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/rows.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace parley::core {

/// Whom the person has blocked, as the server has it: one row per person of the account's own stream. What
/// still waits in the outbox comes on top of it where it is shown (views_blocked.cpp); counts follow the
/// server, which tells them anew.
///
/// An answer may overtake the row of which it speaks, where a resume has not come that far. What was done
/// holds from then on, until that row or a later one is here.
class Blocks {
  public:
    explicit Blocks(Rows& rows) : rows_(rows) {}

    /// From the rows that are held.
    Status load();

    // Getters.
    bool stands(const AccountId& account) const { return blocked_.contains(account); }
    const std::set<AccountId>& blocked() const { return blocked_; }
    struct Blocked {
        AccountId account;
        WallTime at;
    };
    /// In the order in which they were blocked.
    std::vector<Blocked> in_order() const;

    // Input; true where it changes whom the person has blocked.
    /// A row has a new state.
    bool handle_row(const protocol::Change& change);
    /// A command is done, by the change with this number.
    bool handle_done(const protocol::BlockSet& command, std::int64_t seq, WallTime at);
    /// The server was restored: numbers of before mean nothing, and rows may be gone.
    void handle_restored();
    /// All rows that the restored server has are here.
    Result<bool> handle_told();
    void clear();

  private:
    struct State {
        std::int64_t seq = 0;
        WallTime at;
    };
    bool set(const AccountId& account, bool blocked, const State& state);

    Rows& rows_;
    std::set<AccountId> blocked_;
    /// Of those who ever were.
    std::map<AccountId, State> states_;
    bool restored_ = false;
};

}  // namespace parley::core
