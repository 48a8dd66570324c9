#include "server/ops/process_host.hpp"

#include "server/ops/log.hpp"

#include <sodium.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#include <utility>

namespace parley::server {

ProcessHost::ProcessHost(std::string directory, Log& log, std::atomic<std::int64_t>& bad_rows)
    : directory_(std::move(directory)), log_(log), bad_rows_(bad_rows) {}

void ProcessHost::fatal(std::string_view what) {
    log_.error("ends at once", {{"why", Plain{what}}});
    log_.flush();
    ::_exit(EX_IOERR);
}

void ProcessHost::bad_row(std::int64_t stream, std::int64_t born) {
    ++bad_rows_;
    log_.error("bad row", {{"stream", stream}, {"born", born}});
}

void ProcessHost::bad_index(std::int64_t stream, std::int64_t born) {
    ++bad_rows_;
    log_.error("bad index", {{"stream", stream}, {"born", born}});
}

void ProcessHost::bad_page(std::int64_t number) {
    ++bad_rows_;
    log_.error("bad page", {{"number", number}});
}

void ProcessHost::random(std::span<std::uint8_t> bytes) {
    randombytes_buf(bytes.data(), bytes.size());
}

DiskUse ProcessHost::disk_use() {
    struct statvfs disk{};
    if (::statvfs(directory_.c_str(), &disk) != 0) return {};
    const auto unit = static_cast<std::int64_t>(disk.f_frsize);
    return {.bytes_total = static_cast<std::int64_t>(disk.f_blocks) * unit,
            .bytes_free = static_cast<std::int64_t>(disk.f_bavail) * unit};
}

}  // namespace parley::server
