#include "sim/wire.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

/// What the systems between two processes hold before a write has to wait.
constexpr std::size_t socket_bytes = 16 * 1024;
constexpr Duration connect_timeout = seconds(10);
/// How long a system waits for a confirmation before it sends again.
constexpr Duration retry_min = milliseconds(200);
constexpr Duration retry_max = seconds(8);

std::string joined(const server::Frame& frame) {
    std::string bytes;
    bytes.reserve(frame.bytes);
    for (const auto& piece : frame.pieces)
        bytes += *piece;
    return bytes;
}

}  // namespace

Wire::Wire(World& world, Ends ends, std::uint64_t number)
    : Line(ends.device_name, number),
      world_(world),
      ends_(std::move(ends)),
      random_(world.fork("wire " + device_name() + " " + std::to_string(ends_.count))) {}

void Wire::carry(Way& way, std::size_t bytes, World::Event arrived) {
    const Duration transfer = ends_.link.transfer(bytes, random_);
    const Instant earliest = std::max(way.last_arrival, world_.instant() + ends_.link.delay(random_));
    way.last_arrival = earliest + transfer;
    world_.at(way.last_arrival, nullptr,
              [self = shared_from_this(), &way, arrived = std::move(arrived)]() mutable {
                  if (self->loses(way)) return;
                  auto waiting = way.waiting.lock();
                  if (waiting) return waiting->push_back(std::move(arrived));
                  if (!self->ends_.link.silent) return arrived();
                  waiting = std::make_shared<Waiting>();
                  waiting->push_back(std::move(arrived));
                  way.waiting = waiting;
                  way.retry = retry_min;
                  self->retry(way, std::move(waiting));
              });
}

bool Wire::loses(Way& way) {
    if (dead()) return true;
    const bool open = &way == &to_device_ ? ends_.link.answers : ends_.link.questions;
    way.lost_something = way.lost_something || !open;
    return way.lost_something;
}

/// The systems send again what was not confirmed, at longer and longer intervals.
void Wire::retry(Way& way, std::shared_ptr<Waiting> waiting) {
    world_.after(way.retry, [self = shared_from_this(), &way, waiting = std::move(waiting)]() mutable {
        way.retry = std::min(way.retry * 2, retry_max);
        if (!self->dead() && self->ends_.link.silent) return self->retry(way, std::move(waiting));
        while (!waiting->empty()) {
            World::Event arrived = std::move(waiting->front());
            waiting->pop_front();
            if (!self->loses(way)) arrived();
        }
    });
}

void Wire::connect() {
    device_open_ = true;
    if (!ends_.link.up)
        return world_.after(milliseconds(5), [self = shared_from_this()] { self->tell_device({}); });
    world_.after(connect_timeout, [self = shared_from_this()] {
        if (!self->connected_) self->tell_device({});
    });
    carry(to_server_, 0, [self = shared_from_this()] {
        // Where nothing gets back no connection comes about.
        if (!self->device_open_ || self->ends_.device_life->over() || !self->ends_.link.answers) return;
        if (!self->ends_.server.listening()) return self->refuse();
        self->server_open_ = true;
        self->carry(self->to_device_, 0, [self] {
            self->connected_ = true;
            if (self->device_open_ && !self->ends_.device_life->over()) self->ends_.device.wire_connected();
        });
        self->ends_.server.accept(self);
    });
}

/// Nobody holds this connection over there: the system says so.
void Wire::refuse() {
    carry(to_device_, 0, [self = shared_from_this()] { self->tell_device({}); });
}

void Wire::send_to_server(std::string frame) {
    ends_.server.frame_leaves(*this, frame);
    const std::size_t size = frame.size();
    carry(to_server_, size, [self = shared_from_this(), bytes = std::move(frame)]() mutable {
        if (self->server_open_) return self->reach_server(std::move(bytes));
        if (self->device_open_ && self->ends_.server.listening()) self->refuse();
    });
}

void Wire::reach_server(std::string frame) {
    if (server_takes_ && held_back_.empty()) return ends_.server.frame_arrived(*this, frame);
    held_back_.push_back(std::move(frame));
}

void Wire::take_frames(bool take) {
    server_takes_ = take;
    // The server is in the middle of something right now.
    if (take) world_.after({}, [self = shared_from_this()] { self->hand_over(); });
}

void Wire::hand_over() {
    while (server_open_ && server_takes_ && !held_back_.empty()) {
        const std::string frame = std::move(held_back_.front());
        held_back_.pop_front();
        ends_.server.frame_arrived(*this, frame);
    }
    if (end_held_back_ && held_back_.empty()) tell_server();
}

void Wire::close_from_device() {
    device_open_ = false;
    carry(to_server_, 0, [self = shared_from_this()] {
        // Behind what was sent before: who does not take that does not see the end.
        if (self->server_takes_ && self->held_back_.empty()) return self->tell_server();
        self->end_held_back_ = true;
    });
}

void Wire::send(server::Frame frame) {
    std::string bytes = joined(frame);
    ends_.server.frame_said(*this, bytes);
    under_way_bytes_ += bytes.size();
    write_waits_ = true;
    if (under_way_bytes_ < socket_bytes) {
        written();
    } else {
        has_room(std::nullopt);
    }
    const std::size_t size = bytes.size();
    carry(to_device_, size,
          [self = shared_from_this(), parcel = Parcel{std::move(bytes), {}}] { self->take(parcel); });
}

void Wire::close(CloseCode code, server::Frame last) {
    server_open_ = false;
    held_back_.clear();
    std::string bytes = joined(last);
    if (!bytes.empty()) ends_.server.frame_said(*this, bytes);
    const std::size_t size = bytes.size();
    carry(to_device_, size,
          [self = shared_from_this(), parcel = Parcel{std::move(bytes), static_cast<std::uint16_t>(code)}] {
              self->take(parcel);
          });
}

void Wire::written() {
    write_waits_ = false;
    ++told_soon_;
    world_.after(milliseconds(random_.between(0, 1)), [self = shared_from_this()] {
        --self->told_soon_;
        if (self->server_open_) self->ends_.server.frame_written(*self);
    });
}

void Wire::take(Parcel parcel) {
    if (!device_open_) return;
    if (!ends_.link.reads || !unread_.empty()) return unread_.push_back(std::move(parcel));
    parcel_read(parcel);
}

void Wire::parcel_read(const Parcel& parcel) {
    under_way_bytes_ -= std::min(under_way_bytes_, parcel.frame.size());
    if (write_waits_ && under_way_bytes_ < socket_bytes) {
        has_room(world_.instant());
        written();
    }
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
    held_back_.clear();
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
    held_back_.clear();
    if (!politely) return;
    carry(to_device_, 0, [self = shared_from_this()] { self->tell_device({}); });
}

void Wire::device_died(bool politely) {
    device_open_ = false;
    if (!politely) return;
    carry(to_server_, 0, [self = shared_from_this()] { self->tell_server(); });
}

}  // namespace parley::sim
