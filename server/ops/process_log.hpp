#pragma once

#include "server/ops/log.hpp"

#include <memory>

namespace parley::server {

/// Lines (logfmt) on standard error: time, level, event, fields. A thread of its own writes them, so that a
/// terminal or a pipe that takes nothing holds nobody up, not even the end of the process; of more than fit
/// the oldest are dropped and counted.
class ProcessLog final : public Log {
  public:
    explicit ProcessLog(LogLevel level);
    ~ProcessLog() override;
    ProcessLog(const ProcessLog&) = delete;
    ProcessLog& operator=(const ProcessLog&) = delete;

    bool writes(LogLevel level) const override;
    void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override;
    void flush() override;
    std::int64_t dropped() const override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::server
