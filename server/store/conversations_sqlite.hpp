#pragma once

#include "server/store/conversations.hpp"
#include "server/store/record_cache.hpp"
#include "server/store/sqlite.hpp"

namespace parley::server::sqlite {

struct MemberKey {
    ConversationKey conversation;
    AccountKey account;

    friend bool operator==(MemberKey, MemberKey) = default;
};

}  // namespace parley::server::sqlite

template <>
struct std::hash<parley::server::sqlite::MemberKey> {
    std::size_t operator()(const parley::server::sqlite::MemberKey& key) const noexcept {
        const auto conversation = static_cast<std::size_t>(key.conversation.value);
        return conversation * 0x1000193 ^ static_cast<std::size_t>(key.account.value);
    }
};

namespace parley::server::sqlite {

/// The tables conversation, member, interval, mention and mention_of_all.
class ConversationTables final : public Conversations, public ConversationWrites {
  public:
    explicit ConversationTables(Connection& connection);

    const ConversationRecord* find(ConversationKey key) override;
    std::optional<ConversationKey> direct_between(AccountKey one, AccountKey other) override;
    const MemberRecord* member(ConversationKey conversation, AccountKey account) override;
    std::vector<MemberRecord> members(ConversationKey conversation, std::int64_t count_max) override;
    std::vector<BornRange> intervals(ConversationKey conversation, AccountKey account) override;
    std::vector<AccountKey> unseen_by(ConversationKey conversation, std::int64_t born) override;
    std::int64_t mentions_after(ConversationKey conversation, AccountKey account, std::int64_t born) override;
    std::int64_t deleted_after(ConversationKey conversation, AccountKey account, std::int64_t born) override;
    std::vector<Moved> moved(AccountKey account, PositionRange range, std::size_t count_max) override;
    std::vector<ConversationKey> joined(AccountKey account) override;
    std::vector<ConversationKey> joined_or_spared(AccountKey account) override;

    void put(const ConversationRecord& record) override;
    void put(const MemberRecord& record) override;
    void open_interval(ConversationKey conversation, AccountKey account, std::int64_t first) override;
    void close_interval(ConversationKey conversation, AccountKey account, std::int64_t last) override;
    void reopen_interval(ConversationKey conversation, AccountKey account) override;
    void add_mention(ConversationKey conversation, AccountKey account, std::int64_t born) override;
    void drop_mention(ConversationKey conversation, AccountKey account, std::int64_t born) override;
    void add_mention_of_all(ConversationKey conversation, AccountKey author, std::int64_t born) override;
    void drop_mention_of_all(ConversationKey conversation, std::int64_t born) override;
    void add_deletion(ConversationKey conversation, AccountKey author, std::int64_t born) override;
    void drop_mentions(ConversationKey conversation, AccountKey account, std::int64_t born) override;

    /// Writes what has been put.
    void flush();
    /// Forgets everything read or put.
    void clear();
    /// Clears where more is cached than is worth its memory. Not in the middle of a transaction.
    void trim();
    std::int64_t writes() const { return writes_; }

  private:
    using ConversationEntry = RecordCache<ConversationKey, ConversationRecord>::Entry;
    using MemberEntry = RecordCache<MemberKey, MemberRecord>::Entry;
    void write(const ConversationEntry& entry);
    void write(const MemberEntry& entry);
    std::int64_t stretch_of_member(const MemberRecord& member);

    RecordCache<ConversationKey, ConversationRecord> conversations_;
    RecordCache<MemberKey, MemberRecord> members_;
    std::int64_t writes_ = 0;

    Statement find_;
    Statement direct_;
    Statement member_;
    Statement present_;
    Statement intervals_;
    Statement unseen_by_;
    Statement mentions_;
    Statement deleted_;
    Statement moved_;
    Statement moved_wide_;
    Statement joined_;
    Statement joined_or_spared_;
    Statement insert_conversation_;
    Statement update_conversation_;
    Statement insert_member_;
    Statement update_member_;
    Statement update_membership_;
    Statement note_stretch_;
    Statement note_stretches_;
    Statement open_interval_;
    Statement close_interval_;
    Statement reopen_interval_;
    Statement add_mention_;
    Statement drop_mention_;
    Statement add_mention_of_all_;
    Statement drop_mention_of_all_;
    Statement add_deletion_;
    Statement drop_mentions_;
};

}  // namespace parley::server::sqlite
