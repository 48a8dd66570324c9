#include "sim/wire.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

/// What the systems between two processes hold before a write has to wait.
constexpr std::size_t kSocketBytes = 16 * 1024;
constexpr Duration kConnectTimeout = seconds(10);

std::string joined(const server::Frame& frame) {
    std::string bytes;
    bytes.reserve(frame.bytes);
    for (const auto& piece : frame.pieces)
        bytes += *piece;
    return bytes;
}

}  // namespace

Wire::Wire(World& world, Ends ends, std::uint64_t number)
    : world_(world),
      ends_(std::move(ends)),
      number_(number),
      random_(world.random().fork("wire " + std::to_string(number))) {}

Instant Wire::arrival(Instant& last_arrival) {
    last_arrival = std::max(last_arrival, world_.instant() + ends_.link.delay(random_));
    return last_arrival;
}

void Wire::connect() {
    device_open_ = true;
    if (!ends_.link.up)
        return world_.after(milliseconds(5), [self = shared_from_this()] { self->tell_device({}); });
    world_.at(arrival(last_to_server_), nullptr, [self = shared_from_this()] {
        if (!self->device_open_) return;
        if (self->silent()) {
            return self->world_.after(kConnectTimeout, [self] { self->tell_device({}); });
        }
        if (!self->ends_.server.listening()) {
            return self->world_.after(self->ends_.link.delay(self->random_),
                                      [self] { self->tell_device({}); });
        }
        self->server_open_ = true;
        self->world_.at(self->arrival(self->last_to_device_), self->ends_.device_life, [self] {
            if (self->device_open_ && !self->silent()) self->ends_.device.wire_connected();
        });
        self->ends_.server.accept(self);
    });
}

void Wire::send_to_server(std::string frame) {
    world_.at(arrival(last_to_server_), nullptr, [self = shared_from_this(), bytes = std::move(frame)] {
        if (self->silent()) return;
        if (self->server_open_) return self->ends_.server.frame_arrived(*self, bytes);
        // Nobody holds this connection over there: its system says so.
        if (self->device_open_ && self->ends_.server.listening()) {
            self->world_.after(self->ends_.link.delay(self->random_), [self] { self->tell_device({}); });
        }
    });
}

void Wire::close_from_device() {
    device_open_ = false;
    world_.at(arrival(last_to_server_), nullptr, [self = shared_from_this()] {
        if (!self->silent()) self->tell_server();
    });
}

void Wire::send(server::Frame frame) {
    std::string bytes = joined(frame);
    ends_.server.frame_said(*this, bytes);
    under_way_bytes_ += bytes.size();
    write_waits_ = true;
    if (under_way_bytes_ < kSocketBytes) written();
    world_.at(arrival(last_to_device_), nullptr,
              [self = shared_from_this(), parcel = Parcel{std::move(bytes), {}}] { self->take(parcel); });
}

void Wire::close(CloseCode code, server::Frame last) {
    server_open_ = false;
    std::string bytes = joined(last);
    if (!bytes.empty()) ends_.server.frame_said(*this, bytes);
    world_.at(arrival(last_to_device_), nullptr,
              [self = shared_from_this(),
               parcel = Parcel{std::move(bytes), static_cast<std::uint16_t>(code)}] { self->take(parcel); });
}

void Wire::written() {
    write_waits_ = false;
    world_.after(milliseconds(random_.between(0, 1)), [self = shared_from_this()] {
        if (self->server_open_) self->ends_.server.frame_written(*self);
    });
}

void Wire::take(Parcel parcel) {
    if (silent() || !device_open_) return;
    if (!ends_.link.reads || !unread_.empty()) return unread_.push_back(std::move(parcel));
    parcel_read(parcel);
}

void Wire::parcel_read(const Parcel& parcel) {
    under_way_bytes_ -= std::min(under_way_bytes_, parcel.frame.size());
    if (write_waits_ && under_way_bytes_ < kSocketBytes) written();
    if (ends_.device_life->over() || !device_open_) return;
    if (!parcel.frame.empty()) ends_.device.wire_frame(parcel.frame);
    if (parcel.close_code) tell_device(parcel.close_code);
}

void Wire::read_on() {
    while (!unread_.empty() && ends_.link.reads) {
        const Parcel parcel = std::move(unread_.front());
        unread_.pop_front();
        parcel_read(parcel);
    }
}

void Wire::tell_device(std::optional<std::uint16_t> code) {
    if (!device_open_) return;
    device_open_ = false;
    if (!ends_.device_life->over()) ends_.device.wire_disconnected(code);
}

void Wire::tell_server() {
    if (!server_open_) return;
    server_open_ = false;
    ends_.server.peer_gone(*this);
}

void Wire::cut() {
    silent_ = true;
    const auto moment = [this] {
        return milliseconds(random_.between(0, 300));
    };
    world_.after(moment(), [self = shared_from_this()] { self->tell_device({}); });
    world_.after(moment(), [self = shared_from_this()] { self->tell_server(); });
}

void Wire::server_died(bool politely) {
    server_open_ = false;
    if (!politely) return;
    world_.at(arrival(last_to_device_), nullptr, [self = shared_from_this()] {
        if (!self->silent()) self->tell_device({});
    });
}

void Wire::device_died(bool politely) {
    device_open_ = false;
    if (!politely) return;
    world_.at(arrival(last_to_server_), nullptr, [self = shared_from_this()] {
        if (!self->silent()) self->tell_server();
    });
}

}  // namespace parley::sim
