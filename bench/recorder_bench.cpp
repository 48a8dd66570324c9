// What the flight recorder costs a core: CPU per received message without and with it, in turn, and what it
// writes. `recorder_bench DIRECTORY [MESSAGES]`; the directory should lie on a disk.

#include "client/platform.hpp"
#include "client/recording_file.hpp"
#include "client/sqlite_database.hpp"
#include "core/client.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "core/recorder/ring.hpp"

#include <time.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::bench {

namespace {

constexpr int rounds = 7;
constexpr std::size_t text_bytes = 100;

const AccountId own_id("a1");
const StreamId room("c1");

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class T>
T must(Result<T> result) {
    if (result) return std::move(*result);
    std::cerr << result.error().context << '\n';
    std::exit(1);
}

/// Counts what a ring would be given.
class CountingSink final : public core::RecordSink {
  public:
    explicit CountingSink(core::RecordSink& to) : to_(to) {}
    std::int64_t begin_life() override { return to_.begin_life(); }
    bool append(std::string_view line, bool last) override {
        bytes_ += line.size();
        // A life that fills the ring begins anew, which a host does by opening the core again.
        if (!to_.append(line, last)) to_.begin_life();
        return true;
    }
    std::size_t bytes() const { return bytes_; }

  private:
    core::RecordSink& to_;
    std::size_t bytes_ = 0;
};

/// A core that is signed in and live, over a database on the disk.
class Device {
  public:
    Device(const std::string& file, core::RecordSink* sink) {
        database_ = must(client::SqliteDatabase::open(file, client::Durability::on_sync));
        core::Database* database = database_.get();
        core::Primitives* primitives = &primitives_;
        core::ClientOptions options;
        if (sink != nullptr) {
            recorder_.emplace(*sink, *database_, primitives_);
            options.recorder = &*recorder_;
            database = &recorder_->database();
            primitives = &recorder_->primitives();
        }
        core_ = must(core::Client::open(options, *database, *primitives, now()));
        go_live();
    }

    void receive(const std::vector<protocol::Envelope>& envelopes) {
        std::string frame;
        for (const auto& envelope : envelopes) {
            std::string one;
            protocol::append_envelope(one, envelope, protocol::Encoding::cbor);
            protocol::append_to_frame(frame, one, protocol::Encoding::cbor);
        }
        core_->handle_frame(frame, now());
        while (core_->poll_action()) {
        }
    }

    core::Client& core() { return *core_; }

  private:
    static Now now() { return {.instant = {1000}, .wall = {1'700'000'000'000}}; }

    void go_live() {
        core_->sign_in({"me", "password", "bench"}, now());
        std::uint64_t call = 0;
        while (auto action = core_->poll_action())
            if (const auto* http = std::get_if<core::CallHttp>(&*action)) call = http->call;
        const protocol::Session session{own_id, DeviceId("d1"), "access", WallTime{1'800'000'000'000},
                                        "refresh"};
        core_->handle_http_response(call, 201, protocol::encode(session, protocol::Encoding::json), now());
        core_->connect(now());
        core_->handle_connected(now());
        const protocol::Summary summary{protocol::ConversationKind::group, "title", std::nullopt, 2,
                                        protocol::Role::owner};
        receive(
            {{.payload =
                  protocol::AuthOk{own_id, DeviceId("d1"), SessionId("s1"), WallTime{1'800'000'000'000}}},
             protocol::to_envelope(StreamId(own_id.text()), {.seq = 1,
                                                             .born = 1,
                                                             .timestamp = WallTime{1},
                                                             .payload = protocol::Joined{room, 1, summary}}),
             {.payload = protocol::Resumed{"1:1", 1}}});
    }

    client::SystemPrimitives primitives_;
    std::unique_ptr<client::SqliteDatabase> database_;
    std::optional<core::FlightRecorder> recorder_;
    std::unique_ptr<core::Client> core_;
};

protocol::Envelope message(std::int64_t seq) {
    std::array<std::uint8_t, 10> bytes{};
    // Version and variant take some bits of the first and the third byte.
    for (std::size_t i = 0; i < 6; ++i)
        bytes[4 + i] = static_cast<std::uint8_t>(seq >> (8 * i));
    protocol::Change change{
        .id = Uuid::version7(WallTime{1'600'000'000'000}, bytes),
        .seq = seq,
        .born = seq,
        .timestamp = WallTime{1'600'000'000'000 + seq},
        .payload = protocol::MessageNew{AccountId("a2"), std::string(text_bytes, 'x'), std::nullopt, {}}};
    return protocol::to_envelope(room, std::move(change));
}

/// CPU per message, in µs.
double receive_all(const std::string& folder, int messages, core::RecordSink* sink) {
    const std::string file = folder + "/bench.db";
    for (const char* ending : {"", "-wal", "-shm"})
        std::filesystem::remove(file + ending);
    Device device(file, sink);
    const double begun = cpu_seconds();
    for (int seq = 1; seq <= messages; ++seq)
        device.receive({message(seq)});
    const double taken = cpu_seconds() - begun;
    const auto view = must(device.core().conversation(room));
    if (!view || view->unread != messages) {
        std::cerr << "the messages did not arrive\n";
        std::exit(1);
    }
    return taken * 1e6 / messages;
}

}  // namespace

int run(const std::string& folder, int messages) {
    double without = 0;
    double with = 0;
    std::size_t bytes = 0;
    const auto recording = must(client::RecordingFile::open(folder + "/recording"));
    for (int round = 0; round < rounds; ++round) {
        without += receive_all(folder, messages, nullptr) / rounds;
        CountingSink sink(recording->ring());
        with += receive_all(folder, messages, &sink) / rounds;
        bytes = sink.bytes();
    }
    std::cout << "a message in a frame of its own, CPU: " << without << " µs without the recorder, " << with
              << " µs with it: " << with / without << " times\n"
              << "written for each: " << static_cast<double>(bytes) / messages << " bytes\n";
    return 0;
}

}  // namespace parley::bench

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "recorder_bench DIRECTORY [MESSAGES]\n";
        return 2;
    }
    return parley::bench::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 10'000);
}
