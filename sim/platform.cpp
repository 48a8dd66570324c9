#include "sim/platform.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

namespace parley::sim {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

Instant real_time() {
    return {duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

Duration processor_time() {
    Duration sum;
    for (const int whose : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage used{};
        if (getrusage(whose, &used) != 0) continue;
        for (const timeval& part : {used.ru_utime, used.ru_stime})
            sum = sum + parley::seconds(part.tv_sec) + Duration{part.tv_usec / 1000};
    }
    return sum;
}

std::uint64_t seed_of_now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    // A soak runs fewer than a thousand seeds in a second, so that the next one does not meet it.
    return static_cast<std::uint64_t>(duration_cast<milliseconds>(since).count());
}

void keep_memory() {
    // As much as mallopt takes.
    constexpr int much = 32 << 20;
    mallopt(M_MMAP_THRESHOLD, much);
    mallopt(M_TRIM_THRESHOLD, much);
}

std::size_t cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    return static_cast<std::size_t>(std::max(CPU_COUNT(&allowed), 1));
}

}  // namespace parley::sim
