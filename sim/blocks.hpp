#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace parley::sim {

/// A long string of bytes in blocks: it grows without moving what is there, and copies of it share what none
/// of them has changed. For one thread.
class Blocks {
  public:
    static constexpr std::size_t block_bytes = 16 * 1024;

    std::int64_t size() const { return size_; }
    /// What it grows by is zeros.
    void resize(std::int64_t size);
    /// All of it must be there.
    void read(std::int64_t offset, std::span<std::uint8_t> into) const;
    /// Grows where it has to, with zeros between the old end and the offset.
    void write(std::int64_t offset, ByteView bytes);
    /// Writes `bytes` bytes of another one, which must be there.
    void write(std::int64_t offset, const Blocks& from, std::int64_t from_offset, std::int64_t bytes);
    std::uint8_t& at(std::int64_t offset);

  private:
    using Block = std::array<std::uint8_t, block_bytes>;

    /// The part of one block that begins at the offset; it is this one's own from here on.
    std::span<std::uint8_t> own(std::int64_t offset);
    std::span<const std::uint8_t> part(std::int64_t offset) const;

    std::int64_t size_ = 0;
    /// Each is held by all copies that have not changed it. What lies behind the end is anything.
    std::vector<std::shared_ptr<Block>> blocks_;
};

}  // namespace parley::sim
