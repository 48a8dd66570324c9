#include "server/store/transaction_sqlite.hpp"

#include "server/store/epoch_sqlite.hpp"

#include <algorithm>
#include <cassert>

namespace parley::server::sqlite {

namespace {

/// So many old commits are forgotten at most with each that is written, so that their number goes down …
constexpr std::int64_t commits_forgotten_for_each = 2;
/// … and with each transaction.
constexpr std::int64_t commits_forgotten_at_least = 16;

}  // namespace

std::int64_t SqliteTransaction::next_key(WallTime at) {
    // A clock that went back makes no key smaller, one that ran ahead is outlived by the counter.
    meta_.last_key = std::max(meta_.last_key + 1, first_key(at));
    return meta_.last_key;
}

SqliteTransaction::Touched& SqliteTransaction::touched(StreamKey stream) {
    if (!touched_.empty() && touched_.back().stream == stream) return touched_.back();
    const auto [found, is_new] = touched_index_.try_emplace(stream.value, touched_.size());
    if (is_new) touched_.push_back({.position = ++meta_.position, .stream = stream});
    return touched_[found->second];
}

void SqliteTransaction::note(const RowToWrite& row) {
    ++row_count_;
    auto& stream = touched(row.stream);
    const auto seq = row.change.seq;
    if (stream.last < stream.first) {
        stream.first = seq;
    } else {
        assert(seq == stream.last + 1);
    }
    stream.last = seq;
}

void SqliteTransaction::insert(const RowToWrite& row) {
    note(row);
    tables_.rows.insert(row);
}

void SqliteTransaction::replace(const RowToWrite& row) {
    note(row);
    tables_.rows.replace(row);
}

Status SqliteTransaction::begin_epoch(const Parting& parting) {
    tables_.flush();
    // So that the commits tell where each stream stood, as far back as they are kept.
    write_commits(parting.at);
    auto begun = sqlite::begin_epoch(*tables_.connection, parting, host_);
    // Half an epoch is none: whoever asks for the status undoes it all.
    if (!begun) return fail(begun.error());
    tables_.clear();
    meta_.last_key = last_key_of_before(meta_.last_key, *begun - meta_.epoch, parting.at, host_);
    meta_.epoch = *begun;
    return {};
}

Meta SqliteTransaction::finish(const Meta& before, WallTime at) {
    tables_.flush();
    write_commits(at);
    if (meta_ != before) tables_.write_meta(meta_);
    return meta_;
}

void SqliteTransaction::write_commits(WallTime at) {
    std::int64_t written = 0;
    for (const auto& one : touched_) {
        if (one.last < one.first) continue;
        tables_.commits.write(
            {.position = one.position, .stream = one.stream, .first = one.first, .last = one.last, .at = at});
        ++written;
    }
    touched_.clear();
    touched_index_.clear();
    if (written > 0) {
        tables_.commits.trim(at, commits_forgotten_at_least + commits_forgotten_for_each * written);
    }
}

}  // namespace parley::server::sqlite
