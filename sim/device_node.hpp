#pragma once

#include "core/client.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "sim/memory_disk.hpp"
#include "sim/server_node.hpp"
#include "sim/wire.hpp"
#include "sim/world.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parley::client {
class SqliteDatabase;
}

namespace parley::sim {

/// One device of one person: the real client core over a real SQLite on a disk in memory; only sockets,
/// timers and clocks are the world's. It may die at any moment and starts again on what its disk kept.
class DeviceNode final : public WireEvents {
  public:
    using Heard = std::function<void(const core::Notice&)>;

    DeviceNode(World& world, ServerNode& server, std::string name, core::ClientOptions options, Heard heard);
    ~DeviceNode() override;
    DeviceNode(const DeviceNode&) = delete;
    DeviceNode& operator=(const DeviceNode&) = delete;

    // Getters.
    const std::string& name() const { return name_; }
    bool up() const { return client_ != nullptr && !life_->over(); }
    /// Nothing of its last life is left in memory: it may start.
    bool buried() const { return process_ == nullptr; }
    /// Only while it is up.
    core::Client& client() { return *client_; }
    Link& link() { return link_; }
    MemoryDisk& disk() { return disk_; }
    protocol::Encoding encoding() const { return options_.encoding; }
    Random& random() { return random_; }
    /// How wrong its wall clock is.
    Duration& clock_error() { return clock_error_; }
    Now now() const;
    std::int64_t starts() const { return starts_; }
    /// What the server sends reaches it; the device, or the server, may believe so for a while where it is
    /// not.
    bool connected() const { return wire_ && wire_->carries(); }

    // Commands.
    /// From the next start on, everything that its core does is recorded. The sink outlives it.
    void record(core::RecordSink& sink) { record_to_ = &sink; }
    /// False: the disk did not let it.
    bool start();
    void die(bool power_lost);
    void die_at(std::int64_t disk_operation, bool power_lost);
    /// Does something with the core, and then what the core asks for. What was done survives the device from
    /// here on, if it is still up afterwards.
    void act(const std::function<void(core::Client&)>& what);
    /// The connection breaks for both ends, or for neither (`silently`).
    void cut(bool silently);
    void read_on();
    /// The system tells the core about its network.
    void tell_network(bool up);

    // WireEvents.
    void wire_connected() override;
    void wire_frame(std::string_view frame) override;
    void wire_disconnected(std::optional<std::uint16_t> code) override;

  private:
    void open_core();
    void drive();
    /// Takes over what the core asks for; true where one of it ends or changes the connection.
    bool collect();
    void carry_out(core::Action action);
    void open_socket();
    void call(core::CallHttp call);
    void arm(std::optional<Instant> at);
    void bury();

    World& world_;
    ServerNode& server_;
    std::string name_;
    core::ClientOptions options_;
    Heard heard_;
    Random random_;
    MemoryDisk disk_;
    Link link_;
    Duration clock_error_;
    core::RecordSink* record_to_ = nullptr;

    // One life.
    SharedLife life_;
    std::unique_ptr<DiskProcess> process_;
    std::unique_ptr<core::Primitives> primitives_;
    std::unique_ptr<client::SqliteDatabase> database_;
    std::unique_ptr<core::FlightRecorder> recorder_;
    std::unique_ptr<core::Client> client_;
    std::deque<core::Action> actions_;
    SharedWire wire_;
    std::uint64_t armed_ = 0;
    bool drive_due_ = false;
    bool driving_ = false;
    bool power_lost_ = false;
    std::int64_t starts_ = 0;
};

}  // namespace parley::sim
