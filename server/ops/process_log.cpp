#include "server/ops/process_log.hpp"

#include "server/ops/thread_name.hpp"

#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string_view>
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

/// Returns when all of it is taken, however long that takes; what cannot be written at all is given up.
void write_to_standard_error(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t taken = ::write(STDERR_FILENO, bytes.data(), bytes.size());
        if (taken >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(taken));
        } else if (errno == EAGAIN) {
            pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
            ::poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

/// Past stdio, whose lock on stderr would be held for as long as a full pipe takes nothing, and the end of
/// the process would wait for it. Used by the log's one thread.
class StandardError final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    /// Lines that were written or given up.
    std::int64_t done() const { return done_.load(std::memory_order_acquire); }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        write_to_standard_error({line.data(), line.size()});
        done_.fetch_add(1, std::memory_order_release);
    }
    void flush_() override {}

  private:
    std::atomic<std::int64_t> done_{0};
};

}  // namespace

struct ProcessLog::Impl {
    explicit Impl(LogLevel level)
        : sink(std::make_shared<StandardError>()),
          writer(std::make_shared<spdlog::details::thread_pool>(lines_max, 1, [] { name_thread("log"); })),
          logger(std::make_shared<spdlog::async_logger>("parleyd", sink, writer,
                                                        spdlog::async_overflow_policy::overrun_oldest)) {
        logger->set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
        logger->set_level(level_of(level));
    }

    std::int64_t dropped() const { return static_cast<std::int64_t>(writer->overrun_counter()); }
    /// Whether the first `lines` of all have left the queue: written, or dropped.
    bool is_done(std::int64_t lines) const { return sink->done() + dropped() >= lines; }

    // Shared, since spdlog's logger and its thread hold each other.
    std::shared_ptr<StandardError> sink;
    std::shared_ptr<spdlog::details::thread_pool> writer;
    std::shared_ptr<spdlog::async_logger> logger;
    /// Lines that were queued.
    std::atomic<std::int64_t> taken{0};
};

ProcessLog::ProcessLog(LogLevel level) : impl_(std::make_unique<Impl>(level)) {}

ProcessLog::~ProcessLog() {
    flush();
    // A thread whose line nobody takes cannot be joined: it stays, with all that it uses, until the process
    // ends.
    if (!impl_->is_done(impl_->taken.load())) (void)impl_.release();
}

bool ProcessLog::writes(LogLevel level) const {
    return impl_->logger->should_log(level_of(level));
}

void ProcessLog::write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
    if (!writes(level)) return;
    // Counted first: the line of another thread must not stand in for this one when somebody waits for it.
    ++impl_->taken;
    impl_->logger->log(level_of(level), spdlog::string_view_t(log_line(event, fields)));
}

void ProcessLog::flush() {
    const std::int64_t lines = impl_->taken.load();
    for (int waited = 0; !impl_->is_done(lines) && waited < flush_ms_max; ++waited)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::int64_t ProcessLog::dropped() const {
    return impl_->dropped();
}

}  // namespace parley::server
