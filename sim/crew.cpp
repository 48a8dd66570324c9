#include "sim/crew.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

struct Worker {
    std::uint64_t number = 0;
    pid_t process = 0;
    int pipe = -1;
    std::string text;
};

[[noreturn]] void work_and_end(int pipe, unsigned seconds_max, const std::function<std::string()>& work) {
    alarm(seconds_max);
    const std::string text = work();
    std::size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t some = write(pipe, text.data() + sent, text.size() - sent);
        if (some < 0 && errno != EINTR) _exit(3);
        if (some > 0) sent += static_cast<std::size_t>(some);
    }
    std::fflush(nullptr);
    _exit(0);
}

/// Without a process where the system has none left; its work counts as ended then.
Worker begin(std::uint64_t number, unsigned seconds_max, const std::function<std::string()>& work) {
    Worker worker{.number = number, .process = -1, .pipe = -1, .text = {}};
    std::array<int, 2> ends{};
    // What is still buffered would be written by both.
    std::fflush(nullptr);
    if (pipe(ends.data()) != 0) return worker;
    worker.process = fork();
    if (worker.process == 0) {
        close(ends[0]);
        work_and_end(ends[1], seconds_max, work);
    }
    close(ends[1]);
    worker.pipe = ends[0];
    return worker;
}

/// False: that was all.
bool take(Worker& worker) {
    std::array<char, 65536> bytes;
    const ssize_t taken = read(worker.pipe, bytes.data(), bytes.size());
    if (taken < 0 && errno == EINTR) return true;
    if (taken <= 0) return false;
    worker.text.append(bytes.data(), static_cast<std::size_t>(taken));
    return true;
}

Finished end(Worker worker) {
    Finished finished{.number = worker.number, .text = {}, .end = "no process could be made"};
    if (worker.pipe >= 0) close(worker.pipe);
    if (worker.process < 0) return finished;
    int status = 0;
    while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        finished.text = std::move(worker.text);
        finished.end.clear();
    } else if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        finished.end = signal == SIGALRM
                           ? "took too long"
                           : "ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
    } else {
        finished.end = "ended with exit code " + std::to_string(WEXITSTATUS(status));
    }
    return finished;
}

/// Waits until one of them says something or ends.
std::vector<Finished> wait(std::vector<Worker>& workers) {
    std::vector<pollfd> waiting;
    int patience_ms = -1;
    for (const Worker& worker : workers) {
        waiting.push_back({.fd = worker.pipe, .events = POLLIN, .revents = 0});
        if (worker.pipe < 0) patience_ms = 0;
    }
    poll(waiting.data(), waiting.size(), patience_ms);
    std::vector<Finished> finished;
    std::vector<Worker> left;
    for (std::size_t one = 0; one < workers.size(); ++one) {
        Worker& worker = workers[one];
        const bool over = worker.pipe < 0 || (waiting[one].revents != 0 && !take(worker));
        if (over) {
            finished.push_back(end(std::move(worker)));
        } else {
            left.push_back(std::move(worker));
        }
    }
    workers = std::move(left);
    return finished;
}

}  // namespace

void run_crew(const CrewOptions& options, std::uint64_t first,
              const std::function<bool(std::uint64_t next)>& more) {
    std::uint64_t next = first;
    std::uint64_t told = first;
    std::vector<Worker> workers;
    std::map<std::uint64_t, Finished> early;
    while (true) {
        while (workers.size() < options.jobs && more(next)) {
            workers.push_back(begin(next, options.seconds_max, [&] { return options.work(next); }));
            ++next;
        }
        if (workers.empty()) return;
        for (Finished& one : wait(workers))
            early.emplace(one.number, std::move(one));
        for (auto one = early.find(told); one != early.end(); one = early.find(++told)) {
            options.finished(std::move(one->second));
            early.erase(one);
        }
    }
}

Finished run_apart(const std::function<std::string()>& work, unsigned seconds_max) {
    Finished result;
    bool begun = false;
    run_crew({.jobs = 1,
              .seconds_max = seconds_max,
              .work = [&](std::uint64_t) { return work(); },
              .finished =
                  [&](Finished one) {
                      result = std::move(one);
                  }},
             0, [&](std::uint64_t) { return !std::exchange(begun, true); });
    return result;
}

}  // namespace parley::sim
