#include "sim/memory_file.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace parley::sim {

bool MemoryFile::read(std::int64_t offset, std::span<std::uint8_t> into) const {
    const std::int64_t there =
        std::clamp<std::int64_t>(size() - offset, 0, static_cast<std::int64_t>(into.size()));
    const auto taken = static_cast<std::size_t>(there);
    if (taken > 0) std::memcpy(into.data(), bytes_.data() + offset, taken);
    if (taken < into.size()) std::memset(into.data() + taken, 0, into.size() - taken);
    return taken == into.size();
}

void MemoryFile::remember(std::int64_t offset, std::int64_t end, bool truncation) {
    const std::int64_t kept = std::clamp<std::int64_t>(size() - offset, 0, end - offset);
    undo_.push_back({.offset = offset,
                     .end = end,
                     .old_size = size(),
                     .kept_at = kept_.size(),
                     .kept_bytes = static_cast<std::size_t>(kept),
                     .truncation = truncation});
    const auto from = bytes_.begin() + std::min(offset, size());
    kept_.insert(kept_.end(), from, from + kept);
}

void MemoryFile::write(std::int64_t offset, ByteView bytes) {
    if (bytes.empty()) return;
    const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
    remember(std::min(offset, size()), end, false);
    bytes_.resize(static_cast<std::size_t>(std::max(size(), end)));
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
}

void MemoryFile::truncate(std::int64_t size_wanted) {
    if (size_wanted >= size()) return;
    remember(size_wanted, size(), true);
    bytes_.resize(static_cast<std::size_t>(size_wanted));
}

void MemoryFile::sync() {
    for (const Undo& undo : undo_) {
        if (stale_.empty()) break;
        stale_.erase(stale_.lower_bound(undo.offset / sector_bytes),
                     stale_.upper_bound((undo.end - 1) / sector_bytes));
    }
    undo_.clear();
    kept_.clear();
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
        for (std::int64_t number = first; !undo->truncation && number <= last; ++number) {
            see(number);
        }
        past.bytes_.resize(static_cast<std::size_t>(undo->old_size));
        std::copy_n(kept_.begin() + static_cast<std::ptrdiff_t>(undo->kept_at), undo->kept_bytes,
                    past.bytes_.begin() + undo->offset);
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
    if (room > 0) std::memcpy(bytes_.data() + offset, sector.data(), static_cast<std::size_t>(room));
}

void MemoryFile::fail_sync(Random& random) {
    const History past = history();
    for (const auto& [number, states] : past.sectors) {
        stale_.erase(number);
        if (states.size() > 1 && random.below(2) == 0) {
            stale_[number] = states[static_cast<std::size_t>(random.below(states.size() - 1))];
        }
    }
    undo_.clear();
    kept_.clear();
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
    bytes_.resize(static_cast<std::size_t>(std::max(kept_size, size())));
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
    bytes_.resize(static_cast<std::size_t>(kept_size));
    undo_.clear();
    kept_.clear();
    stale_.clear();
    return damage;
}

}  // namespace parley::sim
