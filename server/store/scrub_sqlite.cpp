#include "server/store/scrub_sqlite.hpp"

#include "protocol/generated/cpp/enums.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace parley::server::sqlite {

namespace {

StreamKey key_of(std::int64_t stream) {
    StreamKey key;
    key.value = stream;
    return key;
}

}  // namespace

Scrubber::Scrubber(Connection& connection, RowTable& rows, StoreHost& host)
    : connection_(connection),
      rows_(rows),
      host_(host),
      places_(connection,
              "SELECT stream, born FROM row WHERE (stream, born) > (?, ?) ORDER BY stream, born LIMIT ?",
              Pages::any),
      ids_(connection,
           "SELECT id, author, stream, born FROM row INDEXED BY row_id"
           " WHERE id IS NOT NULL AND (id, author) > (?, ?) ORDER BY id, author LIMIT ?",
           Pages::any),
      slots_(connection,
             "SELECT stream, slot, born FROM row INDEXED BY row_slot"
             " WHERE slot <> 0 AND (stream, slot) > (?, ?) ORDER BY stream, slot LIMIT ?",
             Pages::any),
      in_ids_(connection,
              "SELECT 1 FROM row INDEXED BY row_id WHERE id = ? AND author = ? AND stream = ? AND born = ?",
              Pages::any),
      in_slots_(
          connection,
          "SELECT 1 FROM row INDEXED BY row_slot WHERE stream = ? AND slot = ? AND slot <> 0 AND born = ?",
          Pages::any),
      in_changed_(connection,
                  "SELECT 1 FROM row INDEXED BY row_changed"
                  " WHERE stream = ? AND seq = ? AND seq <> born AND born = ?",
                  Pages::any),
      in_fixed_(connection,
                "SELECT 1 FROM row INDEXED BY row_fixed WHERE stream = ? AND born = ? AND kind <> 42",
                Pages::any),
      in_members_(connection,
                  "SELECT 1 FROM row INDEXED BY row_member WHERE stream = ? AND born = ? AND kind = 43",
                  Pages::any),
      in_pinned_(connection,
                 "SELECT 1 FROM row INDEXED BY row_pinned WHERE stream = ? AND born = ? AND kind = 37"
                 " AND gone = 0",
                 Pages::any) {}

Scrubbed Scrubber::step(ScrubPosition& position, std::int64_t rows_max) {
    Scrubbed done;
    const auto walk = position.walk;
    const auto begun_at = position;
    auto& looked_at = walk == Walk::pages ? done.pages : done.rows;
    looked_at = this->walk(position, rows_max);
    done.damaged = std::exchange(damaged_, {});
    done.damaged_pages = std::exchange(damaged_pages_, {});
    // A walk that comes to a page that cannot be read ends there; the next one comes to the rows behind it.
    if (connection_.damaged()) {
        connection_.clear();
        done.unreadable = true;
    }
    // Nor does it get ahead where only rows out of order follow.
    if (looked_at == rows_max && position == begun_at) done.unreadable = true;
    if (looked_at == rows_max && !done.unreadable) return done;
    done.round_ended = walk == Walk::pages;
    position = {};
    if (!done.round_ended) position.walk = static_cast<Walk>(static_cast<int>(walk) + 1);
    return done;
}

std::int64_t Scrubber::walk(ScrubPosition& position, std::int64_t rows_max) {
    switch (position.walk) {
        case Walk::places:
            return walk_places(position, rows_max);
        case Walk::ids:
            return walk_ids(position, rows_max);
        case Walk::slots:
            return walk_slots(position, rows_max);
        case Walk::pages:
            return walk_pages(position, rows_max);
    }
    return 0;
}

std::optional<VerifiedRow> Scrubber::verify(std::int64_t stream, std::int64_t born) {
    auto row = rows_.verify(key_of(stream), born);
    if (!row) damaged_.emplace_back(stream, born);
    return row;
}

