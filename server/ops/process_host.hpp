#pragma once

#include "server/store/store.hpp"

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parley::server {

class Log;

/// What the store needs of a real process: randomness, the disk's size, a log, and an end.
class ProcessHost : public StoreHost {
  public:
    ProcessHost(std::string directory, Log& log, std::atomic<std::int64_t>& bad_rows);

    /// Does not return.
    void fatal(std::string_view what) override;
    void bad_row(std::int64_t stream, std::int64_t born) override;
    void bad_index(std::int64_t stream, std::int64_t born) override;
    void bad_page(std::int64_t number) override;
    void random(std::span<std::uint8_t> bytes) override;
    DiskUse disk_use() override;

  private:
    std::string directory_;
    Log& log_;
    std::atomic<std::int64_t>& bad_rows_;
};

}  // namespace parley::server
