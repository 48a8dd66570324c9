#include "base/mutant.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "server/domain/decide.hpp"
#include "server/store/ballast_sqlite.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/directory_lock.hpp"
#include "server/store/epoch_memory.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/schema_sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "server/store/transaction_sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace parley::server::sqlite {

namespace {

// What is needed where the disk has no room for a step of the start.
constexpr std::string_view room_for_log =
    "what the last run wrote cannot be brought into the database: free at least the size of parley.db-wal";
constexpr std::string_view room_for_migration =
    "the database cannot be brought to this version: free at least half the size of parley.db";
constexpr std::string_view room_for_copy =
    "the database cannot be written anew with checksums, which is done once: free twice the size of"
    " parley.db, where it lies and where temporary files go (TMPDIR)";

constexpr std::string_view no_epoch =
    "; this is a copy of a store that was put back, and it cannot be told from the lost one: make a backup of"
    " it with `parleyd backup FILE` and restore that (damage.md in Parley's documentation)";

/// From here on the disk takes no new messages.
constexpr std::int64_t disk_percent_max = 98;
/// A log that readers kept from being copied back whole is tried again when it has grown by this.
constexpr std::int64_t log_retry_bytes = 4 << 20;
/// While the disk is full the log is kept this short: a start has to copy it back, and then there is nothing
/// left to be given up.
constexpr std::int64_t log_bytes_max_when_full = 1 << 18;

/// Records that cannot be taken apart, and tables whose old pages are damaged, met in one transaction.
constexpr int damages_passed_over_max = 64;

Result<std::int64_t> file_bytes(Connection& connection) {
    const auto pages = one_number(connection, "PRAGMA page_count");
    TRY(connection.status());
    return pages * page_bytes;
}

class SqliteStore final : public Store {
  public:
    SqliteStore(const SqliteOptions& options, const Rules& rules, StoreHost& host,
                std::unique_ptr<DirectoryLock> lock, std::unique_ptr<GuardedVfs> vfs)
        : options_(options),
          rules_(rules),
          host_(host),
          lock_(std::move(lock)),
          vfs_(std::move(vfs)),
          readers_(options.directory + "/parley.db", vfs_->name(), host),
          ballast_(vfs_->vfs(), options.directory + "/ballast", options.ballast_bytes),
          log_bytes_limit_(options.log_bytes_max) {}

    Status start();

    Result<Batch> apply(std::span<const Work> works) override;
    Result<std::unique_ptr<Snapshot>> snapshot() override { return readers_.snapshot(); }
    bool broken() const override { return broken_ || vfs_->dead(); }
    std::int64_t position() const override { return meta_.position; }
    std::int64_t epoch() const override { return meta_.epoch; }
    std::int64_t life() const override { return life_; }
    Status checkpoint() override;
    bool was_copied() const override { return was_copied_; }
    bool unclean_start() const override { return unclean_start_; }
    Status check() override { return readers_.check(); }
    Result<Scrubbed> scrub(std::int64_t rows_max) override { return readers_.scrub(scrubbed_, rows_max); }
    Status close() override;

  private:
    Result<Batch> apply_once(std::span<const Work> works);
    Status give_page_checksums();
    Status with_room(const std::function<Status()>& step, std::string_view needed);
    Result<Batch> apply_around_damage(std::span<const Work> works);
    bool release_ballast();
    Status begin_life();
    void remember_new_epoch(std::int64_t before);
    Status mark_running(bool running);
    void roll_back();
    void look_at_disk();
    void copy_log_back_if_needed();
    bool log_needs_room() const;

