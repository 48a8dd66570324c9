#include "server/ops/process_log.hpp"

#include "server/ops/thread_name.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <thread>

namespace parley::server {

namespace {

constexpr std::size_t lines_max = 8'192;
constexpr int flush_ms_max = 1'000;

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

struct ProcessLog::Impl {
    explicit Impl(LogLevel level)
        : sink(std::make_shared<spdlog::sinks::stderr_sink_mt>()),
          writer(std::make_shared<spdlog::details::thread_pool>(lines_max, 1, [] { name_thread("log"); })),
          logger(std::make_shared<spdlog::async_logger>("parleyd", sink, writer,
                                                        spdlog::async_overflow_policy::overrun_oldest)) {
        logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
        logger->set_level(level_of(level));
        logger->flush_on(spdlog::level::debug);
    }

    // Shared, since spdlog's logger and its thread hold each other.
    std::shared_ptr<spdlog::sinks::stderr_sink_mt> sink;
    std::shared_ptr<spdlog::details::thread_pool> writer;
    std::shared_ptr<spdlog::async_logger> logger;
};

ProcessLog::ProcessLog(LogLevel level) : impl_(std::make_unique<Impl>(level)) {}
ProcessLog::~ProcessLog() = default;

bool ProcessLog::writes(LogLevel level) const {
    return impl_->logger->should_log(level_of(level));
}

void ProcessLog::write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
    if (!writes(level)) return;
    impl_->logger->log(level_of(level), spdlog::string_view_t(log_line(event, fields)));
}

void ProcessLog::flush() {
    for (int waited = 0; impl_->writer->queue_size() > 0 && waited < flush_ms_max; ++waited)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The last line has left the queue, but may not be written yet: the sink's lock is taken by its writer.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    impl_->sink->flush();
}

std::int64_t ProcessLog::dropped() const {
    return static_cast<std::int64_t>(impl_->writer->overrun_counter());
}

}  // namespace parley::server
