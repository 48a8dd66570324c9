#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace parley::test {
namespace {

using core::Connection;

constexpr int time_max_s = 900;

bool ended(core::Client& core) {
    return core.connection() == Connection::broken || core.connection() == Connection::lease_lost;
}

}  // namespace

// Device.

Device::Device(World& world, std::string handle, core::ClientOptions options, std::uint64_t seed)
    : world_(world),
      handle_(std::move(handle)),
      options_(std::move(options)),
      seed_(seed),
      primitives_(seed) {
    options_.encoding = world_.encoding_;
    if (auto* sink = std::exchange(world_.record_next_, nullptr)) {
        recorder_ = std::make_unique<core::FlightRecorder>(*sink, database_, primitives_);
        options_.recorder = recorder_.get();
    }
    heal();
}

/// Opens the core where there is none, or where it has ended.
void Device::heal() {
    for (int tries = 0; !core_ || ended(*core_); ++tries) {
        ASSERT_LT(tries, 5);
        const bool was_there = core_ != nullptr;
        core_.reset();
        lose_connection();
        answers_.clear();
        database_.crash();
        if (world_.fault_.kind == Fault::Kind::database) database_.fail_at(world_.fault_.step);
        if (world_.fault_.kind == Fault::Kind::commit) database_.lie_at_commit(world_.fault_.step);
        core::Database& database = recorder_ ? recorder_->database() : database_;
        core::Primitives& primitives = recorder_ ? recorder_->primitives() : primitives_;
        auto opened = core::Client::open(options_, database, primitives, world_.now_);
        if (!opened) continue;
        core_ = std::move(*opened);
        if (was_there || tries > 0) core_->connect(world_.now_);
    }
}

void Device::restart() {
    core_.reset();
    heal();
}

void Device::lose_connection() {
    if (connection_) world_.server.disconnect(*connection_);
    connection_.reset();
    opening_ = false;
    half_open_ = false;
}

void Device::sign_in() {
    if (world_.server.account_named(handle_).empty()) world_.server.add_account(handle_);
    for (int tries = 0; tries < 5 && core_->connection() == Connection::signed_out; ++tries) {
        core_->sign_in({handle_, "password of " + handle_, "test"}, world_.now_);
        world_.run();
        heal();
    }
    ASSERT_TRUE(core_->account()) << handle_ << " is not signed in";
}

void Device::register_account() {
    for (int tries = 0; tries < 5 && core_->connection() == Connection::signed_out; ++tries) {
        // Where the answer was lost, the account is there.
        if (!world_.server.account_named(handle_).empty()) return sign_in();
        core_->register_account(
            {.handle = handle_, .name = handle_, .password = "password of " + handle_, .device_name = "test"},
            world_.now_);
        world_.run();
        heal();
    }
    ASSERT_TRUE(core_->account()) << handle_ << " has no account";
}

void Device::sign_out() {
    for (int tries = 0; tries < 5 && core_->account(); ++tries) {
        core_->sign_out(world_.now_);
        world_.run();
    }
    ASSERT_FALSE(core_->account()) << handle_ << " is still signed in";
}

void Device::connect() {
    network_ = true;
    core_->handle_network(true, world_.now_);
    core_->connect(world_.now_);
    heal();
    world_.run();
}

void Device::go_offline() {
    network_ = false;
    const bool open = connection_ || opening_;
    lose_connection();
    if (open) core_->handle_disconnected(std::nullopt, world_.now_);
    world_.run();
}

Uuid Device::submit(const protocol::Payload& command) {
    // Version and variant take some bits of the first and the third byte.
    std::array<std::uint8_t, 10> bytes{};
    const std::uint64_t number = ++ids_;
    bytes[3] = static_cast<std::uint8_t>(seed_);
    for (std::size_t i = 0; i < 4; ++i)
        bytes[4 + i] = static_cast<std::uint8_t>(number >> (8 * i));
    for (std::size_t i = 0; i < std::min<std::size_t>(handle_.size(), 2); ++i)
        bytes[8 + i] = static_cast<std::uint8_t>(handle_[i]);
    const Uuid id = Uuid::version7(WallTime{1'700'000'000'000}, bytes);
    for (int tries = 0; tries < 3; ++tries) {
        auto accepted = core_->submit(command, world_.now_, id);
        if (accepted) break;
        EXPECT_TRUE(ended(*core_)) << accepted.error().context;
        heal();
    }
    world_.run();
    return id;
}

Uuid Device::send(const protocol::Target& target, const std::string& text) {
    return submit(protocol::MessageSend{target, text, std::nullopt, {}});
}

void Device::read(const StreamId& stream, std::int64_t upto) {
    submit(protocol::Read{to_stream(stream), upto});
}

bool Device::drain() {
    bool any = false;
    while (auto action = core_->poll_action()) {
        any = true;
        carry_out(*action);
    }
    return any;
}

void Device::carry_out(const core::Action& action) {
    if (std::holds_alternative<core::OpenSocket>(action)) {
        lose_connection();
        opening_ = true;
    }
    if (std::holds_alternative<core::CloseSocket>(action)) lose_connection();
    if (const auto* frame = std::get_if<core::SendFrame>(&action)) {
        if (!connection_) return;
        auto decoded = protocol::decode_frame(frame->bytes, world_.encoding_);
        ASSERT_TRUE(decoded);
        for (auto& one : *decoded) {
            ASSERT_TRUE(std::holds_alternative<protocol::Envelope>(one));
            sent_.push_back(std::get<protocol::Envelope>(one));
        }
        if (!half_open_) world_.server.receive(*connection_, frame->bytes);
    }
    if (const auto* call = std::get_if<core::CallHttp>(&action))
        answers_.emplace_back(call->call, network_ ? world_.server.call(*call) : SmallServer::Answer{});
    if (const auto* arm = std::get_if<core::ArmTimer>(&action)) timer_ = arm->at;
    if (const auto* notice = std::get_if<core::Notice>(&action)) notices_.push_back(*notice);
}

