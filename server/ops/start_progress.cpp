#include "server/ops/start_progress.hpp"

#include "server/ops/log.hpp"

#include <algorithm>

namespace parley::server {

namespace {

std::int64_t mebibytes(std::int64_t bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
}

}  // namespace

void StartProgress::handle(const LongWork& work) {
    const Instant now = clock_();
    if (!begun_at_) {
        begun_at_ = now;
        said_at_ = now;
        log_.info("giving checksums to the database, which is done once",
                  {{"mib_to_write", mebibytes(work.bytes_expected)}});
        return;
    }
    if (now - said_at_ < between_lines) return;
    said_at_ = now;
    const std::int64_t percent = work.bytes_written * 100 / std::max<std::int64_t>(work.bytes_expected, 1);
    log_.info("still giving checksums to the database", {{"mib_written", mebibytes(work.bytes_written)},
                                                         {"percent", std::min<std::int64_t>(percent, 99)},
                                                         {"took", now - *begun_at_}});
}

void StartProgress::handle_done() {
    if (begun_at_) log_.info("the database has checksums", {{"took", clock_() - *begun_at_}});
    begun_at_.reset();
}

}  // namespace parley::server
