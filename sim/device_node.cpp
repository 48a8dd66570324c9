#include "sim/device_node.hpp"

#include "client/sqlite_database.hpp"

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace parley::sim {

namespace {

/// Frames that come close together share one sync, as in the native host.
constexpr Duration kSyncDelay = milliseconds(2);
constexpr Duration kHttpTimeout = seconds(30);

class SeededPrimitives final : public core::Primitives {
  public:
    explicit SeededPrimitives(Random random) : random_(random) {}
    void random(std::span<std::uint8_t> bytes) override { random_.fill(bytes); }

  private:
    Random random_;
};

}  // namespace

DeviceNode::DeviceNode(World& world, ServerNode& server, std::string name, core::ClientOptions options,
                       Heard heard)
    : world_(world),
      server_(server),
      name_(std::move(name)),
      options_(std::move(options)),
      heard_(std::move(heard)),
      random_(world.random().fork(name_)),
      disk_(name_, random_.fork("disk")),
      life_(std::make_shared<Life>()) {
    life_->end();
}

DeviceNode::~DeviceNode() {
    if (process_) process_->kill();
    world_.end(*life_);
}

Now DeviceNode::now() const {
    return {world_.instant(), world_.wall() + clock_error_};
}

bool DeviceNode::start() {
    assert(process_ == nullptr);
    ++starts_;
    world_.note(name_, "start");
    life_ = std::make_shared<Life>();
    process_ = disk_.start();
    process_->on_death([this] { die(power_lost_); });
    primitives_ = std::make_unique<SeededPrimitives>(random_.fork("life " + std::to_string(starts_)));
    auto database =
        client::SqliteDatabase::open("local.db", client::Durability::on_sync, process_->vfs_name());
    if (database && !life_->over()) {
        database_ = std::move(*database);
        open_core();
    }
    if (!client_) {
        if (!life_->over()) die(false);
        return false;
    }
    client_->connect(now());
    drive();
    return up();
}

void DeviceNode::open_core() {
    core::ClientOptions options = options_;
    core::Database* database = database_.get();
    core::Primitives* primitives = primitives_.get();
    if (record_to_ != nullptr) {
        recorder_ = std::make_unique<core::FlightRecorder>(*record_to_, *database, *primitives);
        options.recorder = recorder_.get();
        database = &recorder_->database();
        primitives = &recorder_->primitives();
    }
    auto client = core::Client::open(std::move(options), *database, *primitives, now());
    if (client && !life_->over()) client_ = std::move(*client);
}

void DeviceNode::die(bool power_lost) {
    if (!process_ || life_->over()) return;
    world_.note(name_, power_lost ? "power lost" : "killed", std::to_string(disk_.counts().failed_syncs));
    power_lost_ = power_lost;
    life_->end();
    process_->kill();
    if (wire_) wire_->device_died(!power_lost);
    // Its own code may be running right now, so what it leaves is cleared away after it.
    world_.after({}, [this] { bury(); });
}

void DeviceNode::die_at(std::int64_t disk_operation, bool power_lost) {
    if (!up()) return;
    power_lost_ = power_lost;
    process_->kill_at(disk_operation);
}

void DeviceNode::bury() {
    world_.end(*life_);
    client_.reset();
    recorder_.reset();
    database_.reset();
    primitives_.reset();
    process_.reset();
    actions_.clear();
    wire_.reset();
    drive_due_ = false;
    if (power_lost_) disk_.lose_power();
    power_lost_ = false;
}

void DeviceNode::act(const std::function<void(core::Client&)>& what) {
    if (!up()) return;
    what(*client_);
    drive();
}

void DeviceNode::drive() {
    // A notice may lead to another act; its actions wait their turn in the one list.
    if (driving_ || !up()) return;
    driving_ = true;
    drive_due_ = false;
    do {
        collect();
        const auto synced = database_->sync();
        if (!synced && !life_->over()) die(false);
        while (!actions_.empty() && !life_->over()) {
            core::Action action = std::move(actions_.front());
            actions_.pop_front();
            carry_out(std::move(action));
        }
    } while (!life_->over() && (collect() || !actions_.empty()));
    driving_ = false;
}

bool DeviceNode::collect() {
    bool changes_connection = false;
    while (auto action = client_->poll_action()) {
        changes_connection |= std::holds_alternative<core::OpenSocket>(*action) ||
                              std::holds_alternative<core::CloseSocket>(*action);
        actions_.push_back(std::move(*action));
    }
    return changes_connection;
}

void DeviceNode::carry_out(core::Action action) {
    std::visit(
        [this](auto&& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, core::OpenSocket>) {
                open_socket();
            } else if constexpr (std::is_same_v<What, core::SendFrame>) {
                if (wire_) wire_->send_to_server(std::move(what.bytes));
            } else if constexpr (std::is_same_v<What, core::CloseSocket>) {
                if (wire_) wire_->close_from_device();
                wire_.reset();
            } else if constexpr (std::is_same_v<What, core::CallHttp>) {
                call(std::move(what));
            } else if constexpr (std::is_same_v<What, core::ArmTimer>) {
                arm(what.at);
            } else {
                heard_(what);
            }
        },
        std::move(action));
}

