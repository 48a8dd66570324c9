#include "tests/rig/clock.hpp"
#include "tests/rig/tunnel.hpp"
#include "tests/rig/weather.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <deque>
#include <queue>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// Carries packets between the server's network namespace, in which it runs, and one namespace per machine.
//
//     rig_shuttle SEED INTERFACE NAMESPACE-FILE…
//
// Machine k (from 1) has the address 10.77.k.1, the server 10.77.0.1. Commands come on standard input, one a
// line, and each is answered by one line; the end of input ends the process:
//
//     weather K up|down|both DELAY-US JITTER-US LOSS-PPM TWICE-PPM
//     block K up|down|both          open K up|down|both
//     tally                         the counts of all ways, as JSON
//
// `up` is towards the server. K = 0 means every machine.

namespace parley::rig {

namespace {

/// Offsets in an IPv4 header (RFC 791, section 3.1).
constexpr std::size_t header_bytes = 20;
constexpr std::size_t third_byte_of_destination = 18;
/// What one round reads from one tunnel, so that none waits for ever.
constexpr int burst = 64;

struct Link {
    Tunnel tunnel;
    Way up;
    Way down;
};

struct Packet {
    std::int64_t due_us;
    /// Of those due at the same time the one that set out first comes first.
    std::uint64_t number;
    std::int64_t ordinal;
    Way* way;
    const Tunnel* to;
    std::vector<std::uint8_t> bytes;

    bool operator<(const Packet& other) const {
        return due_us != other.due_us ? due_us > other.due_us : number > other.number;
    }
};

class Shuttle {
  public:
    Shuttle(Tunnel server, std::deque<Link> links) : server_(std::move(server)), links_(std::move(links)) {}

    /// False where the machine does not give what it takes.
    bool prepare();
    void run();

  private:
    void watch(int descriptor);
    void carry(const Tunnel& from, Link* machine);
    void depart(Way& way, const Tunnel& to, std::vector<std::uint8_t> bytes);
    void deliver_due();
    void arm();
    bool read_commands();
    std::string obey(const std::string& line);
    std::vector<Way*> ways(std::size_t machine, std::string_view direction);
    std::string tally() const;

    Tunnel server_;
    std::deque<Link> links_;
    std::priority_queue<Packet> under_way_;
    std::uint64_t packets_ = 0;
    std::int64_t armed_us_ = 0;
    int epoll_ = -1;
    int timer_ = -1;
    std::string input_;
};

bool Shuttle::prepare() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (epoll_ < 0 || timer_ < 0) return false;
    watch(STDIN_FILENO);
    watch(timer_);
    watch(server_.descriptor());
    for (const Link& link : links_)
        watch(link.tunnel.descriptor());
    return true;
}

void Shuttle::watch(int descriptor) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void Shuttle::run() {
    std::array<epoll_event, 32> events{};
    while (true) {
        const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == STDIN_FILENO && !read_commands()) return;
            if (descriptor == timer_) {
                std::uint64_t expired = 0;
                [[maybe_unused]] const auto taken = ::read(timer_, &expired, sizeof expired);
                armed_us_ = 0;
            }
            if (descriptor == server_.descriptor()) carry(server_, nullptr);
            for (Link& link : links_) {
                if (descriptor == link.tunnel.descriptor()) carry(link.tunnel, &link);
            }
        }
        deliver_due();
        arm();
    }
}

void Shuttle::carry(const Tunnel& from, Link* machine) {
    for (int i = 0; i < burst; ++i) {
        auto bytes = from.read();
        if (bytes.empty()) return;
        // The kernel's own IPv6 chatter goes nowhere.
        if (bytes.size() < header_bytes || bytes[0] >> 4 != 4) continue;
        if (machine != nullptr) {
            depart(machine->up, server_, std::move(bytes));
            continue;
        }
        const std::size_t number = bytes[third_byte_of_destination];
        if (number == 0 || number > links_.size()) continue;
        Link& link = links_[number - 1];
        depart(link.down, link.tunnel, std::move(bytes));
    }
}

void Shuttle::depart(Way& way, const Tunnel& to, std::vector<std::uint8_t> bytes) {
    const Fate fate = way.depart();
    const std::int64_t now = now_us();
    for (int copy = 0; copy < fate.copies; ++copy) {
        under_way_.push({.due_us = now + fate.delays_us[static_cast<std::size_t>(copy)],
                         .number = ++packets_,
                         .ordinal = way.departed(),
                         .way = &way,
                         .to = &to,
                         .bytes = bytes});
    }
}

