#pragma once

#include "client/pending_actions.hpp"
#include "core/client.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "sim/link.hpp"
#include "sim/local_reader.hpp"
#include "sim/memory_disk.hpp"
#include "sim/server_node.hpp"
#include "sim/wire.hpp"
#include "sim/world.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::client {
class SqliteDatabase;
}

namespace parley::sim {

/// What outlives the programs on a device: its disk, its way to the server, its clock.
struct Hardware {
    World& world;
    ServerNode& server;
    std::string name;
    core::ClientOptions options;
    Random random;
    MemoryDisk disk;
    Link link;
    /// How wrong its wall clock is.
    Duration clock_error;
    std::int64_t starts = 0;
    std::int64_t connections = 0;
    /// Inside which of its disk operations what is opened next dies, and whether with the power; 0: in none.
    std::pair<std::int64_t, bool> start_death{0, false};
    /// How often what was under way on its network was lost, and how often both ends were told.
    std::int64_t losses = 0;
    std::int64_t cuts = 0;

    Now now() const { return {world.instant(), world.wall() + clock_error}; }
};

/// A call by HTTP from a device.
struct HttpQuestion {
    server::HttpRequest request;
    /// It has reached the server. Empty: nobody wants to know.
    std::function<void()> arrived;
    /// What the server says to it, whether it gets back or not. Empty: nobody wants to know.
    std::function<void(const server::HttpResponse&)> said;
    /// Once, if the program is still there: what came back; status 0: nothing in time.
    std::function<void(int status, const std::string& body)> answered;
};

/// One program, or one tab of a browser, on a device: the real client core over a real SQLite on the device's
/// disk; only sockets, timers and clocks are the world's. It may die at any moment, and is not opened twice.
class Tab final : public WireEvents {
  public:
    struct Told {
        std::function<void(const core::Notice&)> notice;
        /// It died by itself: inside a disk operation, or since the disk did not do what it must.
        std::function<void(bool power_lost)> died;
    };

    Tab(Hardware& hardware, Told told, core::RecordSink* record_to);
    ~Tab() override;
    Tab(const Tab&) = delete;
    Tab& operator=(const Tab&) = delete;

    // Getters.
    bool up() const { return client_ != nullptr && !life_->over(); }
    /// Only while it is up.
    core::Client& client() { return *client_; }
    LocalReader& held() { return *held_; }
    bool connected() const { return wire_ && wire_->carries(); }
    /// Nothing is on its way between it and the server.
    bool quiet() const { return !wire_ || wire_->quiet(); }

    // Commands.
    /// Opens the database and the core, and connects. False: the disk did not let it.
    bool open();
    /// Its process ends; what is left of it in memory goes with this object, after the event that runs.
    void die(bool power_lost);
    void die_at(std::int64_t disk_operation, bool power_lost);
    /// Dies when it has carried out so much more of what its core asks for: what that has committed is kept,
    /// and what was to follow from it does not happen.
    void die_behind(std::int64_t actions, bool power_lost);
    /// It does not die so.
    void live_on();
    /// Nothing more is recorded of it.
    void stop_recording();
    void act(const std::function<void(core::Client&)>& what);
    /// Does now what would be done within moments with what has come.
    void settle();
    /// Over the network of its device.
    void ask(HttpQuestion question);
    void cut(bool silently);
    void read_on();
    void tell_network(bool up);

    // WireEvents.
    void wire_connected() override;
    void wire_frame(std::string_view frame) override;
    void wire_disconnected(std::optional<std::uint16_t> code) override;

  private:
    class Recording;
    using SharedCall = std::shared_ptr<HttpQuestion>;  // held by its tab, and by what is under way for it

    bool open_files();
    void open_core();
    void drive();
    void carry_out(core::Action action);
    void open_socket();
    void call(core::CallHttp call);
    void fail_after(Duration delay, const std::weak_ptr<HttpQuestion>& call);
    void take_answer(const SharedCall& call, int status, std::string body);
    void end_call(const SharedCall& call, int status, const std::string& body);
    void arm(std::optional<Instant> at);
    Now now() const { return hardware_.now(); }
    World& world() { return hardware_.world; }

    Hardware& hardware_;
    Told told_;
    SharedLife life_;
    std::unique_ptr<Recording> recording_;
    std::unique_ptr<DiskProcess> process_;
    std::unique_ptr<core::Primitives> primitives_;
    std::unique_ptr<client::SqliteDatabase> database_;
    std::unique_ptr<LocalReader> held_;
    std::unique_ptr<core::FlightRecorder> recorder_;
    std::unique_ptr<core::Client> client_;
    client::PendingActions actions_;
    std::optional<std::int64_t> actions_left_;
    /// Those that have not ended yet.
    std::vector<SharedCall> calls_;
    /// Answers that have come while the device read nothing.
    std::vector<std::function<void()>> unread_;
    SharedWire wire_;
    std::uint64_t armed_ = 0;
    bool drive_due_ = false;
    bool driving_ = false;
    bool power_lost_ = false;
};

}  // namespace parley::sim
