#pragma once

#include "base/bytes.hpp"
#include "sim/blocks.hpp"
#include "sim/random.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parley::sim {

/// What a power loss did to a file.
struct Damage {
    std::int64_t sectors_lost = 0;
    std::int64_t sectors_torn = 0;
};

/// The bytes of one file, twice: what its readers see now, and what each sector of 512 bytes may look like
/// after a power loss, which is any state that it went through since the last sync, or two neighbouring
/// states torn into one. A write changes no byte outside its own range (SQLITE_IOCAP_POWERSAFE_OVERWRITE,
/// which SQLite assumes of every disk). Grown but lost parts hold zeros or noise.
class MemoryFile {
  public:
    static constexpr std::int64_t sector_bytes = 512;

    std::int64_t size() const { return bytes_.size(); }
    /// False where the file ends before; the rest of `into` is zeros then.
    bool read(std::int64_t offset, std::span<std::uint8_t> into) const;
    void write(std::int64_t offset, ByteView bytes);
    void truncate(std::int64_t size);

    /// Everything written so far survives from here on.
    void sync();
    /// The system says once that syncing failed, and takes the pages for clean from then on (as Linux does):
    /// each sector has reached the disk or not, and no later sync brings it there; only writing it again
    /// does.
    void fail_sync(Random& random);
    Damage lose_power(Random& random);

    bool synced() const { return undo_.empty() && stale_.empty(); }
    /// For tests that damage what lies on the disk.
    std::uint8_t& byte_at(std::int64_t offset) { return bytes_.at(offset); }

  private:
    /// How to go back behind one write: the size before, and the bytes that it covered; or behind a
    /// truncation: all that was there, most of which nothing need copy.
    struct Undo {
        std::int64_t offset = 0;
        std::int64_t end = 0;
        std::int64_t old_size = 0;
        std::int64_t kept_at = 0;
        std::int64_t kept_bytes = 0;
        std::optional<Blocks> truncated;
    };
    using Sector = std::vector<std::uint8_t>;  // always sector_bytes, zeros behind the end
    /// The states of every sector since the last sync, oldest first, and all sizes.
    struct History {
        std::map<std::int64_t, std::vector<Sector>> sectors;
        std::vector<std::int64_t> sizes;
    };

    Sector sector_at(std::int64_t number) const;
    History history() const;
    void put_sector(std::int64_t number, const Sector& sector);

    void forget_undo();

    Blocks bytes_;
    std::vector<Undo> undo_;
    Blocks kept_;
    /// Sectors whose sync failed: what the disk really holds, until they are written and synced again.
    std::map<std::int64_t, Sector> stale_;
};

}  // namespace parley::sim
