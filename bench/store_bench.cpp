// What a message costs the writer: CPU per message of the store's engine, with everything that it decides and
// writes, beside bare inserts into the same table; and what it costs to come back. `store_bench DIRECTORY
// [MESSAGES]`; the directory should lie on a disk.

#include "bench/bare_inserts_sqlite.hpp"
#include "protocol/codec.hpp"
#include "server/domain/sync.hpp"
#include "server/store/sqlite_store.hpp"

#include <time.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace parley::bench {

namespace {

using namespace parley::server;

constexpr int people_count = 200;

class Host final : public StoreHost {
  public:
    void fatal(std::string_view what) override {
        std::cerr << what << '\n';
        std::exit(1);
    }
    void bad_row(std::int64_t, std::int64_t) override {}
    void bad_index(std::int64_t, std::int64_t) override {}
    void bad_page(std::int64_t) override {}
    void random(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes)
            byte = static_cast<std::uint8_t>(engine_());
    }
    DiskUse disk_use() override { return {.bytes_total = 100, .bytes_free = 90}; }

  private:
    std::mt19937 engine_{1};
};

double seconds_of(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Figures {
    double cpu_us = 0;
    double wall_us = 0;
};

template <class Run>
Figures measure(int messages, Run run) {
    const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    const double wall = seconds_of(CLOCK_MONOTONIC);
    run();
    return {.cpu_us = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / messages,
            .wall_us = (seconds_of(CLOCK_MONOTONIC) - wall) * 1e6 / messages};
}

std::string fresh_directory(const std::string& parent, const std::string& name) {
    const auto path = parent + "/" + name;
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
    return path;
}

class Engine {
  public:
    explicit Engine(const std::string& directory, bool page_checksums = true) {
        auto opened =
            open_sqlite_store({.directory = directory, .page_checksums = page_checksums}, rules_, host_);
        if (!opened) give_up(opened.error().context);
        store_ = std::move(*opened);
        for (int i = 0; i < people_count; ++i) {
            const auto answer = apply({work({}, RegisterAccount{.handle = "person" + std::to_string(i),
                                                                .name = {},
                                                                .password_hash = "hash",
                                                                .invite = {},
                                                                .device_name = "bench"})});
            const auto& signed_in = std::get<SignedIn>(answer.payload);
            people_.push_back({.account = signed_in.account, .device = signed_in.device});
        }
        protocol::ConversationCreate create{.title = "room"};
        for (int i = 1; i < 20; ++i)
            create.members.push_back(to_id(people_[static_cast<std::size_t>(i)].account));
        room_ = apply({work(people_[0], create)}).stream;
    }

    /// Everybody of a room writes into it, in turn.
    void room(int messages, int batch) {
        send(messages, batch, [&](int i) {
            return std::pair(people_[static_cast<std::size_t>(i % 20)], protocol::Target{.stream = room_});
        });
    }

    /// A hundred pairs write to each other.
    void pairs(int messages, int batch) {
        send(messages, batch, [&](int i) {
            const auto one = static_cast<std::size_t>(i % people_count);
            return std::pair(people_[one], protocol::Target{.direct = to_id(people_[one ^ 1].account)});
        });
    }

    /// The first person is in this many conversations, and has resumed; then everybody goes on elsewhere.
    SyncToken crowd(int conversations) {
        for (int i = 0; i < conversations; ++i) {
            crowd_.push_back(
                apply({work(people_[0], protocol::ConversationCreate{.title = "crowd"})}).stream);
        }
        std::optional<SyncToken> token;
        resume(token);
        pairs(4 * 1024, 8);
        return *token;
    }
    void move(int conversations) {
        for (int i = 0; i < conversations; ++i) {
            const auto& stream = crowd_[static_cast<std::size_t>(i)];
            apply({work(people_[0], protocol::MessageSend{.target = {.stream = stream}, .text = "moved"})});
        }
    }
    /// Bytes of all parts, in JSON; the token is moved on.
    std::size_t resume(std::optional<SyncToken>& token) {
        const auto snapshot = store_->snapshot();
        if (!snapshot) give_up(snapshot.error().context);
        std::size_t bytes = 0;
        for (bool finished = false; !finished;) {
            const auto part = resume_part(**snapshot, people_[0].account, token);
            if (!part) give_up(part.error().context);
            for (const auto& envelope : part->envelopes) {
                std::string text;
                protocol::append_envelope(text, envelope, protocol::Encoding::json);
                bytes += text.size();
            }
            token = part->token;
            finished = part->finished;
        }
        return bytes;
    }

  private:
    struct Person {
        AccountKey account;
        DeviceKey device;
    };

    Work work(const Person& by, Command command) {
        return {
            .origin = {.session = {1}, .account = by.account, .device = by.device, .command = ids_.next()},
            .command = std::move(command),
            .at = {1'750'000'000'000}};
    }

    Answer apply(const std::vector<Work>& works) {
        const auto batch = store_->apply(works);
        if (!batch) give_up(batch.error().context);
        const auto& replied = std::get<Replied>(batch->effects.back());
        if (!replied.answer) give_up(replied.answer.error().context);
        return *replied.answer;
    }

    template <class Where>
    void send(int messages, int batch, Where where) {
        std::vector<Work> works;
        for (int i = 0; i < messages; ++i) {
            const auto [person, target] = where(i);
            works.push_back(
                work(person, protocol::MessageSend{.target = target, .text = std::string(100, 'x')}));
            if (static_cast<int>(works.size()) < batch) continue;
            apply(works);
            works.clear();
        }
    }

    Rules rules_{.registration = Registration::open};
    Host host_;
    Ids ids_;
    std::unique_ptr<Store> store_;
    std::vector<Person> people_;
    StreamId room_;
    std::vector<StreamId> crowd_;
};

void print(const char* what, int batch, const Figures& figures) {
    std::cout << "{\"what\": \"" << what << "\", \"batch\": " << batch
              << ", \"cpu_us_per_message\": " << figures.cpu_us
              << ", \"wall_us_per_message\": " << figures.wall_us << "}\n";
}

/// What coming back costs a reader's thread: all of the conversations, and ten of them.
void run_resumes(const std::string& directory, int conversations) {
    constexpr int repeats = 100;
    constexpr int moved = 10;
    Engine engine(fresh_directory(directory, "resume"));
    const SyncToken away = engine.crowd(conversations);
    const auto print_resume = [&](const char* what, std::optional<SyncToken> from) {
        std::size_t bytes = 0;
        const Figures figures = measure(repeats, [&] {
            for (int i = 0; i < repeats; ++i) {
                auto token = from;
                bytes = engine.resume(token);
            }
        });
        std::cout << "{\"what\": \"" << what << "\", \"conversations\": " << conversations
                  << ", \"cpu_us\": " << figures.cpu_us << ", \"bytes\": " << bytes << "}\n";
    };
    print_resume("resume, all new", std::nullopt);
    engine.move(moved);
    print_resume("resume, 10 moved", away);
}

/// What the checksums of pages cost: two stores, with and without, in turns, so that both meet the same
/// noise.
void run_page_checksums(const std::string& directory, int messages) {
    constexpr int turns = 20;
    constexpr int batch = 8;
    const int count = messages / turns / batch * batch;
    Engine with(fresh_directory(directory, "checked"));
    Engine without(fresh_directory(directory, "unchecked"), false);
    double cpu_with = 0;
    double cpu_without = 0;
    const auto turn = [&](Engine& engine) {
        const auto room = measure(count, [&] { engine.room(count, batch); });
        const auto pairs = measure(count, [&] { engine.pairs(count, batch); });
        return (room.cpu_us + pairs.cpu_us) / 2;
    };
    turn(with);
    turn(without);
    for (int i = 0; i < turns; ++i) {
        // Neither goes first always.
        if (i % 2 == 0) cpu_with += turn(with);
        cpu_without += turn(without);
        if (i % 2 != 0) cpu_with += turn(with);
    }
    std::cout << "{\"what\": \"page checksums\", \"batch\": " << batch
              << ", \"cpu_us_per_message_with\": " << cpu_with / turns
              << ", \"without\": " << cpu_without / turns << ", \"ratio\": " << cpu_with / cpu_without
              << "}\n";
}

void run(const std::string& directory, int messages) {
    for (const int batch : {8, 64}) {
        const auto count = messages / batch * batch;
        BareInserts bare(fresh_directory(directory, "bare"));
        bare.messages(count / 4, batch);
        print("bare insert", batch, measure(count, [&] { bare.messages(count, batch); }));
        Engine engine(fresh_directory(directory, "engine"));
        engine.room(count / 4, batch);
        print("engine, one room", batch, measure(count, [&] { engine.room(count, batch); }));
        engine.pairs(count / 4, batch);
        print("engine, 100 pairs", batch, measure(count, [&] { engine.pairs(count, batch); }));
    }
}

}  // namespace

}  // namespace parley::bench

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "store_bench DIRECTORY [MESSAGES]\n";
        return 2;
    }
    const int messages = argc > 2 ? std::atoi(argv[2]) : 64'000;
    parley::bench::run(argv[1], messages);
    parley::bench::run_page_checksums(argv[1], messages);
    for (const int conversations : {200, 2'000, 20'000})
        parley::bench::run_resumes(argv[1], conversations);
    return 0;
}
