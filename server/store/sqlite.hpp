#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "server/domain/keys.hpp"
#include "server/store/rows.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// A small layer over SQLite's C interface, whose header only sqlite*.cpp sees. The first error of a
/// connection sticks: from then on statements yield nothing, and `status` says what it was, until `clear` is
/// called.
namespace parley::server::sqlite {

enum class Access { read_write, read_only };

/// Which pages of the file a statement reads although they do not fit their checksums, where pages have some;
/// each is wider than the one before. Beyond these such a page is an error, and the file damaged.
enum class Pages {
    /// None.
    sound,
    /// Those that hold entries of an index or rows of a table without row ids, and lead nowhere. For what
    /// writes rows: a damaged link, or a damaged list of free pages, would have it write over other tables.
    leaves,
    /// Those too that hold the rest of long records: all but what leads to other pages of a table or an
    /// index.
    records,
    /// Any: whoever reads with it, or with the two above, holds each record against a checksum of its own.
    any,
};

/// What our VFS and a connection know together of one open database file.
struct PageReads {
    /// Every page has a checksum.
    bool checked = false;
    /// Of those that do not fit, these are given out, and counted.
    Pages accepted = Pages::sound;
    std::int64_t passed_over = 0;
};

class Connection {
  public:
    static Result<std::unique_ptr<Connection>> open(const std::string& path, const std::string& vfs,
                                                    Access access);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// One or more statements without parameters and results. What transactions begin and end with is
    /// prepared once.
    Status execute(const char* sql);
    Status status() const { return failure_ ? Status{std::unexpected(*failure_)} : Status{}; }
    bool failed() const { return failure_.has_value(); }
    /// The failure is that the file is not as it was written: a record or a page makes no sense.
    bool damaged() const { return damaged_; }
    void clear() {
        failure_.reset();
        damaged_ = false;
    }
    /// Rows changed since the connection was opened.
    std::int64_t changes() const;
    /// What runs long ends with an error soon after `ending` is set, which outlives the connection.
    void give_up_when(const std::atomic<bool>& ending);
    bool in_transaction() const;
    /// In one that may write.
    bool writing() const;
    /// Every page of the file has a checksum, or it is no file.
    bool pages_protected() const { return reads_ == nullptr || reads_->checked; }
    /// Pages that statements which read any were given though they do not fit their checksums.
    std::int64_t pages_passed_over() const { return reads_ == nullptr ? 0 : reads_->passed_over; }
    /// For a connection that writes: what reads any pages reads `records` from here on. A page stays in
    /// memory once it was read, and a statement that writes later would follow it where it leads.
    void follow_sound_pages_only() { pages_max_ = Pages::records; }
    /// Reads a page as it lies in the main file, whatever the log has for it. Nothing: the file has no such
    /// page, or its pages have no checksums.
    std::optional<bool> stored_page_fits(std::int64_t number);
    /// Copies made from here (VACUUM) have checksums in their pages, and so has a file that is made now.
    void reserve_page_checksums();

    /// Carries out SQL as a part of a transaction: what fails is kept for `status`, as with statements.
    void run(const char* sql);

    sqlite3* handle() const { return handle_; }
    /// Keeps an error of SQLite's, unless there is one already.
    void note_failure(int code);
    /// The same for what SQLite takes for right.
    void note_damage(std::string what);
    /// The same where what was to be written could not be read again.
    void note_mistake(const Error& error);
    /// The error that a result code of SQLite's stands for.
    static Error error_of(int code, std::string_view detail);

  private:
    friend class Query;

    explicit Connection(sqlite3* handle) : handle_(handle) {}

    struct Kept {
        std::string_view sql;
        sqlite3_stmt* statement = nullptr;
    };
    int run_kept(Kept& kept);

    sqlite3* handle_;
    std::array<Kept, 3> kept_{{{.sql = "BEGIN"}, {.sql = "BEGIN IMMEDIATE"}, {.sql = "COMMIT"}}};
    PageReads* reads_ = nullptr;  // of the open file, where our VFS has it
    Pages pages_max_ = Pages::any;
    std::optional<Error> failure_;
    bool damaged_ = false;
};

class Query;

/// A statement that is prepared at its first use and then kept. Outlived by its connection.
class Statement {
  public:
    Statement(Connection& connection, std::string_view sql, Pages pages = Pages::sound)
        : connection_(connection), sql_(sql), pages_(pages) {}
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Binds the arguments in order; the rows come from the query. One query at a time.
    template <class... Args>
    Query operator()(const Args&... args);
    /// The same in two steps: the next Query of this statement has these rows.
    template <class... Args>
    void start(const Args&... args);

    /// Binds, runs to the end and resets.
    template <class... Args>
    void run(const Args&... args);

  private:
    friend class Query;

    bool prepare();
    void bind(int index, std::int64_t value);
    void bind(int index, bool value) { bind(index, static_cast<std::int64_t>(value)); }
    void bind(int index, std::string_view text);
    void bind(int index, ByteView blob);
    void bind(int index, std::nullptr_t);
    void bind(int index, WallTime time) { bind(index, time.ms); }
    void bind(int index, const Uuid& id) { bind(index, ByteView{id.bytes}); }
    void bind(int index, StreamKey key) { bind(index, key.value); }
    template <class Tag>
    void bind(int index, Key<Tag> key) {
        bind(index, key.value);
    }
    template <class T>
    void bind(int index, const std::optional<T>& value) {
        value ? bind(index, *value) : bind(index, nullptr);
    }

    Connection& connection_;
    std::string_view sql_;
    Pages pages_;
    sqlite3_stmt* handle_ = nullptr;
};

/// The rows of one execution; resets the statement when it goes. Texts and blobs stay valid until the next
/// `step`.
class Query {
  public:
    explicit Query(Statement& statement) : statement_(statement) {}
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// True: a row stands ready. False: done, or failed (see the connection's status).
    bool step();
    bool is_null(int column) const;
    bool is_integer(int column) const;
    bool is_blob(int column) const;
    std::int64_t integer(int column) const;
    std::string_view text(int column) const;
    ByteView blob(int column) const;

  private:
    int step_handle();

    Statement& statement_;
};

/// The number that a query with one answer gives; 0 where there is none, it is NULL, or the connection
/// failed.
std::int64_t one_number(Connection& connection, std::string_view sql);

template <class... Args>
void Statement::start(const Args&... args) {
    if (!prepare()) return;
    int index = 0;
    (bind(++index, args), ...);
}

template <class... Args>
Query Statement::operator()(const Args&... args) {
    start(args...);
    return Query(*this);
}

template <class... Args>
void Statement::run(const Args&... args) {
    auto query = (*this)(args...);
    while (query.step()) {
    }
}

}  // namespace parley::server::sqlite
