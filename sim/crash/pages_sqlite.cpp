#include "sim/crash/audit.hpp"
#include "sim/crash/pages.hpp"
#include "sim/handles_sqlite.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <functional>

namespace parley::sim::crash {

namespace {

constexpr std::int64_t page_bytes = 4096;
constexpr std::int64_t file_header_bytes = 100;
constexpr std::int64_t reserved_bytes_at = 20;

enum PageType : std::uint8_t {
    interior_index = 0x02,
    interior_table = 0x05,
    leaf_index = 0x0a,
    leaf_table = 0x0d,
};

/// One page of a b-tree, read byte by byte as the file format has it.
class Page {
  public:
    Page(const MemoryFile& file, std::int64_t number)
        : file_(file),
          start_((number - 1) * page_bytes),
          header_(start_ + (number == 1 ? file_header_bytes : 0)),
          usable_(page_bytes - byte(reserved_bytes_at)) {}

    bool is_tree() const {
        const auto type = byte(header_);
        return type == interior_index || type == interior_table || type == leaf_index || type == leaf_table;
    }

    /// Calls `record` for the part of each record that lies here, and `link` for what holds it together.
    void walk(const std::function<void(Span)>& record, const std::function<void(Span)>& link) const {
        const auto type = byte(header_);
        const bool interior = type == interior_index || type == interior_table;
        const std::int64_t header_bytes = interior ? 12 : 8;
        const auto cells = big(header_ + 3, 2);
        link({header_, header_bytes + 2 * cells});
        if (type == interior_table) return;
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            const auto begin = start_ + big(header_ + header_bytes + 2 * cell, 2);
            auto at = begin + (interior ? 4 : 0);
            const auto payload = varint(at);
            if (type == leaf_table) (void)varint(at);
            link({begin, at - begin});
            const auto local = local_bytes(payload, type == leaf_table);
            record({at, local});
            if (local < payload) overflow(at + local, payload - local, record, link);
        }
    }

  private:
    std::uint8_t byte(std::int64_t offset) const {
        std::uint8_t value = 0;
        file_.read(offset, {&value, 1});
        return value;
    }
    std::int64_t big(std::int64_t offset, int bytes) const {
        std::int64_t value = 0;
        for (int i = 0; i < bytes; ++i)
            value = value << 8 | byte(offset + i);
        return value;
    }
    std::int64_t varint(std::int64_t& at) const {
        std::int64_t value = 0;
        for (int i = 0; i < 8; ++i) {
            const auto next = byte(at++);
            value = value << 7 | (next & 0x7f);
            if (next < 0x80) return value;
        }
        return value << 8 | byte(at++);
    }
    std::int64_t local_bytes(std::int64_t payload, bool table) const {
        const auto most_in_index = (usable_ - 12) * 64 / 255 - 23;
        const auto least = (usable_ - 12) * 32 / 255 - 23;
        const auto most = table ? usable_ - 35 : most_in_index;
        if (payload <= most) return payload;
        const auto part = least + (payload - least) % (usable_ - 4);
        return part <= most ? part : least;
    }
    void overflow(std::int64_t pointer, std::int64_t left, const std::function<void(Span)>& record,
                  const std::function<void(Span)>& link) const {
        while (left > 0) {
            link({pointer, 4});
            const auto page = (big(pointer, 4) - 1) * page_bytes;
            const auto here = std::min(left, usable_ - 4);
            record({page + 4, here});
            left -= here;
            pointer = page;
        }
    }

    const MemoryFile& file_;
    std::int64_t start_;
    std::int64_t header_;
    /// What SQLite keeps in a page; the rest is for checksums.
    std::int64_t usable_;
};

}  // namespace

Pages pages_of(const MemoryDisk& disk) {
    const auto copy = disk.copy("mapped");
    const auto process = copy->start();
    sqlite3* opened = nullptr;
    sqlite3_open_v2(database, &opened, SQLITE_OPEN_READWRITE, process->vfs_name().c_str());
    const RawConnection connection(opened);
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v2(opened, "SELECT name, pageno FROM dbstat WHERE pagetype <> 'overflow'", -1, &prepared,
                       nullptr);
    const RawStatement statement(prepared);
    const auto node = disk.find(database);
    Pages pages;
    pages.anywhere.push_back({.offset = 0, .bytes = node->file.size()});
    const auto add_to = [](std::vector<Span>& spans) {
        return [&spans](Span span) {
            if (span.bytes > 0) spans.push_back(span);
        };
    };
    while (sqlite3_step(prepared) == SQLITE_ROW) {
        const std::string name = reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0));
        const Page page(node->file, sqlite3_column_int64(prepared, 1));
        if (!page.is_tree() || name == "sqlite_schema") continue;
        if (name == "row") {
            page.walk(add_to(pages.rows), add_to(pages.structure));
        } else {
            auto& part = name.starts_with("row_") ? pages.indexes
                         : name == "earlier_text" ? pages.earlier
                                                  : pages.others;
            page.walk(add_to(part), [](Span) {});
        }
    }
    return pages;
}

}  // namespace parley::sim::crash
