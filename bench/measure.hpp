#pragma once

#include "bench/clock.hpp"

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace parley::bench {

/// CPU time of a process so far, from /proc; the kernel keeps it in steps of 10 ms.
struct Usage {
    double cpu_ms = 0;
    /// By the name of the thread; threads of one name are added up.
    std::map<std::string, double> threads_ms;
    Nanos at = 0;
};

Usage usage_of(pid_t process);
/// What was used between the two.
Usage operator-(const Usage& later, const Usage& earlier);

struct Memory {
    /// Resident, and resident with shared pages divided among those who share them.
    std::int64_t rss_kib = 0;
    std::int64_t pss_kib = 0;
};

Memory memory_of(pid_t process);

/// Pages that the kernel's TCP holds for the whole machine, both ends of every loopback connection included.
std::int64_t kernel_tcp_kib();

}  // namespace parley::bench
