#include "sim/crash/workers.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace parley::sim::crash {

namespace {

struct Worker {
    pid_t process = -1;
    int output = -1;
};

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 1 << 16> chunk;
    for (;;) {
        const auto count = ::read(descriptor, chunk.data(), chunk.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return text;
        text.append(chunk.data(), static_cast<std::size_t>(count));
    }
}

Result<Worker> start(int number, const std::function<Results(int)>& work) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) return fail(ErrorCode::internal, std::strerror(errno));
    const auto process = ::fork();
    if (process < 0) return fail(ErrorCode::internal, std::strerror(errno));
    if (process == 0) {
        ::close(pipe[0]);
        const bool told = write_all(pipe[1], encode(work(number)));
        // Nothing of the parent's is to be flushed or destroyed twice.
        ::_exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    ::close(pipe[1]);
    return Worker{.process = process, .output = pipe[0]};
}

Result<Results> finish(const Worker& worker, int number) {
    const auto text = read_all(worker.output);
    ::close(worker.output);
    int status = 0;
    while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    const auto name = "worker " + std::to_string(number);
    if (WIFSIGNALED(status))
        return fail(ErrorCode::internal, name + " was ended by signal " + std::to_string(WTERMSIG(status)));
    if (status != 0) return fail(ErrorCode::internal, name + " has failed");
    return decode_results(text);
}

}  // namespace

Result<Results> in_processes(int workers, const std::function<Results(int worker)>& work) {
    std::vector<Worker> started;
    Status done;
    for (int number = 0; number < workers && done; ++number) {
        if (auto worker = start(number, work)) {
            started.push_back(*worker);
        } else {
            done = fail(worker.error());
        }
    }
    Results sum;
    for (std::size_t i = 0; i < started.size(); ++i) {
        const auto results = finish(started[i], static_cast<int>(i));
        if (done) done = results ? add(sum, *results) : Status{fail(results.error())};
    }
    if (!done) return fail(done.error());
    return sum;
}

}  // namespace parley::sim::crash
