#pragma once

#include "base/time.hpp"
#include "server/domain/keys.hpp"

#include <cstdint>
#include <vector>

namespace parley::server {

/// Somebody whom one has blocked.
struct BlockRecord {
    AccountKey account;
    WallTime at;
};

/// How far `reader` was told that `account` had got in a conversation when a block came between the two, or
/// one of them came in under a block: he is told nothing else while a block stands, and then until `account`
/// gets further.
struct Silence {
    ConversationKey conversation;
    AccountKey account;
    AccountKey reader;
    std::int64_t delivered = 0;
    std::int64_t read = 0;
    /// As in `MemberRecord`.
    std::int64_t receipts_from = 0;
};

/// What a reader's counts leave out.
struct LeftOut {
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
};

/// Who has blocked whom, and what follows from it. How many blocks an account has made, and suffers, stands
/// in its record, so that nothing here is asked for those who have nothing to do with any.
class Blocks {
  public:
    virtual ~Blocks() = default;

    virtual bool stands(AccountKey blocker, AccountKey blocked) = 0;
    /// In the order in which they were blocked.
    virtual std::vector<BlockRecord> made_by(AccountKey blocker) = 0;
    /// Those who have blocked the account, by key.
    virtual std::vector<AccountKey> against(AccountKey blocked) = 0;
    /// Of messages after `born` that others wrote in a group and nobody deleted: those by persons whom the
    /// reader has blocked. Costs what was written there by persons whom anybody has blocked.
    virtual LeftOut left_out(ConversationKey conversation, AccountKey reader, std::int64_t born) = 0;
    /// What the others of the conversation are told of this account, by reader.
    virtual std::vector<Silence> silences_about(ConversationKey conversation, AccountKey account) = 0;
    /// What this account is told of others.
    virtual std::vector<Silence> silences_toward(ConversationKey conversation, AccountKey reader) = 0;
};

class BlockWrites {
  public:
    virtual ~BlockWrites() = default;

    /// The account's records, which say how many there are, are the caller's to put.
    virtual void put(AccountKey blocker, const BlockRecord& block) = 0;
    virtual void remove(AccountKey blocker, AccountKey blocked) = 0;
    /// A message of a group, by somebody whom anybody has blocked. Once more changes nothing.
    virtual void note_message(ConversationKey conversation, AccountKey author, std::int64_t born) = 0;
    /// Forgets it: it is deleted.
    virtual void drop_message(ConversationKey conversation, std::int64_t born) = 0;
    /// False: there is one already between the two, whose word stays.
    virtual bool put(const Silence& silence) = 0;
    virtual void remove(const Silence& silence) = 0;
};

}  // namespace parley::server