void Shuttle::deliver_due() {
    const std::int64_t now = now_us();
    while (!under_way_.empty() && under_way_.top().due_us <= now) {
        const Packet& packet = under_way_.top();
        packet.way->arrive(packet.ordinal);
        packet.to->write(packet.bytes);
        under_way_.pop();
    }
}

void Shuttle::arm() {
    if (under_way_.empty() || under_way_.top().due_us == armed_us_) return;
    armed_us_ = under_way_.top().due_us;
    itimerspec at{};
    at.it_value.tv_sec = armed_us_ / 1'000'000;
    at.it_value.tv_nsec = armed_us_ % 1'000'000 * 1'000;
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
}

bool Shuttle::read_commands() {
    std::array<char, 4096> part{};
    const auto count = ::read(STDIN_FILENO, part.data(), part.size());
    if (count <= 0) return false;
    input_.append(part.data(), static_cast<std::size_t>(count));
    while (true) {
        const std::size_t end = input_.find('\n');
        if (end == std::string::npos) return true;
        fmt::print("{}\n", obey(input_.substr(0, end)));
        std::fflush(stdout);
        input_.erase(0, end + 1);
    }
}

std::string Shuttle::obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::string direction;
    std::size_t machine = 0;
    words >> verb;
    if (verb == "tally") return tally();
    words >> machine >> direction;
    const auto chosen = ways(machine, direction);
    if (words.fail() || chosen.empty()) return "no such way: " + line;
    Weather weather;
    if (verb == "weather") {
        words >> weather.delay_us >> weather.jitter_us >> weather.loss_ppm >> weather.twice_ppm;
        if (words.fail()) return "weather takes four numbers: " + line;
    } else if (verb != "block" && verb != "open") {
        return "no such command: " + line;
    }
    for (Way* way : chosen) {
        if (verb == "weather") way->weather(weather);
        if (verb != "weather") way->block(verb == "block");
    }
    return "done";
}

std::vector<Way*> Shuttle::ways(std::size_t machine, std::string_view direction) {
    std::vector<Way*> chosen;
    for (std::size_t i = 0; i < links_.size(); ++i) {
        if (machine != 0 && machine != i + 1) continue;
        if (direction == "up" || direction == "both") chosen.push_back(&links_[i].up);
        if (direction == "down" || direction == "both") chosen.push_back(&links_[i].down);
    }
    return chosen;
}

std::string Shuttle::tally() const {
    const auto object = [](const Tally& one) {
        return fmt::format(
            R"({{"arrived": {}, "lost": {}, "twice": {}, "late": {}, "overtaken": {}, "blocked": {}}})",
            one.arrived, one.lost, one.twice, one.late, one.overtaken, one.blocked);
    };
    std::string text;
    for (const Link& link : links_) {
        text += fmt::format(R"({}{{"up": {}, "down": {}}})", text.empty() ? "" : ", ",
                            object(link.up.tally()), object(link.down.tally()));
    }
    return "[" + text + "]";
}

int main_of(int count, char** words) {
    if (count < 4) {
        fmt::print(stderr, "usage: rig_shuttle SEED INTERFACE NAMESPACE-FILE…\n");
        return 2;
    }
    std::uint64_t seed = 0;
    const std::string_view number = words[1];
    std::from_chars(number.data(), number.data() + number.size(), seed);
    const std::string interface = words[2];
    auto server = Tunnel::open(interface);
    if (!server) {
        fmt::print(stderr, "no tunnel here: {}\n", server.error());
        return 1;
    }
    std::deque<Link> links;
    for (int i = 3; i < count; ++i) {
        auto tunnel = Tunnel::open_in(words[i], interface);
        if (!tunnel) {
            fmt::print(stderr, "no tunnel in {}: {}\n", words[i], tunnel.error());
            return 1;
        }
        const std::uint64_t own = seed * 1'000 + static_cast<std::uint64_t>(i);
        links.push_back({.tunnel = std::move(*tunnel), .up = Way(own * 2), .down = Way(own * 2 + 1)});
    }
    Shuttle shuttle(std::move(*server), std::move(links));
    if (!shuttle.prepare()) return 1;
    fmt::print("ready\n");
    std::fflush(stdout);
    shuttle.run();
    return 0;
}

}  // namespace

}  // namespace parley::rig

int main(int count, char** words) {
    return parley::rig::main_of(count, words);
}
