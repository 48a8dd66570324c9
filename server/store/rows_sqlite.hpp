#pragma once

#include "server/store/rows.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <array>
#include <string>

namespace parley::server::sqlite {

/// The row table. Bodies are CBOR; each row carries the first 16 bytes of BLAKE2b over all that it says.
class RowTable final : public Rows, public RowWrites {
  public:
    RowTable(Connection& connection, StoreHost& host);

    RowsFound changed_since(const ChangedSince& wanted) override;
    RowsFound messages(const MessagesWanted& wanted) override;
    RowsFound of_kind(StreamKey stream, protocol::Type kind, std::int64_t after, RowLimits limits) override;
    std::optional<MessageFound> message(AccountKey author, const Uuid& id) override;
    std::int64_t message_place(StreamKey stream, const Uuid& id) override;
    MessageCounts count_messages(StreamKey stream, BornRange range, AccountKey own) override;
    std::int64_t place(StreamKey stream, Slot slot) override;

    void insert(const RowToWrite& row) override;
    void replace(const RowToWrite& row) override;

    /// Verifies up to `rows_max` rows behind (stream, born), which moves on; how many there were.
    std::int64_t verify_after(std::int64_t& stream, std::int64_t& born, std::int64_t rows_max);

  private:
    std::optional<protocol::Change> read(const Query& query);
    bool take(const Query& query, std::int64_t passed, RowLimits limits, RowsFound& found);
    ByteView checksum_of(const RowToWrite& row, const std::string& body);

    StoreHost& host_;
    std::string hashed_;
    std::array<std::uint8_t, 16> checksum_{};

    Statement insert_;
    Statement replace_;
    Statement unchanged_messages_;
    Statement unchanged_fixed_;
    Statement changed_;
    Statement messages_up_;
    Statement messages_down_;
    Statement messages_since_;
    Statement of_kind_;
    Statement message_;
    Statement message_place_;
    Statement count_;
    Statement place_;
    Statement all_after_;
};

}  // namespace parley::server::sqlite
