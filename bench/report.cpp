#include "bench/report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace parley::bench {

namespace {

std::string shown(double value) {
    if (!std::isfinite(value)) {
        return "null";
    }
    if (value == std::floor(value) || std::abs(value) >= 1000) {
        return fmt::format("{:.0f}", value);
    }
    return fmt::format("{:.4g}", value);
}

/// Names and failures are ours and hold no control characters.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char character : text) {
        if (character == '"' || character == '\\') {
            out += '\\';
        }
        out += character;
    }
    return out + '"';
}

}  // namespace

std::string to_json(const Report& report) {
    std::string out = fmt::format("{{\"scenario\":{},\"held\":{}", quoted(report.scenario), report.held);
    if (!report.held) {
        out += ",\"failure\":" + quoted(report.failure);
    }
    out += ",\"phases\":[";
    for (std::size_t i = 0; i < report.phases.size(); ++i) {
        out += fmt::format("{}{{\"phase\":{}", i == 0 ? "" : ",", quoted(report.phases[i].name));
        for (const Figure& figure : report.phases[i].figures) {
            fmt::format_to(std::back_inserter(out), ",{}:{}", quoted(figure.name), shown(figure.value));
        }
        out += '}';
    }
    return out + "]}";
}

std::string to_table(const Report& report) {
    std::string out;
    for (const Phase& phase : report.phases) {
        fmt::format_to(std::back_inserter(out), "{}: {}\n", report.scenario, phase.name);
        for (const Figure& figure : phase.figures) {
            fmt::format_to(std::back_inserter(out), "    {:<44}{:>14}\n", figure.name, shown(figure.value));
        }
    }
    if (!report.held) {
        fmt::format_to(std::back_inserter(out), "{}: DOES NOT HOLD: {}\n", report.scenario, report.failure);
    }
    return out;
}

}  // namespace parley::bench
