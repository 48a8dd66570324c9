#pragma once

#include "protocol/codec.hpp"
#include "server/api/connection.hpp"
#include "sim/line.hpp"
#include "sim/link.hpp"
#include "sim/world.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parley::sim {

/// What the client's end of a wire tells its device.
class WireEvents {
  public:
    virtual ~WireEvents() = default;
    virtual void wire_connected() = 0;
    virtual void wire_frame(std::string_view frame) = 0;
    virtual void wire_disconnected(std::optional<std::uint16_t> code) = 0;
};

class Wire;
using SharedWire = std::shared_ptr<Wire>;  // held by its two ends and by what is under way on it

/// The server's end: whoever accepts connections and hears frames. One per world; it may be down.
class WireAcceptor {
  public:
    virtual ~WireAcceptor() = default;
    virtual bool listening() const = 0;
    virtual void accept(SharedWire wire) = 0;
    virtual void frame_arrived(Wire& wire, std::string_view frame) = 0;
    virtual void frame_written(Wire& wire) = 0;
    virtual void peer_gone(Wire& wire) = 0;
    /// For those who watch: this frame is leaving the device.
    virtual void frame_leaves(Wire& wire, std::string_view frame) = 0;
    /// For those who watch: this frame has left the server.
    virtual void frame_said(Wire& wire, std::string_view frame) = 0;
};

/// One WebSocket connection between a device and the server: frames arrive in order, late, or not at all;
/// either end may learn of the other's end late, or only by its own heartbeat.
class Wire final : public Line, public server::Connection, public std::enable_shared_from_this<Wire> {
  public:
    struct Ends {
        WireAcceptor& server;
        WireEvents& device;
        /// The device's process; nothing is told to a dead one.
        SharedLife device_life;
        Link& link;
        std::string device_name;
        protocol::Encoding encoding = protocol::Encoding::cbor;
        /// Which of the device's connections this is: its chance goes by it.
        std::int64_t count = 0;
    };
    Wire(World& world, Ends ends, std::uint64_t number);

    protocol::Encoding encoding() const { return ends_.encoding; }
    bool server_holds() const { return server_open_; }
    /// Both ends hold it, and what one sends reaches the other.
    bool carries() const {
        return server_open_ && device_open_ && !dead() && !ends_.link.silent && !to_device_.lost_something &&
               !to_server_.lost_something;
    }

    /// Everything that was sent on it has been taken by the other end. What left while the way was slow comes
    /// as slowly as it left, however fast the way is now.
    bool quiet() const {
        return under_way_bytes_ == 0 && told_soon_ == 0 && to_server_.last_arrival <= world_.instant() &&
               held_back_.empty();
    }

    // The device's end.
    void connect();
    void send_to_server(std::string frame);
    void close_from_device();

    // The server's end.
    void send(server::Frame frame) override;
    /// What comes while it takes none waits in order with the systems in between.
    void take_frames(bool take) override;
    void close(CloseCode code, server::Frame last) override;

    // Faults.
    /// Both ends learn within moments that it is over; what was under way is lost.
    void cut();
    /// From here on nothing arrives on it any more, and nobody is told.
    void fall_silent() { silent_ = true; }
    /// The server's process ended; `politely`: its system tells the peer.
    void server_died(bool politely);
    /// The same on the device's side.
    void device_died(bool politely);
    /// The device takes what has waited for it, after `Link::reads` came back.
    void read_on();

  private:
    struct Parcel {
        std::string frame;
        std::optional<std::uint16_t> close_code;
    };
    /// One direction: what is sent arrives in order. While the way is silent it waits, and what comes behind
    /// waits too.
    using Waiting = std::deque<World::Event>;
    struct Way {
        Instant last_arrival;
        /// Held by the world's next attempt, since what waits holds this wire.
        std::weak_ptr<Waiting> waiting;
        Duration retry;
        /// What came behind is lost as well.
        bool lost_something = false;
    };

    /// Whatever is sent on it is lost for good.
    bool dead() const { return silent_ || !ends_.link.up; }
    /// Whether what comes to the end of this way now is lost.
    bool loses(Way& way);
    void carry(Way& way, std::size_t bytes, World::Event arrived);
    void retry(Way& way, std::shared_ptr<Waiting> waiting);
    void refuse();
    void tell_device(std::optional<std::uint16_t> code);
    void tell_server();
    void reach_server(std::string frame);
    void hand_over();
    void take(Parcel parcel);
    void parcel_read(const Parcel& parcel);
    void written();

    World& world_;
    Ends ends_;
    Random random_;
    bool device_open_ = false;
    bool server_open_ = false;
    bool connected_ = false;
    bool silent_ = false;
    Way to_device_;
    Way to_server_;
    std::deque<Parcel> unread_;
    /// What has come while the server took no frames, and whether the device's end of it came behind.
    std::deque<std::string> held_back_;
    bool server_takes_ = true;
    bool end_held_back_ = false;
    std::size_t under_way_bytes_ = 0;
    bool write_waits_ = false;
    /// The server is about to hear that there is room for more, of which it may have some.
    int told_soon_ = 0;
};

}  // namespace parley::sim
