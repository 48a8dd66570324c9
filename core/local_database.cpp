#include "core/local_database.hpp"

#include "base/mutant.hpp"
#include "core/lease.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace parley::core {

Query::~Query() {
    if (statement_) home_->give_back(sql_, std::move(statement_));
}

Result<bool> Query::step() {
    auto stepped = statement_->step();
    if (!stepped) home_->failed_ = true;
    return stepped;
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

Uuid Query::uuid(int column) const {
    Uuid id;
    auto blob = statement_->blob(column);
    if (blob.size() == id.bytes.size()) std::ranges::copy(blob, id.bytes.begin());
    return id;
}

Status LocalDatabase::begin() {
    if (in_transaction_) return {};
    TRY(run("BEGIN IMMEDIATE"));
    in_transaction_ = true;
    if (!generation_ || mutant(Mutant::lease_not_checked)) return {};
    TRY_ASSIGN(std::int64_t generation, lease_generation(*this));
    if (generation == *generation_) return {};
    lease_lost_ = true;
    return fail(ErrorCode::unavailable, "another core owns the local database now");
}

Status LocalDatabase::commit() {
    if (!in_transaction_) return {};
    TRY(run("COMMIT"));
    in_transaction_ = false;
    if (log_holds_erased_) empty_log();
    return {};
}

/// What was committed is not undone by a failure here: it is tried again after the next commit.
void LocalDatabase::empty_log() {
    const auto statement = database_.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!statement) return;
    const auto row = (*statement)->step();
    // The answer begins with whether somebody stood in the way; there may be no log, and no answer.
    if (row) log_holds_erased_ = *row && (*statement)->integer(0) != 0;
}

void LocalDatabase::rollback() {
    if (!std::exchange(in_transaction_, false)) return;
    ++rollbacks_;
    (void)database_.execute("ROLLBACK");
}

Status LocalDatabase::run(std::string_view sql) {
    auto done = database_.execute(sql);
    if (!done) failed_ = true;
    return done;
}

Result<Query> LocalDatabase::prepared(Sql sql) {
    auto found = idle_.find(sql.text().data());
    if (found != idle_.end() && found->second) return Query(*this, sql, std::move(found->second));
    auto statement = database_.prepare(sql.text());
    if (!statement) {
        failed_ = true;
        return fail(std::move(statement).error());
    }
    return Query(*this, sql, std::move(*statement));
}

void LocalDatabase::give_back(Sql sql, std::unique_ptr<Statement> statement) {
    statement->reset();
    idle_[sql.text().data()] = std::move(statement);
}

}  // namespace parley::core
