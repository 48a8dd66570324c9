#pragma once

#include "server/store/earlier_texts.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <string>

namespace parley::server::sqlite {

/// Bodies and checksums as those of rows.
class EarlierTextTable final : public EarlierTexts, public EarlierTextWrites {
  public:
    EarlierTextTable(Connection& connection, StoreHost& host);

    RowsFound earlier_texts(StreamKey stream, std::int64_t born, std::int64_t after,
                            RowLimits limits) override;
    std::int64_t count_earlier_texts(StreamKey stream, std::int64_t born) override;

    void keep(const RowToWrite& row) override;
    void drop(StreamKey stream, std::int64_t born) override;

    std::int64_t writes() const { return writes_; }

  private:
    Connection& connection_;
    StoreHost& host_;
    std::string hashed_;
    std::int64_t writes_ = 0;

    Statement after_;
    Statement count_;
    Statement insert_;
    Statement delete_;
};

}  // namespace parley::server::sqlite
