#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <span>

namespace parley::server::sqlite {

// The last bytes of every page in the main file of a database hold a checksum of the page's content and its
// number, so that a page that came to stand in another's place does not fit either. SQLite leaves these bytes
// alone (file format, section 1.3.4, "Reserved bytes per page"); our VFS fills them in as a page is written,
// and looks at them as it is read. Pages in the log have checksums of SQLite's own.
//
//   0                                             4088        4096
//   | what SQLite keeps in the page               | checksum  |
inline constexpr int page_bytes = 4096;
inline constexpr int page_checksum_bytes = 8;

using PageNumber = std::int64_t;

/// `page` has `page_bytes`. Pages are counted from 1.
void put_page_checksum(std::span<std::uint8_t> page, PageNumber number);
/// A page that was never written, all zeros, fits too: SQLite extends files by such.
bool page_checksum_fits(ByteView page, PageNumber number);

}  // namespace parley::server::sqlite
