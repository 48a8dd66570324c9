#pragma once

#include "server/store/commands.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

/// The table command.
class CommandTable final : public Commands, public CommandWrites {
  public:
    explicit CommandTable(Connection& connection);

    std::optional<CommandRecord> find(AccountKey account, const Uuid& id) override;
    bool contains(AccountKey account, const Uuid& id) override;

    void remember(const CommandRecord& record) override;

    std::int64_t writes() const { return writes_; }

  private:
    std::int64_t writes_ = 0;

    Statement find_;
    Statement contains_;
    Statement insert_;
    Statement forget_;
};

}  // namespace parley::server::sqlite
