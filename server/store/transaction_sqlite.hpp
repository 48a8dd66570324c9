#pragma once

#include "server/store/tables_sqlite.hpp"

#include <unordered_map>
#include <vector>

namespace parley::server::sqlite {

/// The transaction under way on the writer's connection; BEGIN and COMMIT are the store's.
class SqliteTransaction final : public Transaction, private RowWrites {
  public:
    SqliteTransaction(Tables& tables, StoreHost& host, const Meta& before, bool disk_nearly_full)
        : tables_(tables), host_(host), meta_(before), disk_nearly_full_(disk_nearly_full) {}

    Rows& rows() override { return tables_.rows; }
    EarlierTexts& earlier_texts() override { return tables_.earlier_texts; }
    Conversations& conversations() override { return tables_.conversations; }
    Accounts& accounts() override { return tables_.accounts; }
    Links& links() override { return tables_.links; }
    Blocks& blocks() override { return tables_.blocks; }
    Commands& commands() override { return tables_.commands; }
    std::int64_t epoch() override { return meta_.epoch; }
    std::int64_t position() override { return meta_.position; }
    std::int64_t life() override { return tables_.lives.last(); }
    Shared shared_with(std::int64_t life) override { return tables_.lives.shared_with(life, meta_.position); }
    Status status() override { return tables_.connection->status(); }

    RowWrites& row_writes() override { return *this; }
    EarlierTextWrites& earlier_text_writes() override { return tables_.earlier_texts; }
    ConversationWrites& conversation_writes() override { return tables_.conversations; }
    AccountWrites& account_writes() override { return tables_.accounts; }
    LinkWrites& link_writes() override { return tables_.links; }
    BlockWrites& block_writes() override { return tables_.blocks; }
    CommandWrites& command_writes() override { return tables_.commands; }
    std::int64_t position_of(StreamKey stream) override { return touched(stream).position; }
    std::int64_t next_key(WallTime at) override;
    void random(std::span<std::uint8_t> bytes) override { host_.random(bytes); }
    Status begin_epoch(const Parting& parting) override;
    bool disk_nearly_full() const override { return disk_nearly_full_; }
    std::int64_t writes() const override { return tables_.writes() + row_count_; }

    /// Writes what is still only put, the commits and the meta row. Returns the latter. `at`: the server's
    /// clock.
    Meta finish(const Meta& before, WallTime at);

  private:
    struct Touched {
        std::int64_t position = 0;
        StreamKey stream;
        /// Numbers that were given; `last` < `first`: none, only receipts moved.
        std::int64_t first = 1;
        std::int64_t last = 0;
    };

    void insert(const RowToWrite& row) override;
    void replace(const RowToWrite& row) override;
    void drop_reactions(StreamKey stream, std::int64_t message) override {
        tables_.rows.drop_reactions(stream, message);
    }
    void drop_pin(StreamKey stream, std::int64_t message) override { tables_.rows.drop_pin(stream, message); }
    Touched& touched(StreamKey stream);
    void note(const RowToWrite& row);
    /// What was changed so far stands in the commits; the streams are untouched again.
    void write_commits(WallTime at);

    Tables& tables_;
    StoreHost& host_;
    Meta meta_;
    bool disk_nearly_full_;
    std::vector<Touched> touched_;
    std::unordered_map<std::int64_t, std::size_t> touched_index_;
    std::int64_t row_count_ = 0;
};

}  // namespace parley::server::sqlite
