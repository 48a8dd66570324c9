#include "tests/unit/server/store/store_on_disk.hpp"

namespace parley::server::test {

StoreOnDisk::StoreOnDisk(std::uint64_t seed) : chance_(seed), disk_("store", sim::Random(seed)) {
    options = {.directory = "data", .ballast_bytes = 1 << 18, .log_bytes_max = 1 << 16, .lock_file = false};
}

bool StoreOnDisk::start() {
    stop();
    process_ = disk_.start();
    return open();
}

void StoreOnDisk::start_and_die_at(std::int64_t operations) {
    stop();
    process_ = disk_.start();
    process_->kill_at(operations);
    (void)open();
    died_starting = !process_->alive();
    process_->kill();
}

void StoreOnDisk::start_and_fail_sync(const std::string& path) {
    stop();
    process_ = disk_.start();
    disk_.faults().sync_failure_of = path;
    (void)open();
    disk_.faults().sync_failure_of.clear();
    process_->kill();
}

bool StoreOnDisk::open() {
    options.vfs = process_->vfs_name();
    auto opened = open_sqlite_store(options, rules_, host);
    if (!opened) {
        open_error = opened.error();
        return false;
    }
    store_ = std::move(*opened);
    return true;
}

void StoreOnDisk::stop() {
    if (process_) process_->kill();
    store_.reset();
    process_.reset();
}

void StoreOnDisk::lose_power() {
    stop();
    disk_.lose_power();
}

void StoreOnDisk::Host::fatal(std::string_view what) {
    inner.fatal(what);
    if (owner_.process_) owner_.process_->kill();
}

DiskUse StoreOnDisk::Host::disk_use() {
    const auto capacity = owner_.disk_.faults().capacity.value_or(std::int64_t{1} << 40);
    return {.bytes_total = capacity, .bytes_free = std::max<std::int64_t>(capacity - owner_.disk_.used(), 0)};
}

}  // namespace parley::server::test