void DeviceNode::open_socket() {
    if (wire_) wire_->close_from_device();
    wire_ = std::make_shared<Wire>(world_,
                                   Wire::Ends{.server = server_,
                                              .device = *this,
                                              .device_life = life_,
                                              .link = link_,
                                              .device_name = name_,
                                              .encoding = options_.encoding},
                                   world_.next_number());
    wire_->connect();
}

void DeviceNode::call(core::CallHttp call) {
    world_.note(name_, "call", call.method + " " + call.path);
    server::HttpRequest request{.method = std::move(call.method),
                                .target = std::move(call.path),
                                .authorization = call.bearer.empty() ? "" : "Bearer " + call.bearer,
                                .idempotency_key = {},
                                .content_type = call.body.empty() ? "" : "application/json",
                                .body = std::move(call.body),
                                .remote = "192.0.2.1"};
    const auto answered = std::make_shared<bool>(false);  // by the answer, and by the time-out
    const auto answer = [this, number = call.call, answered](int status, const std::string& body) {
        if (std::exchange(*answered, true)) return;
        world_.note(name_, "answer", std::to_string(status));
        client_->handle_http_response(number, status, body, now());
        drive();
    };
    const Duration timeout = link_.up ? kHttpTimeout : milliseconds(5);
    world_.after(timeout, life_, [answer] { answer(0, {}); });
    if (!link_.up || link_.silent) return;
    const SharedLife life = life_;
    world_.after(link_.delay(random_), [this, life, answer, request = std::move(request)]() mutable {
        const auto back = [this, life, answer](std::optional<server::HttpResponse> response) {
            if (link_.silent || !link_.up) return;
            const int status = response ? response->status : 0;
            world_.after(link_.delay(random_), life,
                         [answer, status, body = response ? response->body : ""] { answer(status, body); });
        };
        if (!server_.listening()) return back(std::nullopt);
        server_.call(std::move(request), back);
    });
}

void DeviceNode::arm(std::optional<Instant> at) {
    const std::uint64_t number = ++armed_;
    if (!at) return;
    world_.at(*at, life_, [this, number] {
        if (number != armed_) return;
        client_->handle_timer(now());
        drive();
    });
}

void DeviceNode::cut(bool silently) {
    if (!wire_) return;
    if (silently) {
        wire_->fall_silent();
    } else {
        wire_->cut();
    }
}

void DeviceNode::read_on() {
    if (wire_) wire_->read_on();
}

void DeviceNode::tell_network(bool network_up) {
    if (!up()) return;
    client_->handle_network(network_up, now());
    drive();
}

void DeviceNode::wire_connected() {
    client_->handle_connected(now());
    drive();
}

void DeviceNode::wire_frame(std::string_view frame) {
    world_.note(name_, "frame", frame);
    client_->handle_frame(frame, now());
    // After a command to close or open, what this connection still brings is not for the core any more.
    if (collect()) return drive();
    if (drive_due_) return;
    drive_due_ = true;
    world_.after(milliseconds(random_.between(0, kSyncDelay.ms)), life_, [this] { drive(); });
}

void DeviceNode::wire_disconnected(std::optional<std::uint16_t> code) {
    wire_.reset();
    world_.note(name_, "disconnected", std::to_string(code.value_or(0)));
    client_->handle_disconnected(code, now());
    drive();
}

}  // namespace parley::sim
