#pragma once

#include <cassert>
#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::server::sqlite {

/// The records that a connection has read or is about to write. The writer is the only one who writes, so
/// what it has cached stays true from one transaction to the next; records written several times in a
/// transaction go to the database once. Addresses of records stay the same until `clear`.
template <class K, class Record>
class RecordCache {
  public:
    struct Entry {
        Record record;
        /// What the database holds, if the record is there at all.
        Record stored;
        bool exists = false;
        bool dirty = false;
    };

    const Record* find(const K& key) const {
        const auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : &found->second.record;
    }

    const Record* add_stored(const K& key, Record record) {
        auto& entry = entries_[key];
        entry.stored = record;
        entry.record = std::move(record);
        entry.exists = true;
        return &entry.record;
    }

    /// What is stored under the key, if anything, has been added before.
    void put(const K& key, const Record& record) {
        auto& entry = entries_[key];
        if (&entry.record != &record) entry.record = record;
        if (!entry.dirty) dirty_.push_back(&entry);
        entry.dirty = true;
    }

    /// Hands each record that has to be written to `write(entry)`, in the order of the first put.
    template <class Write>
    void flush(Write write) {
        for (Entry* entry : dirty_) {
            write(std::as_const(*entry));
            entry->stored = entry->record;
            entry->exists = true;
            entry->dirty = false;
        }
        dirty_.clear();
    }

    std::size_t size() const { return entries_.size(); }

    void clear() {
        dirty_.clear();
        entries_.clear();
    }

  private:
    std::unordered_map<K, Entry> entries_;
    std::vector<Entry*> dirty_;
};

}  // namespace parley::server::sqlite
