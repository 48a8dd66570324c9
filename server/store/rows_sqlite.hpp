#pragma once

#include "server/store/reactions_sqlite.hpp"
#include "server/store/row_codec.hpp"
#include "server/store/rows.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::server::sqlite {

/// A row that fits its checksum, as far as indexes hold it.
struct VerifiedRow {
    std::int64_t stream = 0;
    std::int64_t born = 0;
    std::int64_t seq = 0;
    protocol::Type kind{};
    std::int64_t slot = 0;
    std::int64_t author = 0;
    bool gone = false;
    Bytes id;
};

/// The row table. Bodies are CBOR; each row carries the first 16 bytes of BLAKE2b over all that it says.
class RowTable final : public Rows, public RowWrites {
  public:
    RowTable(Connection& connection, StoreHost& host);

    RowsFound changed_since(const ChangedSince& wanted) override;
    RowsFound messages(const MessagesWanted& wanted) override;
    RowsFound of_kind(StreamKey stream, protocol::Type kind, std::int64_t after, RowLimits limits) override;
    std::optional<MessageFound> message(AccountKey author, const Uuid& id) override;
    std::int64_t message_place(StreamKey stream, const Uuid& id) override;
    std::optional<protocol::Change> in_slot(StreamKey stream, Slot slot) override;
    std::optional<protocol::Change> reaction(const ReactionKey& key) override;
    std::vector<std::int64_t> reactions_taken_back(const ReactionKey& key) override;
    ReactionCounts count_reactions(const ReactionKey& key) override { return reactions_.count(key); }
    MessageCounts count_messages(StreamKey stream, BornRange range, AccountKey own) override;
    std::vector<std::int64_t> places_of(StreamKey stream, BornRange range, AccountKey author) override;
    std::int64_t place(StreamKey stream, Slot slot) override;

    void insert(const RowToWrite& row) override;
    void replace(const RowToWrite& row) override;
    void drop_reactions(StreamKey stream, std::int64_t message) override;
    void drop_pin(StreamKey stream, std::int64_t message) override;

    /// Whether any text was taken away since this was asked last.
    bool take_erased() { return std::exchange(erased_, false); }

    /// Holds the row at this place against its checksum. Where it is bad, or there is none, that is reported.
    std::optional<VerifiedRow> verify(StreamKey stream, std::int64_t born);

    /// After a transaction that met a record which cannot be taken apart: SQLite then commits nothing any
    /// more. Finds out where it stands, so that it is passed over from here on; true: the transaction may be
    /// tried again. Not to be called in one.
    bool learn();

  private:
    enum Column { stream, born, seq, kind, slot, author, id, at_ms, gone, checksum, body };
    class Walk;
    class Listing;
    /// A good row and what it takes in a frame.
    struct RowAt {
        protocol::Change change;
        bool gone = false;
        std::int64_t bytes = 0;
    };

    static RowFields fields_of(const Query& query);
    bool fits(const Query& query, const RowFields& fields);
    std::optional<protocol::Change> read(const Query& query);
    std::optional<RowAt> at(StreamKey stream, std::int64_t born);
    /// Whether reading goes on behind what could not be read at one of these places. In a transaction that
    /// writes it does not (see `learn`).
    bool may_pass_over(StreamKey stream, BornRange places);
    std::optional<std::int64_t> unreadable_within(StreamKey stream, BornRange range, bool falling) const;
    std::int64_t head(StreamKey stream);
    static bool is_seen(const RowAt& row, const ChangedSince& wanted);
    std::vector<std::int64_t> changed_places(StreamKey stream, BornRange range, std::int64_t since);
    void note_reaction(const RowToWrite& row);
    RowChecksum checksum_for(const RowToWrite& row, const std::string& body);

    // Each takes a row into what was found, and is false where that is full.
    bool take(const Query& query, RowLimits limits, RowsFound& found);
    bool take(RowAt row, RowLimits limits, RowsFound& found);         // in order of seq
    bool take_placed(RowAt row, RowLimits limits, RowsFound& found);  // in order of born
    bool take_as(RowAt row, std::int64_t passed, RowLimits limits, RowsFound& found);
    std::optional<RowAt> row_at(const Query& query);

    Connection& connection_;
    StoreHost& host_;
    ReactionTable reactions_;
    std::string hashed_;
    bool erased_ = false;
    struct Trouble {
        StreamKey stream;
        BornRange places;
    };
    std::optional<Trouble> trouble_;
    /// By stream and place; only what `learn` has found.
    std::set<std::pair<std::int64_t, std::int64_t>> unreadable_;

    Statement insert_;
    Statement replace_;
    Statement delete_with_message_;
    Statement at_;
    Statement unchanged_messages_;
    Statement messages_up_;
    Statement messages_down_;
    Statement counted_;
    Statement fixed_places_;
    Statement member_places_;
    Statement pinned_places_;
    Statement changed_places_;
    Statement message_;
    Statement message_places_;
    Statement place_;
    Statement head_;
};

}  // namespace parley::server::sqlite
