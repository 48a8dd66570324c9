#pragma once

#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "server/domain/keys.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace parley::server {

/// A word of our own: the name of a state, a file of the operator's, a library's message. Never anything that
/// came from a person or a client; writing it down as Plain is the promise.
struct Plain {
    std::string_view text;
};

/// One field of a line. A text prints redacted, unless it is written down as Plain: tokens, passwords,
/// messages, names and addresses are all texts here, so that none gets into the log by carelessness.
class LogField {
  public:
    LogField(std::string_view name, std::integral auto value) : name_(name), value_(std::to_string(value)) {}
    LogField(std::string_view name, Plain value) : name_(name), value_(value.text) {}
    LogField(std::string_view name, Duration value) : name_(name), value_(std::to_string(value.ms) + "ms") {}
    LogField(std::string_view name, std::string_view secret)
        : name_(name), value_("redacted(" + std::to_string(secret.size()) + " bytes)") {}
    LogField(std::string_view name, const std::string& secret) : LogField(name, std::string_view(secret)) {}
    /// A word of our own is Plain.
    LogField(std::string_view name, const char* value) = delete;
    LogField(std::string_view name, AccountKey value) : name_(name), value_(to_id(value).text()) {}
    LogField(std::string_view name, DeviceKey value) : name_(name), value_(to_id(value).text()) {}
    LogField(std::string_view name, ConversationKey value) : name_(name), value_(to_id(value).text()) {}
    LogField(std::string_view name, const SessionId& value) : name_(name), value_(value.text()) {}
    /// A command's own id.
    LogField(std::string_view name, const Uuid& value) : name_(name), value_(value.text()) {}
    LogField(std::string_view name, ErrorCode value);
    /// Number and name.
    LogField(std::string_view name, CloseCode value);
    /// Code and context: contexts are written for logs (base/result.hpp).
    LogField(std::string_view name, const Error& value);

    std::string_view name() const { return name_; }
    const std::string& value() const { return value_; }

  private:
    std::string_view name_;
    std::string value_;
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// Where structured lines go: an event and its fields. Any thread; writing never waits for whoever reads
/// them.
class Log {
  public:
    using Fields = std::initializer_list<LogField>;

    virtual ~Log() = default;

    void debug(std::string_view event, Fields fields = {}) { write_all(LogLevel::debug, event, fields); }
    void info(std::string_view event, Fields fields = {}) { write_all(LogLevel::info, event, fields); }
    void warning(std::string_view event, Fields fields = {}) { write_all(LogLevel::warning, event, fields); }
    void error(std::string_view event, Fields fields = {}) { write_all(LogLevel::error, event, fields); }

    /// Whether lines of this level are written at all.
    virtual bool writes(LogLevel level) const = 0;
    virtual void write(LogLevel level, std::string_view event, std::span<const LogField> fields) = 0;
    /// Returns when everything is written, or when nobody takes it for a second.
    virtual void flush() = 0;
    /// Lines that were given up since nobody took them.
    virtual std::int64_t dropped() const { return 0; }

  private:
    void write_all(LogLevel level, std::string_view event, Fields fields) {
        write(level, event, std::span(fields.begin(), fields.end()));
    }
};

/// Writes nothing.
Log& no_log();

/// One line without time and level: `event` and the fields, quoted where they need it.
std::string log_line(std::string_view event, std::span<const LogField> fields);
inline std::string log_line(std::string_view event, Log::Fields fields) {
    return log_line(event, std::span(fields.begin(), fields.end()));
}

LogLevel log_level_named(std::string_view name);

}  // namespace parley::server
