#include "bench/fatal.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"
#include "bench/scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace parley::bench;

/// The parleyd that was built together with this program.
std::string built_server() {
    std::error_code failed;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", failed);
    return (own.parent_path().parent_path() / "server" / "parleyd").string();
}

struct Options {
    std::string server = built_server();
    std::uint16_t port = 0;
    pid_t process = 0;
    bool quick = false;
    RoomOptions room;
    PairsOptions pairs;
    IdleOptions idle;
    SlowOptions slow;
};

struct Scenario {
    std::string name;
    std::string meaning;
    std::function<Report(const Stage&, const Options&)> run;
};

std::vector<Scenario> scenarios() {
    return {
        {"room", "a group whose members are all online",
         [](const Stage& s, const Options& o) {
             return run_room(s, o.room);
         }},
        {"pairs", "direct conversations with a window",
         [](const Stage& s, const Options& o) {
             return run_pairs(s, o.pairs);
         }},
        {"idle", "connections that do nothing",
         [](const Stage& s, const Options& o) {
             return run_idle(s, o.idle);
         }},
        {"slow", "clients that never read",
         [](const Stage& s, const Options& o) {
             return run_slow(s, o.slow);
         }},
    };
}

void add_options(CLI::App& app, Options& options) {
    app.add_option("--server", options.server, "The parleyd to start")->capture_default_str();
    app.add_option("--port", options.port, "Measure the server that listens here instead of starting one");
    app.add_option("--process", options.process,
                   "With --port: the server's process id, for its CPU and memory");
    app.add_flag("--quick", options.quick,
                 "A tenth of the size and less time: shows that it works, measures little");
    app.add_option("--members", options.room.members, "room: members")->capture_default_str();
    app.add_option("--senders", options.room.senders, "room: members who write at saturation")
        ->capture_default_str();
    app.add_option("--room-seconds", options.room.seconds, "room: length of each phase")
        ->capture_default_str();
    app.add_option("--pairs", options.pairs.pairs, "pairs: how many")->capture_default_str();
    app.add_option("--window", options.pairs.window, "pairs: unanswered messages of each")
        ->capture_default_str();
    app.add_option("--pairs-seconds", options.pairs.seconds, "pairs: length of each phase")
        ->capture_default_str();
    app.add_option("--connections", options.idle.connections, "idle: how many")->capture_default_str();
    app.add_option("--conversations", options.idle.conversations, "idle: groups of each account")
        ->capture_default_str();
    app.add_option("--idle-seconds", options.idle.seconds, "idle: time watched")->capture_default_str();
    app.add_option("--stalled", options.slow.stalled, "slow: clients that never read")->capture_default_str();
    app.add_option("--readers", options.slow.readers, "slow: clients that do")->capture_default_str();
    app.add_option("--rounds", options.slow.rounds, "slow: back-to-back pairs")->capture_default_str();
}

void make_quick(Options& options) {
    options.room = {.members = 100, .seconds = 2, .senders = 4, .window = 4};
    options.pairs = {.pairs = 20, .seconds = 2};
    options.idle = {.connections = 500, .seconds = 2};
    options.slow = {.stalled = 100, .readers = 20, .rounds = 1, .seconds = 2, .ratio_max = std::nullopt};
}

/// As many descriptors as this machine lets a process have; parleyd does the same for itself.
void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// A name that is none would otherwise be a measurement that is missing and that nobody misses.
void check_names(const std::vector<std::string>& names) {
    std::vector<std::string_view> known;
    for (const Scenario& scenario : scenarios())
        known.emplace_back(scenario.name);
    for (const std::string& name : names) {
        if (std::ranges::find(known, name) == known.end())
            fatal(fmt::format("there is no scenario {}; there are: {}", name, fmt::join(known, ", ")));
    }
}

Report run(const Scenario& scenario, const Options& options) {
    std::optional<ServerProcess> own;
    if (options.port == 0) {
        own.emplace(options.server);
    }
    Loop loop;
    const Stage stage{
        .loop = loop, .port = own ? own->port() : options.port, .server = own ? own->id() : options.process};
    return scenario.run(stage, options);
}

}  // namespace

int main(int count, char** arguments) {
    CLI::App app{"Measures a Parley server over the real protocol"};
    Options options;
    add_options(app, options);
    std::vector<std::string> names;
    app.add_option("scenario", names, "room, pairs, idle, slow; all where none is named");
    CLI11_PARSE(app, count, arguments);
    if (options.quick) {
        make_quick(options);
    }
    check_names(names);
    raise_descriptor_limit();

    bool held = true;
    for (const Scenario& scenario : scenarios()) {
        if (names.empty() || std::find(names.begin(), names.end(), scenario.name) != names.end()) {
            const Report report = run(scenario, options);
            fmt::print(stderr, "{}\n", to_table(report));
            fmt::print("{}\n", to_json(report));
            std::fflush(stdout);
            held = held && report.held;
        }
    }
    return held ? 0 : 1;
}
