#include "sim/blocks.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace parley::sim {

namespace {

std::size_t block_of(std::int64_t offset) {
    return static_cast<std::size_t>(offset) / Blocks::block_bytes;
}
std::size_t place_in_block(std::int64_t offset) {
    return static_cast<std::size_t>(offset) % Blocks::block_bytes;
}

}  // namespace

std::span<std::uint8_t> Blocks::own(std::int64_t offset) {
    auto& block = blocks_[block_of(offset)];
    if (block.use_count() > 1) block = std::make_shared<Block>(*block);
    return std::span(*block).subspan(place_in_block(offset));
}

std::span<const std::uint8_t> Blocks::part(std::int64_t offset) const {
    return std::span<const std::uint8_t>(*blocks_[block_of(offset)]).subspan(place_in_block(offset));
}

void Blocks::resize(std::int64_t size) {
    const std::size_t wanted = (static_cast<std::size_t>(size) + block_bytes - 1) / block_bytes;
    if (wanted < blocks_.size()) blocks_.resize(wanted);
    while (blocks_.size() < wanted)
        blocks_.push_back(std::make_shared_for_overwrite<Block>());
    while (size_ < size) {
        const auto fresh = own(size_);
        const std::int64_t zeros = std::min(static_cast<std::int64_t>(fresh.size()), size - size_);
        std::memset(fresh.data(), 0, static_cast<std::size_t>(zeros));
        size_ += zeros;
    }
    size_ = size;
}

void Blocks::read(std::int64_t offset, std::span<std::uint8_t> into) const {
    assert(offset >= 0 && offset + static_cast<std::int64_t>(into.size()) <= size_);
    while (!into.empty()) {
        const auto from = part(offset);
        const std::size_t taken = std::min(from.size(), into.size());
        std::memcpy(into.data(), from.data(), taken);
        into = into.subspan(taken);
        offset += static_cast<std::int64_t>(taken);
    }
}

void Blocks::write(std::int64_t offset, ByteView bytes) {
    if (offset > size_) resize(offset);
    const std::int64_t end = offset + static_cast<std::int64_t>(bytes.size());
    // What is written over at once need not be zeros before.
    for (; static_cast<std::int64_t>(blocks_.size() * block_bytes) < end;)
        blocks_.push_back(std::make_shared_for_overwrite<Block>());
    size_ = std::max(size_, end);
    while (!bytes.empty()) {
        const auto to = own(offset);
        const std::size_t taken = std::min(to.size(), bytes.size());
        std::memcpy(to.data(), bytes.data(), taken);
        bytes = bytes.subspan(taken);
        offset += static_cast<std::int64_t>(taken);
    }
}

void Blocks::write(std::int64_t offset, const Blocks& from, std::int64_t from_offset, std::int64_t bytes) {
    assert(&from != this && from_offset >= 0 && from_offset + bytes <= from.size_);
    while (bytes > 0) {
        const auto some = from.part(from_offset);
        const std::int64_t taken = std::min(static_cast<std::int64_t>(some.size()), bytes);
        write(offset, some.first(static_cast<std::size_t>(taken)));
        offset += taken;
        from_offset += taken;
        bytes -= taken;
    }
}

std::uint8_t& Blocks::at(std::int64_t offset) {
    assert(offset >= 0 && offset < size_);
    return own(offset).front();
}

}  // namespace parley::sim
