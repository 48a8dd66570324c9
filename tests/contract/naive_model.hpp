#pragma once

#include "tests/contract/store_world.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace parley::server::test {

/// What a store should hold, kept in the simplest way: lists that are searched from end to end. Nothing of it
/// is the product's own code.
class NaiveModel {
  public:
    struct Row {
        std::int64_t born = 0;
        std::int64_t seq = 0;
        /// Of a message: its sender; of a member row: the member.
        AccountKey account;
        bool message = false;
        bool settings = false;
        bool present = false;
        bool deleted = false;
        std::string text;
        std::vector<AccountKey> mentions;
        friend bool operator==(const Row&, const Row&) = default;
    };
    struct Interval {
        std::int64_t first = 0;
        std::int64_t last = 0;  // 0: still going on
    };
    struct Member {
        bool present = false;
        bool owner = false;
        std::int64_t since = 0;
        std::int64_t read = 0;
        std::int64_t delivered = 0;
        std::vector<Interval> intervals;
    };
    struct Conversation {
        bool direct = false;
        std::string title;
        std::int64_t head = 0;
        std::vector<Row> rows;  // by born
        std::map<AccountKey, Member> members;
    };
    struct Count {
        std::int64_t unread = 0;
        std::int64_t mentions = 0;
        friend bool operator==(const Count&, const Count&) = default;
    };

    std::map<ConversationKey, Conversation> conversations;
    /// Who has blocked whom.
    std::set<std::pair<AccountKey, AccountKey>> blocks;
    /// Of somebody, to another: how far he had got when they were kept apart.
    struct Told {
        std::int64_t delivered = 0;
        std::int64_t read = 0;
    };
    std::map<std::tuple<ConversationKey, AccountKey, AccountKey>, Told> told;

    bool apart(AccountKey one, AccountKey other) const;
    /// Keeps what each has been told of the other, where both are in it and something stands between them.
    void keep_told(ConversationKey key);
    /// Somebody has read more, or has more.
    void moved(ConversationKey key, AccountKey account);
    /// Changes nothing where it is so already.
    void block(AccountKey blocker, AccountKey blocked, bool stands);
    /// The other person of a direct conversation.
    AccountKey other(ConversationKey key, AccountKey account) const;

    bool present(ConversationKey key, AccountKey account) const;
    bool owner(ConversationKey key, AccountKey account) const;
    std::int64_t size(ConversationKey key) const;

    void create(ConversationKey key, bool direct, const std::vector<AccountKey>& members,
                const std::string& title);
    /// Each returns the head afterwards.
    std::int64_t send(ConversationKey key, AccountKey by, const std::string& text,
                      std::vector<AccountKey> mentions);
    std::int64_t edit(ConversationKey key, std::int64_t born, const std::string& text,
                      std::vector<AccountKey> mentions);
    std::int64_t erase(ConversationKey key, std::int64_t born);
    std::int64_t add(ConversationKey key, const std::vector<AccountKey>& who);
    std::int64_t end(ConversationKey key, AccountKey whom, bool inherits);
    std::int64_t rename(ConversationKey key, const std::string& title);

    Row& row_at(ConversationKey key, std::int64_t born);
    bool sees(ConversationKey key, AccountKey reader, const Row& row) const;
    /// What `changes` after a cursor should bring, over all its pages.
    std::vector<Row> changes(ConversationKey key, AccountKey reader, std::int64_t after) const;
    /// Visible messages in order.
    std::vector<Row> messages(ConversationKey key, AccountKey reader) const;
    Count count(ConversationKey key, AccountKey reader) const;

  private:
    Row& member_row(Conversation& conversation, AccountKey account);
};

/// A row as it came from the store, in the model's terms.
NaiveModel::Row plain(const protocol::Change& change);

}  // namespace parley::server::test
