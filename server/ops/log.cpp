#include "server/ops/log.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>

namespace parley::server {

namespace {

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

/// As logfmt reads it: in quotes where there is a space, a quote or an equals sign; one line whatever is in
/// it.
void append_value(std::string& line, std::string_view value) {
    const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return c > ' ' && c != '"' && c != '=' && c != '\\' && c != '\x7f';
    });
    if (plain) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') line += '\\';
        line += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
    }
    line += '"';
}

}  // namespace

struct Log::Impl {
    explicit Impl(LogLevel level)
        : logger("parleyd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {  // by spdlog's logger
        logger.set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
        logger.set_level(level_of(level));
        logger.flush_on(spdlog::level::info);
    }
    spdlog::logger logger;
};

LogField::LogField(std::string_view name, const Error& value) : name_(name), value_(name_of(value.code)) {
    if (!value.context.empty()) value_ += ": " + value.context;
}

Log::Log(LogLevel level) : impl_(std::make_unique<Impl>(level)) {}
Log::~Log() = default;

void Log::flush() {
    impl_->logger.flush();
}

void Log::write(LogLevel level, std::string_view event, Fields fields) {
    if (!impl_->logger.should_log(level_of(level))) return;
    impl_->logger.log(level_of(level), spdlog::string_view_t(log_line(event, fields)));
}

std::string log_line(std::string_view event, Log::Fields fields) {
    std::string line = "event=";
    append_value(line, event);
    for (const LogField& field : fields) {
        line += ' ';
        line += field.name();
        line += '=';
        append_value(line, field.value());
    }
    return line;
}

LogLevel log_level_named(std::string_view name) {
    if (name == "debug") return LogLevel::debug;
    if (name == "warning") return LogLevel::warning;
    if (name == "error") return LogLevel::error;
    return LogLevel::info;
}

}  // namespace parley::server
