// Preloaded into a process, it makes one sync fail, or all take their time, when it is told to:
// LD_PRELOAD=librig_failing_sync.so with the variable RIG_SYNC naming a file of four 64-bit numbers that the
// process and who steers it both map. The failing call reports EIO and syncs nothing, as a broken disk would.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct steering {
    /// The sync that fails, counted from now; 0: none. Each call counts it down.
    _Atomic int64_t until_failure;
    _Atomic int64_t calls;
    _Atomic int64_t failures;
    /// How long a sync takes longer than it would, in microseconds.
    _Atomic int64_t delay_us;
};

static struct steering* steering;

__attribute__((constructor)) static void map_steering(void) {
    const char* path = getenv("RIG_SYNC");
    if (path == NULL) return;
    const int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void* mapped = mmap(NULL, sizeof(struct steering), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) steering = mapped;
}

static int fails(void) {
    if (steering == NULL) return 0;
    atomic_fetch_add(&steering->calls, 1);
    const int64_t delay_us = atomic_load(&steering->delay_us);
    if (delay_us > 0) {
        struct timespec left = {.tv_sec = delay_us / 1000000, .tv_nsec = delay_us % 1000000 * 1000};
        while (nanosleep(&left, &left) != 0 && errno == EINTR) {
        }
    }
    int64_t left = atomic_load(&steering->until_failure);
    while (left > 0 && !atomic_compare_exchange_weak(&steering->until_failure, &left, left - 1)) {
    }
    if (left != 1) return 0;
    atomic_fetch_add(&steering->failures, 1);
    errno = EIO;
    return 1;
}

int fsync(int file) {
    static int (*real)(int);
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "fsync");
    return fails() ? -1 : real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "fdatasync");
    return fails() ? -1 : real(file);
}
