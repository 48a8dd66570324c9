#pragma once

#include "server/store/commands.hpp"
#include "server/store/forgetting_sqlite.hpp"
#include "server/store/sqlite.hpp"

#include <deque>
#include <set>
#include <utility>

namespace parley::server::sqlite {

/// The table command. Those that are old enough (limits::command_memory_ms) are forgotten a few at a time,
/// with each that is remembered.
class CommandTable final : public Commands, public CommandWrites {
  public:
    explicit CommandTable(Connection& connection);

    std::optional<CommandRecord> find(AccountKey account, const Uuid& id) override;
    bool contains(AccountKey account, const Uuid& id) override;

    void remember(const CommandRecord& record) override;
    void note(AccountKey account, const Uuid& id) override;
    /// What was noted is forgotten: it may be of a transaction that was rolled back.
    void clear();

    std::int64_t writes() const { return writes_; }
    /// As of Forgetting.
    bool learn() { return forgetting_.learn(); }

  private:
    void forget(WallTime now);

    Connection& connection_;
    Forgetting forgetting_;
    std::int64_t writes_ = 0;
    std::set<std::pair<AccountKey, Uuid>> noted_;
    std::deque<std::pair<AccountKey, Uuid>> noted_in_order_;

    Statement find_;
    Statement contains_;
    Statement insert_;
    Statement forget_;
};

}  // namespace parley::server::sqlite
