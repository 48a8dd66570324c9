#include "sim/memory_file.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace parley::sim {

bool MemoryFile::read(std::int64_t offset, std::span<std::uint8_t> into) const {
    const std::int64_t there =
        std::clamp<std::int64_t>(size() - offset, 0, static_cast<std::int64_t>(into.size()));
    const auto taken = static_cast<std::size_t>(there);
    if (taken > 0) bytes_.read(offset, into.first(taken));
    if (taken < into.size()) std::memset(into.data() + taken, 0, into.size() - taken);
    return taken == into.size();
}

void MemoryFile::forget_undo() {
    undo_.clear();
    kept_.resize(0);
}

void MemoryFile::write(std::int64_t offset, ByteView bytes) {
    if (bytes.empty()) return;
    const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
    const std::int64_t from = std::min(offset, size());
    const std::int64_t covered = std::min(end, size()) - from;
    undo_.push_back({.offset = from,
                     .end = end,
                     .old_size = size(),
                     .kept_at = kept_.size(),
                     .kept_bytes = covered,
                     .truncated = {}});
    kept_.write(kept_.size(), bytes_, from, covered);
    bytes_.write(offset, bytes);
}

void MemoryFile::truncate(std::int64_t size_wanted) {
    if (size_wanted >= size()) return;
    undo_.push_back({.offset = size_wanted,
                     .end = size(),
                     .old_size = size(),
                     .kept_at = kept_.size(),
                     .kept_bytes = 0,
                     .truncated = bytes_});
    bytes_.resize(size_wanted);
}

void MemoryFile::sync() {
    for (const Undo& undo : undo_) {
        if (stale_.empty()) break;
        stale_.erase(stale_.lower_bound(undo.offset / sector_bytes),
                     stale_.upper_bound((undo.end - 1) / sector_bytes));
    }
    forget_undo();
}

MemoryFile::Sector MemoryFile::sector_at(std::int64_t number) const {
    Sector sector(sector_bytes);
    read(number * sector_bytes, sector);
    return sector;
}

MemoryFile::History MemoryFile::history() const {
    History result;
    MemoryFile past;
    past.bytes_ = bytes_;
    const auto see = [&](std::int64_t number) {
        auto& states = result.sectors[number];
        Sector state = past.sector_at(number);
        if (states.empty() || states.back() != state) states.push_back(std::move(state));
    };
    result.sizes.push_back(size());
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
        const std::int64_t first = undo->offset / sector_bytes;
        const std::int64_t last = (undo->end - 1) / sector_bytes;
        for (std::int64_t number = first; !undo->truncated && number <= last; ++number) {
            see(number);
        }
        if (undo->truncated) {
            past.bytes_ = *undo->truncated;
        } else {
            past.bytes_.resize(undo->old_size);
            past.bytes_.write(undo->offset, kept_, undo->kept_at, undo->kept_bytes);
        }
        for (std::int64_t number = first; number <= last; ++number) {
            see(number);
        }
        result.sizes.push_back(undo->old_size);
    }
    for (auto& [number, states] : result.sectors) {
        const auto stale = stale_.find(number);
        if (stale != stale_.end()) states.push_back(stale->second);
        std::ranges::reverse(states);
    }
    std::ranges::reverse(result.sizes);
    return result;
}

void MemoryFile::put_sector(std::int64_t number, const Sector& sector) {
    const std::int64_t offset = number * sector_bytes;
    const std::int64_t room = std::clamp<std::int64_t>(size() - offset, 0, sector_bytes);
    if (room > 0) bytes_.write(offset, ByteView(sector).first(static_cast<std::size_t>(room)));
}

void MemoryFile::fail_sync(Random& random) {
    const History past = history();
    for (const auto& [number, states] : past.sectors) {
        stale_.erase(number);
        if (states.size() > 1 && random.below(2) == 0) {
            stale_[number] = states[static_cast<std::size_t>(random.below(states.size() - 1))];
        }
    }
    forget_undo();
}

Damage MemoryFile::lose_power(Random& random) {
    Damage damage;
    History past = history();
    for (const auto& [number, sector] : stale_)
        past.sectors.try_emplace(number, std::vector<Sector>{sector});
    // Now and then everything had been written back in time, or nothing at all.
    const auto luck = random.below(10);
    const bool all = luck == 0;
    const bool nothing = luck == 1;
    const std::int64_t kept_size = all       ? past.sizes.back()
                                   : nothing ? past.sizes.front()
                                             : random.pick(past.sizes);
    const std::int64_t synced_size = past.sizes.front();
    bytes_.resize(std::max(kept_size, size()));
    for (auto& [number, states] : past.sectors) {
        const auto chosen = all       ? states.size() - 1
                            : nothing ? 0
                                      : static_cast<std::size_t>(random.below(states.size()));
        Sector sector = states[chosen];
        if (chosen + 1 < states.size()) {
            ++damage.sectors_lost;
            if (random.below(4) == 0) {
                const auto cut = static_cast<std::ptrdiff_t>(random.below(sector_bytes));
                std::copy_n(states[chosen + 1].begin(), cut, sector.begin());
                ++damage.sectors_torn;
            } else if (chosen == 0 && number * sector_bytes >= synced_size && random.below(3) == 0) {
                random.fill(sector);
            }
        }
        put_sector(number, sector);
    }
    bytes_.resize(kept_size);
    forget_undo();
    stale_.clear();
    return damage;
}

}  // namespace parley::sim
