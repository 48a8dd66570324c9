#include "sim/crew.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using Work = std::function<std::string(std::uint64_t number)>;

/// So many numbers one process does at most, so that what it would gather does not add up.
constexpr std::int64_t numbers_max = 32;

/// A process that is told numbers on a socket, and answers on it: length and bytes of the text.
struct Worker {
    pid_t process = -1;
    int socket = -1;
    /// What it is at.
    std::optional<std::uint64_t> number;
    std::int64_t done = 0;
    std::string answer;
};

/// False: the other side is gone.
bool put(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) return false;
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string_view bytes_of(const std::uint64_t& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

[[noreturn]] void work_and_end(int socket, unsigned seconds_max, const Work& work) {
    std::uint64_t number = 0;
    // A number is written in one piece, and so small that it arrives in one.
    while (recv(socket, &number, sizeof number, MSG_WAITALL) == sizeof number) {
        alarm(seconds_max);
        const std::string text = work(number);
        alarm(0);
        std::fflush(nullptr);
        if (!put(socket, bytes_of(text.size())) || !put(socket, text)) _exit(3);
    }
    _exit(0);
}

/// Without a process where the system has none left; its work counts as ended then.
Worker begin(std::span<const Worker> others, unsigned seconds_max, const Work& work) {
    Worker worker;
    std::array<int, 2> ends{};
    // What is still buffered would be written by both.
    std::fflush(nullptr);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return worker;
    worker.process = fork();
    if (worker.process == 0) {
        close(ends[0]);
        // Held by a brother, they would keep the others waiting when this process is gone.
        for (const Worker& other : others)
            if (other.socket >= 0) close(other.socket);
        work_and_end(ends[1], seconds_max, work);
    }
    close(ends[1]);
    worker.socket = ends[0];
    return worker;
}

void give(Worker& worker, std::uint64_t number) {
    worker.number = number;
    // Where it is gone, that is heard on the socket as well.
    if (worker.process > 0) (void)put(worker.socket, bytes_of(number));
}

/// The text, where all of it is here.
std::optional<std::string> taken_answer(Worker& worker) {
    std::uint64_t size = 0;
    if (worker.answer.size() < sizeof size) return std::nullopt;
    std::memcpy(&size, worker.answer.data(), sizeof size);
    if (worker.answer.size() < sizeof size + size) return std::nullopt;
    return std::exchange(worker.answer, {}).substr(sizeof size);
}

/// False: nothing comes any more.
bool hear(Worker& worker) {
    std::array<char, 65536> bytes;
    const ssize_t taken = recv(worker.socket, bytes.data(), bytes.size(), 0);
    if (taken < 0 && errno == EINTR) return true;
    if (taken <= 0) return false;
    worker.answer.append(bytes.data(), static_cast<std::size_t>(taken));
    return true;
}

/// Why it ended.
std::string end(const Worker& worker) {
    if (worker.socket >= 0) close(worker.socket);
    if (worker.process < 0) return "no process could be made";
    int status = 0;
    while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) return "ended with exit code " + std::to_string(WEXITSTATUS(status));
    const int signal = WTERMSIG(status);
    if (signal == SIGALRM) return "took too long";
    return "ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

class Crew {
  public:
    Crew(const CrewOptions& options, std::uint64_t first, const std::function<bool(std::uint64_t next)>& more)
        : options_(options), more_(more), next_(first), told_(first) {}
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    void run() {
        while (workers_.size() < options_.jobs && more_(next_))
            give(workers_.emplace_back(begin(workers_, options_.seconds_max, options_.work)), next_++);
        while (!workers_.empty())
            wait();
    }

  private:
    /// Until one of them says something or ends.
    void wait() {
        std::vector<pollfd> waiting;
        int patience_ms = -1;
        for (const Worker& worker : workers_) {
            waiting.push_back({.fd = worker.socket, .events = POLLIN, .revents = 0});
            if (worker.socket < 0) patience_ms = 0;
        }
        poll(waiting.data(), waiting.size(), patience_ms);
        for (std::size_t one = 0; one < waiting.size(); ++one) {
            if (workers_[one].socket >= 0 && waiting[one].revents == 0) continue;
            look_after(workers_[one]);
        }
        std::erase_if(workers_, [](const Worker& worker) { return worker.socket < 0 && !worker.number; });
    }

    void look_after(Worker& worker) {
        if (worker.socket < 0 || !hear(worker)) return bury(worker);
        auto text = taken_answer(worker);
        if (!text) return;
        tell({.number = *std::exchange(worker.number, std::nullopt), .text = std::move(text), .end = {}});
        if (++worker.done >= numbers_max) renew(worker);
        if (more_(next_)) {
            give(worker, next_++);
        } else {
            dismiss(worker);
        }
    }

    void dismiss(Worker& worker) {
        shutdown(worker.socket, SHUT_WR);
        (void)end(worker);
        worker = {};
    }

    void renew(Worker& worker) {
        dismiss(worker);
        worker = begin(workers_, options_.seconds_max, options_.work);
    }

    /// It died. What it was at is done once more in a process that has done nothing else, so that what it
    /// says is of this number alone.
    void bury(Worker& worker) {
        const std::string reason = end(worker);
        const auto number = worker.number;
        const bool had_done_others = worker.done > 0;
        worker = {};
        if (number && !had_done_others) tell({.number = *number, .text = {}, .end = reason});
        const bool again = number && had_done_others;
        if (!again && !more_(next_)) return;
        worker = begin(workers_, options_.seconds_max, options_.work);
        give(worker, again ? *number : next_++);
    }

    /// In the order of the numbers.
    void tell(Finished finished) {
        early_.emplace(finished.number, std::move(finished));
        for (auto one = early_.find(told_); one != early_.end(); one = early_.find(++told_)) {
            options_.finished(std::move(one->second));
            early_.erase(one);
        }
    }

    const CrewOptions& options_;
    const std::function<bool(std::uint64_t next)>& more_;
    std::uint64_t next_;
    std::uint64_t told_;
    std::vector<Worker> workers_;
    std::map<std::uint64_t, Finished> early_;
};

}  // namespace

void run_crew(const CrewOptions& options, std::uint64_t first,
              const std::function<bool(std::uint64_t next)>& more) {
    Crew(options, first, more).run();
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
