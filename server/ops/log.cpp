#include "server/ops/log.hpp"

#include <algorithm>

namespace parley::server {

namespace {

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

class NoLog final : public Log {
  public:
    bool writes(LogLevel) const override { return false; }
    void write(LogLevel, std::string_view, std::span<const LogField>) override {}
    void flush() override {}
};

}  // namespace

Log& no_log() {
    static NoLog none;
    return none;
}

LogField::LogField(std::string_view name, ErrorCode value) : name_(name), value_(name_of(value)) {}

LogField::LogField(std::string_view name, CloseCode value)
    : name_(name), value_(std::to_string(static_cast<int>(value)) + " " + std::string(name_of(value))) {}

LogField::LogField(std::string_view name, const Error& value) : name_(name), value_(name_of(value.code)) {
    if (!value.context.empty()) value_ += ": " + value.context;
}

std::string log_line(std::string_view event, std::span<const LogField> fields) {
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