    const SqliteOptions options_;
    const Rules& rules_;
    StoreHost& host_;
    std::unique_ptr<DirectoryLock> lock_;
    std::unique_ptr<GuardedVfs> vfs_;
    Readers readers_;
    std::unique_ptr<Tables> writer_;
    std::int64_t log_bytes_ = 0;
    Ballast ballast_;
    Meta meta_;
    std::int64_t life_ = 0;
    ScrubPosition scrubbed_;
    std::int64_t log_bytes_limit_;
    bool log_holds_deleted_ = false;
    bool disk_nearly_full_ = false;
    /// The ballast had to be let go.
    bool disk_full_ = false;
    bool unclean_start_ = false;
    bool was_copied_ = false;
    bool closed_ = false;
    bool broken_ = false;
};

Status SqliteStore::start() {
    const auto database = options_.directory + "/parley.db";
    const auto checksums = options_.page_checksums ? PageChecksums::on : PageChecksums::off;
    TRY(with_room([&] { return make_log_durable(vfs_->vfs(), database); }, room_for_log));
    TRY_ASSIGN(auto connection, open_writer(database, vfs_->name(), log_bytes_, checksums));
    writer_ = std::make_unique<Tables>(std::move(connection), host_);
    // The log of an earlier life goes into the main file before anything is served from it.
    TRY(with_room([&] { return copy_log_back(*writer_->connection, LogCopy::truncate); }, room_for_log));
    TRY(with_room([&] { return migrate(*writer_->connection); }, room_for_migration));
    if (options_.page_checksums) TRY(give_page_checksums());
    // A migration is one long transaction; the log begins short behind it.
    TRY(with_room([&] { return copy_log_back(*writer_->connection, LogCopy::truncate); }, room_for_log));
    TRY(cut_behind_last_page(*writer_->connection));
    meta_ = writer_->read_meta();
    TRY(writer_->connection->status());
    unclean_start_ = meta_.running;
    look_at_disk();
    // On a disk that is full already there is no ballast to be had; the next look makes it.
    if (!disk_full_ && !ballast_.load()) disk_full_ = true;
    return with_room([&] { return begin_life(); }, room_for_log);
}

Status SqliteStore::give_page_checksums() {
    auto& connection = *writer_->connection;
    if (!connection.pages_protected() && options_.progress) {
        // The database is copied into a temporary file, from there into the log, and from there into its
        // place.
        constexpr int times_written = 3;
        TRY_ASSIGN(const auto size, file_bytes(connection));
        LongWork work{.bytes_expected = times_written * size};
        options_.progress(work);
        vfs_->watch_writes([this, work](std::int64_t bytes) mutable {
            work.bytes_written += bytes;
            options_.progress(work);
        });
    }
    const auto done = with_room([&] { return protect_pages(connection); }, room_for_copy);
    vfs_->watch_writes({});
    if (done) vfs_->expect_page_checksums();
    return done;
}

/// A step of the start, with the ballast given up where it has to be.
Status SqliteStore::with_room(const std::function<Status()>& step, std::string_view needed) {
    auto done = step();
    if (done || done.error().code != ErrorCode::disk_full) return done;
    if (release_ballast()) done = step();
    if (done || done.error().code != ErrorCode::disk_full) return done;
    return fail(ErrorCode::disk_full, "the disk is full, and " + std::string(needed) + ", and start again");
}

/// True: there is room that was not there before. From here on only what does not grow the store is taken.
bool SqliteStore::release_ballast() {
    disk_full_ = true;
    if (mutant(Mutant::ballast_kept) || !ballast_.release()) return false;
    log_bytes_limit_ = std::min(log_bytes_limit_, log_bytes_max_when_full);
    return true;
}

Status SqliteStore::begin_life() {
    const OpenedFile file = options_.opened_file ? options_.opened_file() : OpenedFile{};
    auto& connection = *writer_->connection;
    auto running = meta_;
    running.running = true;
    TRY(connection.execute("BEGIN IMMEDIATE"));
    SqliteTransaction transaction(*writer_, host_, running, disk_full_);
    const std::int64_t remembered = options_.lock_file ? remembered_epoch(options_.directory) : 0;
    const bool moved = writer_->lives.begin(meta_.position, file.identity, host_);
    const bool copied = moved || remembered > meta_.epoch;
    Status begun;
    if (copied)
        begun =
            transaction.begin_epoch({.shared_upto = meta_.position, .epoch_seen = remembered, .at = file.at});
    const auto after = transaction.finish(meta_, file.at);
    const auto life = writer_->lives.last();
    if (begun) begun = connection.status();
    if (begun && log_needs_room()) begun = make_room_for_log(connection);
    if (begun) begun = connection.execute("COMMIT");
    if (!begun) {
        roll_back();
        if (copied && begun.error().code == ErrorCode::internal)
            return fail(ErrorCode::internal, begun.error().context + std::string(no_epoch));
        return begun;
    }
    meta_ = after;
    life_ = life;
    was_copied_ = copied;
    remember_new_epoch(remembered);
    return {};
}

/// `before`: what is remembered. A store that no epoch began in leaves no trace of it.
void SqliteStore::remember_new_epoch(std::int64_t before) {
    if (options_.lock_file && meta_.epoch > std::max(before, first_epoch))
        (void)remember_epoch(options_.directory, meta_.epoch);
}

Status SqliteStore::mark_running(bool running) {
    auto meta = meta_;
    TRY(writer_->connection->execute("BEGIN IMMEDIATE"));
    // SQLite writes nothing where a row stays as it is, and then a disk that takes nothing would take this.
    meta.running = !running;
    writer_->write_meta(meta);
    meta.running = running;
    writer_->write_meta(meta);
    auto marked = writer_->connection->status();
    if (marked) marked = writer_->connection->execute("COMMIT");
    if (!marked) {
        roll_back();
        return marked;
    }
    meta_ = meta;
    return {};
}

void SqliteStore::roll_back() {
    // Some errors have rolled back already.
    if (writer_->connection->in_transaction()) (void)writer_->connection->execute("ROLLBACK");
    if (mutant(Mutant::seq_reused_after_rollback))
        (void)writer_->connection->execute("UPDATE conversation SET head = head - 1 WHERE head > 1");
    if (!mutant(Mutant::cache_kept_after_rollback)) writer_->clear();
    writer_->connection->clear();
}

Result<Batch> SqliteStore::apply(std::span<const Work> works) {
    if (closed_ || broken()) return fail(ErrorCode::internal, "the store is closed");
    look_at_disk();
    auto batch = apply_around_damage(works);
    if (!batch && batch.error().code == ErrorCode::disk_full && !vfs_->dead()) {
        // With the ballast gone there is room for what does not grow the store. The main file takes its share
        // first: a start must be able to copy back the log without growing the file.
        if (release_ballast()) {
            (void)checkpoint();
            if (make_room_for_log(*writer_->connection)) batch = apply_around_damage(works);
        }
    }
    if (batch) copy_log_back_if_needed();
    // Whose fault is it, the work's or the store's? A store that is sound takes its own mark.
    if (!batch && batch.error().code == ErrorCode::internal && works.size() == 1 && !vfs_->dead()) {
        const Status taken = mark_running(true);
        broken_ = !taken && taken.error().code == ErrorCode::internal;
    }
    return batch;
}

/// What a damaged page or record kept from being committed, and which is not needed, is done again without
/// it.
Result<Batch> SqliteStore::apply_around_damage(std::span<const Work> works) {
    auto batch = apply_once(works);
    for (int tries = 0; !batch && tries < damages_passed_over_max && writer_->learn(); ++tries)
        batch = apply_once(works);
    return batch;
}

Result<Batch> SqliteStore::apply_once(std::span<const Work> works) {
    auto& connection = *writer_->connection;
    if (mutant(Mutant::acknowledge_before_commit) && connection.in_transaction()) {
        TRY(connection.execute("COMMIT"));
    }
    TRY(connection.execute("BEGIN IMMEDIATE"));
    SqliteTransaction transaction(*writer_, host_, meta_, disk_nearly_full_ || disk_full_);
    Batch batch;
    for (const auto& work : works) {
        decide(transaction, rules_, work, batch.effects);
        if (connection.failed()) break;
    }
    const auto after = transaction.finish(meta_, works.empty() ? WallTime{} : works.back().at);
    auto committed = connection.status();
    if (committed && log_needs_room()) committed = make_room_for_log(connection);
    if (committed && !mutant(Mutant::acknowledge_before_commit)) committed = connection.execute("COMMIT");
    if (!committed) {
        roll_back();
        return fail(committed.error());
    }
    batch.first_position = meta_.position + 1;
    batch.last_position = after.position;
    const std::int64_t epoch_before = meta_.epoch;
    meta_ = after;
    remember_new_epoch(epoch_before);
    writer_->trim();
    return batch;
}

void SqliteStore::look_at_disk() {
    // Each time, since others fill the disk too; a microsecond beside a sync.
    const auto use = host_.disk_use();
    const auto used = use.bytes_total - use.bytes_free;
    disk_nearly_full_ = use.bytes_total > 0 && used * 100 >= use.bytes_total * disk_percent_max;
    if (mutant(Mutant::disk_full_for_ever)) return;
    if (disk_full_ && !disk_nearly_full_ && use.bytes_free > 2 * ballast_.bytes() && ballast_.load()) {
        disk_full_ = false;
    }
}

/// There is no ballast that a start could give up to copy the log back, or the log is longer than that, since
/// readers keep it. Then nothing is committed that has no place in the main file.
bool SqliteStore::log_needs_room() const {
    return disk_full_ || (ballast_.bytes() > 0 && log_bytes_ >= options_.log_bytes_max);
}

/// What was deleted stands in the log until that is emptied.
void SqliteStore::copy_log_back_if_needed() {
    if (writer_->rows.take_erased()) log_holds_deleted_ = true;
    if (log_bytes_ < log_bytes_limit_ && !log_holds_deleted_) return;
    // A failure here loses nothing: the log keeps what it holds and goes on growing until the next try.
    (void)checkpoint();
}

Status SqliteStore::checkpoint() {
    if (closed_ || broken()) return fail(ErrorCode::internal, "the store is closed");
    auto copied =
        copy_log_back(*writer_->connection, log_holds_deleted_ ? LogCopy::truncate : LogCopy::passive);
    if (copied) log_holds_deleted_ = false;
    const auto bound =
        disk_full_ ? std::min(options_.log_bytes_max, log_bytes_max_when_full) : options_.log_bytes_max;
    log_bytes_limit_ = copied ? bound : log_bytes_ + log_retry_bytes;
    if (copied) log_bytes_ = 0;
    return copied;
}

Status SqliteStore::close() {
    if (closed_) return {};
    readers_.close();
    auto marked = vfs_->dead() ? Status{fail(ErrorCode::internal, "a sync failed")} : mark_running(false);
    if (marked) marked = copy_log_back(*writer_->connection, LogCopy::truncate);
    closed_ = true;
    return marked;
}

}  // namespace

}  // namespace parley::server::sqlite

namespace parley::server {

Result<std::unique_ptr<Store>> open_sqlite_store(const SqliteOptions& options, const Rules& rules,
                                                 StoreHost& host) {
    std::unique_ptr<DirectoryLock> lock;
    if (options.lock_file) {
        TRY_ASSIGN(lock, DirectoryLock::take(options.directory));
    }
    TRY_ASSIGN(auto vfs, sqlite::GuardedVfs::create(options.vfs, &host));
    auto store = std::make_unique<sqlite::SqliteStore>(options, rules, host, std::move(lock), std::move(vfs));
    TRY(store->start());
    return store;
}

}  // namespace parley::server
