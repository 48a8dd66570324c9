#include "sim/platform.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

namespace parley::sim {

Instant real_time() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
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
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

void keep_memory() {
    // As much as mallopt takes.
    constexpr int much = 32 << 20;
    // More than one run needs. Addresses cost nothing; only what is used becomes memory.
    constexpr int heap_bytes = 512 << 20;
    mallopt(M_MMAP_THRESHOLD, much);
    mallopt(M_TRIM_THRESHOLD, 2 * heap_bytes - 1);
    mallopt(M_TOP_PAD, heap_bytes);
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(sbrk(0)) / page * page;
    // More than is free in the heap so far, so that it grows, and by all of that; volatile, since a compiler
    // may leave out what is of no use.
    void* volatile some = std::malloc(much / 2);
    std::free(some);
    const auto end = reinterpret_cast<std::uintptr_t>(sbrk(0)) / page * page;
    // Every process of a crew would meet its memory page by page. Where the system has no large
    // ones to give, that is what it does.
    if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

std::size_t cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    return static_cast<std::size_t>(std::max(CPU_COUNT(&allowed), 1));
}

}  // namespace parley::sim
