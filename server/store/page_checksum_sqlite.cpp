#include "server/store/page_checksum_sqlite.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace parley::server::sqlite {

namespace {

using Checksum = std::array<std::uint8_t, page_checksum_bytes>;
static_assert(page_checksum_bytes == crypto_shorthash_BYTES);

constexpr std::size_t content_bytes = page_bytes - page_checksum_bytes;

/// SipHash with a key that is no secret: the page's number.
Checksum content_checksum(ByteView page, PageNumber number) {
    std::array<std::uint8_t, crypto_shorthash_KEYBYTES> key{};
    for (std::size_t i = 0; i < sizeof number; ++i)
        key.at(i) = static_cast<std::uint8_t>(number >> (8 * i) & 0xff);
    Checksum checksum;
    crypto_shorthash(checksum.data(), page.data(), content_bytes, key.data());
    return checksum;
}

}  // namespace

void put_page_checksum(std::span<std::uint8_t> page, PageNumber number) {
    assert(page.size() == page_bytes);
    std::ranges::copy(content_checksum(page, number), page.begin() + content_bytes);
}

bool page_checksum_fits(ByteView page, PageNumber number) {
    assert(page.size() == page_bytes);
    if (std::ranges::equal(content_checksum(page, number), page.subspan(content_bytes))) return true;
    return std::ranges::all_of(page, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace parley::server::sqlite
