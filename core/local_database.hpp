#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "core/ports/database.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace parley::core {

class LocalDatabase;

/// A statement that stands in the program: prepared once, and known again by where its text is.
class Sql {
  public:
    consteval Sql(const char* text) : text_(text) {}
    constexpr std::string_view text() const { return text_; }

  private:
    std::string_view text_;
};

/// One use of a prepared statement: bound, stepped, read. Goes back to its LocalDatabase when it is
/// destroyed.
class Query {
  public:
    Query(LocalDatabase& home, Sql sql, std::unique_ptr<Statement> statement)
        : home_(&home), sql_(sql), statement_(std::move(statement)) {}
    Query(Query&&) noexcept = default;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    Query& operator=(Query&&) = delete;
    ~Query();

    /// Binds all parameters, in order.
    template <class... Values>
    void bind(const Values&... values) {
        int parameter = 0;
        (bind_one(parameter++, values), ...);
    }

    /// True: a row stands ready.
    Result<bool> step();

    bool is_null(int column) const { return statement_->is_null(column); }
    std::int64_t integer(int column) const { return statement_->integer(column); }
    std::string text(int column) const { return std::string(statement_->text(column)); }
    std::string_view bytes(int column) const { return as_text(statement_->blob(column)); }
    std::optional<std::int64_t> optional_integer(int column) const;
    Uuid uuid(int column) const;

  private:
    void bind_one(int parameter, std::int64_t value) { statement_->bind(parameter, value); }
    void bind_one(int parameter, int value) { statement_->bind(parameter, std::int64_t{value}); }
    void bind_one(int parameter, bool value) { statement_->bind(parameter, std::int64_t{value}); }
    void bind_one(int parameter, WallTime value) { statement_->bind(parameter, value.ms); }
    void bind_one(int parameter, std::string_view text) { statement_->bind(parameter, text); }
    void bind_one(int parameter, const std::string& text) { bind_one(parameter, std::string_view(text)); }
    void bind_one(int parameter, ByteView blob) { statement_->bind(parameter, blob); }
    void bind_one(int parameter, const Uuid& id) { statement_->bind(parameter, ByteView(id.bytes)); }
    template <class T>
    void bind_one(int parameter, const std::optional<T>& value) {
        if (value)
            bind_one(parameter, *value);
        else
            statement_->bind_null(parameter);
    }

    LocalDatabase* home_;
    Sql sql_;
    std::unique_ptr<Statement> statement_;
};

/// The core's use of its Database: statements prepared once, and one transaction at a time that begins by
/// itself with the first write and checks the owner lease. SQL texts are string literals, which the cache
/// refers to.
class LocalDatabase {
  public:
    explicit LocalDatabase(Database& database) : database_(database) {}

    /// From now on every transaction begins with a check that the lease still has this generation.
    void guard_with(std::int64_t generation) { generation_ = generation; }
    /// True after a transaction found another generation: somebody else owns the database.
    bool lease_lost() const { return lease_lost_; }
    /// True after any call to the database failed since the last `start_over`. What was read or written
    /// around it cannot be trusted.
    bool failed() const { return failed_; }
    void start_over() { failed_ = false; }
    bool in_transaction() const { return in_transaction_; }
    /// How often what was written has been taken back: what is remembered of it is wrong then.
    std::uint64_t rollbacks() const { return rollbacks_; }

    Status begin();
    Status commit();
    /// Its failure is of no consequence: a transaction that is not committed is rolled back when the database
    /// closes.
    void rollback();
    /// What this transaction erases is to be gone from the log too, once it is committed.
    void erase_from_log() { log_holds_erased_ = true; }

    /// A statement that only reads.
    template <class... Values>
    Result<Query> read(Sql sql, const Values&... values) {
        TRY_ASSIGN(Query query, prepared(sql));
        query.bind(values...);
        return query;
    }

    /// Runs a statement that writes, to its end, inside the transaction.
    template <class... Values>
    Status write(Sql sql, const Values&... values) {
        TRY(begin());
        TRY_ASSIGN(Query query, prepared(sql));
        query.bind(values...);
        TRY(query.step());
        return {};
    }

    /// Several statements at once, without parameters: migrations.
    Status run(std::string_view sql);

  private:
    friend class Query;
    Result<Query> prepared(Sql sql);
    void give_back(Sql sql, std::unique_ptr<Statement> statement);
    void empty_log();

    Database& database_;
    /// By where the text stands, which never moves: to compare texts takes as long as some statements do.
    std::unordered_map<const char*, std::unique_ptr<Statement>> idle_;
    std::uint64_t rollbacks_ = 0;
    std::optional<std::int64_t> generation_;
    bool in_transaction_ = false;
    bool lease_lost_ = false;
    bool failed_ = false;
    bool log_holds_erased_ = false;
};

/// Commits when asked to, and rolls back in its destructor otherwise.
class Transaction {
  public:
    explicit Transaction(LocalDatabase& database) : database_(database) {}
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() {
        if (database_.in_transaction()) database_.rollback();
    }
    Status commit() { return database_.commit(); }

  private:
    LocalDatabase& database_;
};

}  // namespace parley::core
