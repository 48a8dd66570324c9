#pragma once

#include "base/uuid.hpp"
#include "core/ports/database.hpp"
#include "core/ranges.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "sim/memory_disk.hpp"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::sim {

/// What a device's database says of these conversations, and the first of what waits in its outbox, one line
/// each, for people: the columns as they are. Read with plain SQL from a copy of the disk, past the core's
/// own code.
std::vector<std::string> local_state(const MemoryDisk& disk, const std::vector<StreamId>& streams);

/// What a device holds of one stream, by plain SQL.
struct HeldStream {
    /// `born` to `seq`, of rows that are on the server as far as the device knows.
    std::map<std::int64_t, std::int64_t> rows;
    std::int64_t cursor = 0;
    /// Own read position as the server has told it.
    std::int64_t read = 0;
    /// Where the last jump set the cursor.
    std::int64_t base = 0;
};

/// The newest counts that a device has been told of one stream.
struct HeldCounts {
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
    /// To which read position they belong, and up to which place they count.
    std::int64_t read = 0;
    std::int64_t upto = 0;
    /// Up to which change of the account's stream they hold.
    std::int64_t account = 0;
};

/// Which parts of a conversation a device holds.
struct HeldRanges {
    core::RangeSet ranges;
    /// As of this it holds those that are live.
    std::int64_t solid = 0;
};

/// With what a device shows who it is.
struct HeldTokens {
    std::string access;
    std::int64_t expires_at = 0;
    std::string refresh;
};

/// Puts these in the place of those in the database on this disk, on which nothing may run. False: it cannot
/// be written.
bool put_tokens(MemoryDisk& disk, const HeldTokens& tokens);

/// Asks the database of a device that is up, by plain SQL of its own. What it asks with is prepared once,
/// since promises ask at every step. Goes before the database.
class LocalReader {
  public:
    explicit LocalReader(core::Database& database) : database_(database) {}
    LocalReader(const LocalReader&) = delete;
    LocalReader& operator=(const LocalReader&) = delete;

    // Each says nothing where the database fails.
    /// All that it holds, by stream; the account's own stream under the account's id.
    std::optional<std::map<StreamId, HeldStream>> streams();
    /// How many messages of this stream with places in [first, last] it holds; none that the server lost.
    std::optional<std::int64_t> messages(const StreamId& stream, std::int64_t first, std::int64_t last);
    /// As of when the counts are that it holds of this stream.
    std::optional<protocol::AsOf> as_of(const StreamId& stream);
    std::optional<HeldCounts> counts(const StreamId& stream);
    std::optional<HeldRanges> ranges(const StreamId& stream);
    /// The access token, valid or not.
    std::optional<std::string> access_token();
    /// The same with what belongs to it.
    std::optional<HeldTokens> tokens();
    /// The bytes of all rows, commands and previews.
    std::optional<std::vector<std::string>> texts();
    /// Where the last jump of this stream set its cursor.
    std::optional<std::int64_t> base(const StreamId& stream);
    /// What these say is in the database, and not only in a transaction that is still open: on the core's own
    /// connection the two look the same. Where the database fails it says no.
    bool all_committed();

  private:
    /// SQL texts are literals, which the cache refers to. Null: the database fails.
    core::Statement* prepared(std::string_view sql);
    /// Hands each row of the answer to `take`; false where the database fails.
    template <class Take>
    bool each(std::string_view sql, Take take);
    /// The one number that is asked for; nothing where there is none.
    std::optional<std::int64_t> number(std::string_view sql, const StreamId& stream,
                                       std::initializer_list<std::int64_t> parameters = {});

    core::Database& database_;
    /// By where the text stands.
    std::unordered_map<const char*, std::unique_ptr<core::Statement>> statements_;
};

}  // namespace parley::sim
