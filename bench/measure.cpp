#include "bench/measure.hpp"

#include "bench/fatal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace parley::bench {

namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

struct ThreadTime {
    std::string name;
    double cpu_ms = 0;
};

/// Fields 2 (name, in brackets), 14 and 15 (user and system time in ticks) of a stat file; see proc(5).
ThreadTime parse_stat(const std::string& text) {
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) {
        return {};
    }
    std::istringstream rest(text.substr(close + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) {
        rest >> skipped;
    }
    std::int64_t user = 0;
    std::int64_t system = 0;
    rest >> user >> system;
    const double ms_per_tick = 1000.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return {text.substr(open + 1, close - open - 1), static_cast<double>(user + system) * ms_per_tick};
}

/// The number of KiB in a line such as `Rss:    1704 kB`.
std::int64_t field_kib(const std::string& text, std::string_view name) {
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + name.size()));
}

}  // namespace

Usage usage_of(pid_t process) {
    Usage usage;
    usage.at = now_ns();
    usage.cpu_ms = parse_stat(contents(fmt::format("/proc/{}/stat", process))).cpu_ms;
    std::error_code failed;
    const std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", process), failed);
    for (const auto& task : tasks) {
        const ThreadTime one = parse_stat(contents(task.path() / "stat"));
        usage.threads_ms[one.name] += one.cpu_ms;
    }
    return usage;
}

Usage operator-(const Usage& later, const Usage& earlier) {
    Usage difference{
        .cpu_ms = later.cpu_ms - earlier.cpu_ms, .threads_ms = later.threads_ms, .at = later.at - earlier.at};
    for (const auto& [name, cpu_ms] : earlier.threads_ms) {
        difference.threads_ms[name] -= cpu_ms;
    }
    return difference;
}

Memory memory_of(pid_t process) {
    const std::string text = contents(fmt::format("/proc/{}/smaps_rollup", process));
    return {.rss_kib = field_kib(text, "\nRss:"), .pss_kib = field_kib(text, "\nPss:")};
}

std::int64_t kernel_tcp_kib() {
    const std::string text = contents("/proc/net/sockstat");
    const std::size_t line = text.find("TCP:");
    const std::size_t at = line == std::string::npos ? line : text.find(" mem ", line);
    if (at == std::string::npos) {
        fatal("/proc/net/sockstat does not tell the memory of TCP");
    }
    return std::stoll(text.substr(at + 5)) * (::sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace parley::bench
