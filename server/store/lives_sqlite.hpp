#pragma once

#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"
#include "server/store/view.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::server::sqlite {

/// The table life: each run of the server on this store, at which position it began and on which file. A
/// run's number is counted and has a random part, so that the runs of a copy that is put back are told from
/// those that it forgot.
class LifeTable {
  public:
    explicit LifeTable(Connection& connection);

    /// Another run begins here, on this file (file_identity; may be empty). True: the last run was on another
    /// file, so that this one is a copy of it.
    bool begin(std::int64_t position, std::string_view file, StoreHost& host);
    /// Of the last that began; 0: there was none.
    std::int64_t last();
    /// As View::shared_with; `position`: how far the last one has got.
    Shared shared_with(std::int64_t life, std::int64_t position);

  private:
    std::optional<std::int64_t> one(Statement& statement);
    std::optional<std::int64_t> one(Statement& statement, std::int64_t life);

    Statement file_;
    Statement insert_;
    Statement forget_;
    Statement first_;
    Statement last_;
    Statement find_;
    Statement begun_from_;
};

}  // namespace parley::server::sqlite