void Scrubber::note_bad_index(std::int64_t stream, std::int64_t born) {
    host_.bad_index(stream, born);
    damaged_.emplace_back(stream, born);
}

std::int64_t Scrubber::walk_places(ScrubPosition& position, std::int64_t rows_max) {
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    {
        const auto after_stream = position.stream;
        const auto after_born = position.number;
        auto query = places_(after_stream, after_born, rows_max);
        while (query.step())
            found.emplace_back(query.integer(0), query.integer(1));
    }
    for (const auto& [stream, born] : found) {
        const auto row = verify(stream, born);
        if (row && !is_indexed(*row)) note_bad_index(stream, born);
        // Rows that stand out of order must not lead the round back to where it has been.
        const auto reached = std::max(std::pair(position.stream, position.number), std::pair(stream, born));
        position.stream = reached.first;
        position.number = reached.second;
    }
    return std::ssize(found);
}

bool Scrubber::is_indexed(const VerifiedRow& row) {
    const auto has = [](Query query) {
        return query.step();
    };
    const bool found =
        (row.id.empty() || has(in_ids_(ByteView{row.id}, row.author, row.stream, row.born))) &&
        (row.slot == 0 || has(in_slots_(row.stream, row.slot, row.born))) &&
        (row.seq == row.born || has(in_changed_(row.stream, row.seq, row.born))) &&
        (row.kind == protocol::Type::message_new || has(in_fixed_(row.stream, row.born))) &&
        (row.kind != protocol::Type::member_changed || has(in_members_(row.stream, row.born))) &&
        (row.kind != protocol::Type::pin_changed || row.gone || has(in_pinned_(row.stream, row.born)));
    if (!connection_.damaged()) return found;
    connection_.clear();
    return false;
}

std::int64_t Scrubber::walk_ids(ScrubPosition& position, std::int64_t rows_max) {
    struct Entry {
        Bytes id;
        std::int64_t author, stream, born;
    };
    std::vector<Entry> found;
    {
        const auto after_id = position.id;
        const auto after_author = position.number;
        auto query = ids_(ByteView{after_id}, after_author, rows_max);
        while (query.step()) {
            const auto id = query.blob(0);
            found.push_back({{id.begin(), id.end()}, query.integer(1), query.integer(2), query.integer(3)});
        }
    }
    for (auto& entry : found) {
        const auto row = verify(entry.stream, entry.born);
        if (row && (row->id != entry.id || row->author != entry.author))
            note_bad_index(entry.stream, entry.born);
        if (std::tie(entry.id, entry.author) < std::tie(position.id, position.number)) continue;
        position.id = std::move(entry.id);
        position.number = entry.author;
    }
    return std::ssize(found);
}

std::int64_t Scrubber::walk_slots(ScrubPosition& position, std::int64_t rows_max) {
    struct Entry {
        std::int64_t stream, slot, born;
    };
    std::vector<Entry> found;
    {
        const auto after_stream = position.stream;
        const auto after_slot = position.number;
        auto query = slots_(after_stream, after_slot, rows_max);
        while (query.step())
            found.push_back({query.integer(0), query.integer(1), query.integer(2)});
    }
    for (const auto& entry : found) {
        const auto row = verify(entry.stream, entry.born);
        if (row && row->slot != entry.slot) note_bad_index(entry.stream, entry.born);
        const auto reached =
            std::max(std::pair(position.stream, position.number), std::pair(entry.stream, entry.slot));
        position.stream = reached.first;
        position.number = reached.second;
    }
    return std::ssize(found);
}

std::int64_t Scrubber::walk_pages(ScrubPosition& position, std::int64_t pages_max) {
    std::int64_t count = 0;
    for (; count < pages_max; ++count) {
        const auto fits = connection_.stored_page_fits(position.number + 1);
        if (!fits) break;
        ++position.number;
        if (*fits) continue;
        host_.bad_page(position.number);
        damaged_pages_.push_back(position.number);
    }
    return count;
}

}  // namespace parley::server::sqlite