bool Device::step_fails() {
    using Kind = Fault::Kind;
    const Fault& fault = world_.fault_;
    const bool counts = fault.kind != Kind::database && fault.kind != Kind::commit;
    return ++world_.steps_ == fault.step && counts && fault.kind != Kind::none;
}

/// The process ends, and starts again.
void Device::die() {
    core_.reset();
    heal();
    core_->connect(world_.now_);
}

/// Hands over one thing that is on its way to the core.
bool Device::deliver() {
    if (opening_) {
        opening_ = false;
        const bool fails = step_fails();
        const bool dies = fails && world_.fault_.kind == Fault::Kind::kill;
        if (fails && world_.fault_.kind == Fault::Kind::timeout) return true;
        if ((fails && !dies) || !network_) {
            core_->handle_disconnected(std::nullopt, world_.now_);
            return true;
        }
        connection_ = world_.server.connect();
        core_->handle_connected(world_.now_);
        if (dies) die();
        return true;
    }
    if (!answers_.empty()) {
        take_answer();
        return true;
    }
    SmallServer::Session* session = connection_ ? world_.server.session(*connection_) : nullptr;
    if (!session || half_open_) return false;
    if (!session->frames.empty()) {
        take_frame();
        return true;
    }
    if (!session->close_code) return false;
    const auto code = session->close_code;
    lose_connection();
    core_->handle_disconnected(code, world_.now_);
    return true;
}

void Device::take_answer() {
    auto [call, answer] = answers_.front();
    answers_.pop_front();
    const bool fails = step_fails();
    const bool dies = fails && world_.fault_.kind == Fault::Kind::kill;
    // The server has done it, and the answer gets lost.
    if (fails && !dies) answer = {};
    core_->handle_http_response(call, answer.status, answer.body, world_.now_);
    if (dies) die();
}

void Device::take_frame() {
    SmallServer::Session* session = world_.server.session(*connection_);
    const std::string frame = std::move(session->frames.front());
    session->frames.pop_front();
    const bool fails = step_fails();
    if (fails && world_.fault_.kind == Fault::Kind::timeout) {
        half_open_ = true;
    } else if (fails && world_.fault_.kind == Fault::Kind::disconnect) {
        lose_connection();
        core_->handle_disconnected(std::nullopt, world_.now_);
    } else {
        core_->handle_frame(frame, world_.now_);
        if (fails) die();
    }
}

// World.

Device& World::device(const std::string& handle, core::ClientOptions options) {
    devices_.push_back(std::make_unique<Device>(*this, handle, std::move(options), 7 + devices_.size()));
    Device& device = *devices_.back();
    device.sign_in();
    device.connect();
    return device;
}

Device& World::newcomer(const std::string& handle) {
    devices_.push_back(std::make_unique<Device>(*this, handle, core::ClientOptions{}, 7 + devices_.size()));
    Device& device = *devices_.back();
    device.register_account();
    device.connect();
    return device;
}

void World::run() {
    for (bool any = true; any;) {
        any = false;
        for (auto& device : devices_) {
            device->heal();
            any = device->drain() || any;
            any = device->deliver() || any;
            if (ended(*device->core_)) any = true;
            if (auto wrong = device->core_->check()) FAIL() << *wrong;
        }
    }
}

void World::advance(Duration duration) {
    const Instant end = now_.instant + duration;
    run();
    while (true) {
        std::optional<Instant> next;
        for (auto& device : devices_)
            if (device->timer_ && (!next || *device->timer_ < *next)) next = device->timer_;
        if (!next || *next > end) break;
        const Duration step = std::max(*next - now_.instant, Duration{0});
        now_ = {now_.instant + step, now_.wall + step};
        for (auto& device : devices_) {
            if (!device->timer_ || *device->timer_ > now_.instant) continue;
            device->timer_.reset();
            device->core_->handle_timer(now_);
        }
        run();
    }
    const Duration rest = end - now_.instant;
    now_ = {now_.instant + rest, now_.wall + rest};
}

void World::settle() {
    run();
    int quiet_s = 0;
    for (int second = 0; second < time_max_s; ++second) {
        const bool idle = std::ranges::all_of(devices_, [](const auto& device) {
            return !device->network_ || (device->core_->idle() && !device->half_open_) ||
                   device->core_->connection() == Connection::revoked ||
                   device->core_->connection() == Connection::signed_out;
        });
        // Acks go out at most once a second, and receipts follow from them.
        quiet_s = idle ? quiet_s + 1 : 0;
        if (quiet_s > 3) return;
        advance(seconds(1));
    }
    std::string pictures;
    for (auto& device : devices_)
        pictures += device->picture();
    FAIL() << "not settled:\n" << pictures;
}

protocol::Target to_stream(const StreamId& stream) {
    return {.stream = stream};
}
protocol::Target to_peer(const AccountId& peer) {
    return {.direct = peer};
}
protocol::Target to_made_by(const Uuid& command) {
    return {.made_by = command};
}

}  // namespace parley::test
