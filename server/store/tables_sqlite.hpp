#pragma once

#include "server/store/accounts_sqlite.hpp"
#include "server/store/blocks_sqlite.hpp"
#include "server/store/commands_sqlite.hpp"
#include "server/store/commits_sqlite.hpp"
#include "server/store/conversations_sqlite.hpp"
#include "server/store/earlier_texts_sqlite.hpp"
#include "server/store/links_sqlite.hpp"
#include "server/store/lives_sqlite.hpp"
#include "server/store/rows_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/view.hpp"

#include <memory>
#include <string>

namespace parley::server::sqlite {

/// One row: what holds for the store as a whole.
struct Meta {
    std::int64_t epoch = 0;
    std::int64_t position = 0;
    std::int64_t last_key = 0;
    /// A process has it open, or ended without closing it.
    bool running = false;

    friend bool operator==(const Meta&, const Meta&) = default;
};

/// A connection with all tables on it.
struct Tables {
    Tables(std::unique_ptr<Connection> opened, StoreHost& host);

    Meta read_meta();
    void write_meta(const Meta& meta);
    /// Writes what has been put; of what is only cached, forgets all (clear) or, where it is much, most
    /// (trim).
    void flush();
    void clear();
    void trim();
    /// After a transaction that failed and was rolled back: true: it met damage that is passed over from here
    /// on, and may be tried again.
    bool learn() { return rows.learn() || commits.learn() || commands.learn(); }
    std::int64_t writes() const {
        return accounts.writes() + conversations.writes() + links.writes() + blocks.writes() +
               commands.writes() + earlier_texts.writes();
    }

    std::unique_ptr<Connection> connection;
    RowTable rows;
    EarlierTextTable earlier_texts;
    ConversationTables conversations;
    AccountTables accounts;
    LinkTable links;
    BlockTables blocks;
    CommandTable commands;
    CommitTable commits;
    LifeTable lives;

  private:
    Statement read_meta_;
    Statement write_meta_;
};

}  // namespace parley::server::sqlite
