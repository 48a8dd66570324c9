#include "sim/crash/machine.hpp"

#include "server/store/sqlite_store.hpp"
#include "sim/crash/defects.hpp"

#include <algorithm>

namespace parley::sim::crash {

Machine::Machine(Random random, const MachineOptions& options, Defect defect)
    : options_(options),
      defect_(defect),
      random_(random.fork("host")),
      chance_(random.fork("sqlite").next()),
      disk_("store", random.fork("disk")) {}

Machine::~Machine() {
    stop();
}

Status Machine::start(std::int64_t dies_at) {
    stop();
    process_ = disk_.start();
    if (dies_at > 0) process_->kill_at(dies_at);
    disk_.faults().syncs_lie = false;
    disk_.faults().sync_failures_unsaid = defect_ == Defect::failed_sync_ignored;
    const NormalSync normal(defect_ == Defect::synchronous_normal);
    TRY_ASSIGN(store_, server::open_sqlite_store({.directory = "data",
                                                  .vfs = process_->vfs_name(),
                                                  .ballast_bytes = options_.ballast_bytes,
                                                  .log_bytes_max = options_.log_bytes_max,
                                                  .lock_file = false},
                                                 rules_, *this));
    // A lie in the first syncs would leave no store at all, which is too easy to see.
    disk_.faults().syncs_lie = defect_ == Defect::answers_before_sync;
    return {};
}

void Machine::stop() {
    if (process_) process_->kill();
    store_.reset();
    process_.reset();
}

void Machine::lose_power() {
    stop();
    disk_.lose_power();
}

void Machine::fatal(std::string_view) {
    ++fatal_ends_;
    if (process_) process_->kill();
}

server::DiskUse Machine::disk_use() {
    constexpr std::int64_t roomy = std::int64_t{1} << 40;
    const auto capacity = disk_.faults().capacity.value_or(roomy);
    return {.bytes_total = capacity, .bytes_free = std::max<std::int64_t>(capacity - disk_.used(), 0)};
}

}  // namespace parley::sim::crash
