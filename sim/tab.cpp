#include "sim/tab.hpp"

#include "client/sqlite_database.hpp"

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace parley::sim {

namespace {

/// Frames that come close together share one sync, as in the native host.
constexpr Duration sync_delay = milliseconds(2);
constexpr Duration http_timeout = seconds(30);

class SeededPrimitives final : public core::Primitives {
  public:
    explicit SeededPrimitives(Random random) : random_(random) {}
    void random(std::span<std::uint8_t> bytes) override { random_.fill(bytes); }

  private:
    Random random_;
};

}  // namespace

/// A recording holds one life after the other, so that of two tabs only the newer one is heard.
class Tab::Recording final : public core::RecordSink {
  public:
    explicit Recording(core::RecordSink& sink) : sink_(sink) {}
    void stop() { stopped_ = true; }
    std::int64_t begin_life() override { return sink_.begin_life(); }
    bool append(std::string_view line, bool last) override { return !stopped_ && sink_.append(line, last); }

  private:
    core::RecordSink& sink_;
    bool stopped_ = false;
};

Tab::Tab(Hardware& hardware, Told told, core::RecordSink* record_to)
    : hardware_(hardware), told_(std::move(told)), life_(std::make_shared<Life>()) {
    if (record_to != nullptr) recording_ = std::make_unique<Recording>(*record_to);
}

Tab::~Tab() {
    if (process_) process_->kill();
    world().end(*life_);
}

bool Tab::open() {
    assert(process_ == nullptr);
    ++hardware_.starts;
    process_ = hardware_.disk.start();
    process_->on_death([this] {
        die(power_lost_);
        told_.died(power_lost_);
    });
    const auto [operation, power_lost] = std::exchange(hardware_.start_death, {});
    power_lost_ = power_lost;
    process_->kill_at(operation);
    const bool opened = open_files();
    process_->kill_at(0);
    power_lost_ = power_lost_ && life_->over();
    if (!opened) return false;
    client_->connect(now());
    drive();
    return up();
}

/// The database and the core on it.
bool Tab::open_files() {
    primitives_ =
        std::make_unique<SeededPrimitives>(hardware_.random.fork("life " + std::to_string(hardware_.starts)));
    auto database =
        client::SqliteDatabase::open("local.db", client::Durability::on_sync, process_->vfs_name());
    if (database && !life_->over()) {
        database_ = std::move(*database);
        held_ = std::make_unique<LocalReader>(*database_);
        open_core();
    }
    return client_ != nullptr;
}

void Tab::open_core() {
    core::ClientOptions options = hardware_.options;
    core::Database* database = database_.get();
    core::Primitives* primitives = primitives_.get();
    if (recording_) {
        recorder_ = std::make_unique<core::FlightRecorder>(*recording_, *database, *primitives);
        options.recorder = recorder_.get();
        database = &recorder_->database();
        primitives = &recorder_->primitives();
    }
    auto client = core::Client::open(std::move(options), *database, *primitives, now());
    if (client && !life_->over()) client_ = std::move(*client);
}

void Tab::die(bool power_lost) {
    if (life_->over()) return;
    life_->end();
    if (process_) process_->kill();
    if (wire_) wire_->device_died(!power_lost);
}

void Tab::die_at(std::int64_t disk_operation, bool power_lost) {
    if (!up()) return;
    power_lost_ = power_lost;
    process_->kill_at(disk_operation);
}

void Tab::die_behind(std::int64_t actions, bool power_lost) {
    if (!up()) return;
    power_lost_ = power_lost;
    actions_left_ = actions;
}

void Tab::live_on() {
    if (!up()) return;
    process_->kill_at(0);
    actions_left_.reset();
}

void Tab::stop_recording() {
    if (recording_) recording_->stop();
}

void Tab::act(const std::function<void(core::Client&)>& what) {
    if (!up()) return;
    what(*client_);
    drive();
}

void Tab::settle() {
    if (drive_due_) drive();
}

void Tab::drive() {
    // A notice may lead to another act; its actions wait their turn in the one list.
    if (driving_ || !up()) return;
    driving_ = true;
    drive_due_ = false;
    do {
        actions_.collect(*client_);
        const auto synced = database_->sync();
        if (!synced && !life_->over()) {
            die(false);
            told_.died(false);
        }
        while (!actions_.empty() && !life_->over()) {
            if (actions_left_ && --*actions_left_ < 0) {
                die(power_lost_);
                told_.died(power_lost_);
                break;
            }
            carry_out(actions_.take());
        }
    } while (!life_->over() && (actions_.collect(*client_) || !actions_.empty()));
    driving_ = false;
}

void Tab::carry_out(core::Action action) {
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
                told_.notice(what);
            }
        },
        std::move(action));
}

void Tab::open_socket() {
    if (wire_) wire_->close_from_device();
    wire_ = std::make_shared<Wire>(world(),
                                   Wire::Ends{.server = hardware_.server,
                                              .device = *this,
                                              .device_life = life_,
                                              .link = hardware_.link,
                                              .device_name = hardware_.name,
                                              .encoding = hardware_.options.encoding,
                                              .count = ++hardware_.connections},
                                   world().next_number());
    wire_->connect();
}

void Tab::call(core::CallHttp call) {
    world().note(hardware_.name, "call", call.method + " " + call.path + " " + call.body);
    server::HttpRequest request{.method = std::move(call.method),
                                .target = std::move(call.path),
                                .authorization = call.bearer.empty() ? "" : "Bearer " + call.bearer,
                                .idempotency_key = {},
                                .content_type = call.body.empty() ? "" : "application/json",
                                .body = std::move(call.body),
                                .remote = "192.0.2.1"};
    ask({.request = std::move(request),
         .arrived = {},
         .said = {},
         .answered = [this, number = call.call](int status, const std::string& body) {
             world().note(hardware_.name, "answer", std::to_string(status) + " " + body);
             client_->handle_http_response(number, status, body, now());
             drive();
         }});
}

void Tab::ask(HttpQuestion question) {
    const Link& link = hardware_.link;
    const auto call = std::make_shared<HttpQuestion>(std::move(question));
    calls_.push_back(call);
    fail_after(link.up ? http_timeout : milliseconds(5), call);
    if (!link.up || link.silent) return;
    const SharedLife life = life_;
    // The question and its answer outlive this program; they go by what the device is. What is cut meanwhile
    // is lost, in either direction.
    Hardware& hardware = hardware_;
    const auto whole = [&hardware, losses = hardware.losses] {
        return hardware.losses == losses;
    };
    call->request.abandoned = [&hardware, life, cuts = hardware.cuts] {
        return life->over() || hardware.cuts != cuts;
    };
    const std::size_t asked_bytes = call->request.target.size() + call->request.body.size();
    const Duration there = link.delay(hardware.random) + link.transfer(asked_bytes, hardware.random);
    world().after(there, [this, &hardware, life, call, whole] {
        if (!whole() || !hardware.link.questions) return;
        const auto back = [this, &hardware, life, call, whole](std::optional<server::HttpResponse> response) {
            if (response && call->said) call->said(*response);
            const Link& way = hardware.link;
            if (!whole() || way.silent || !way.up || !way.answers) return !call->request.abandoned();
            const int status = response ? response->status : 0;
            std::string body = response ? std::move(response->body) : "";
            const Duration home = way.delay(hardware.random) + way.transfer(body.size(), hardware.random);
            hardware.world.after(home, life, [this, call, whole, status, body = std::move(body)]() mutable {
                if (whole()) take_answer(call, status, std::move(body));
            });
            return true;
        };
        if (!hardware.server.listening()) return (void)back(std::nullopt);
        if (call->arrived) call->arrived();
        hardware.server.call(call->request, back);
    });
}

void Tab::fail_after(Duration delay, const std::weak_ptr<HttpQuestion>& call) {
    world().after(delay, life_, [this, call] {
        if (const auto waiting = call.lock()) end_call(waiting, 0, {});
    });
}

void Tab::take_answer(const SharedCall& call, int status, std::string body) {
    if (hardware_.link.reads) return end_call(call, status, body);
    unread_.push_back([this, call, status, body = std::move(body)] { end_call(call, status, body); });
}

void Tab::end_call(const SharedCall& call, int status, const std::string& body) {
    if (std::erase(calls_, call) > 0) call->answered(status, body);
}

void Tab::arm(std::optional<Instant> at) {
    const std::uint64_t number = ++armed_;
    if (!at) return;
    world().at(*at, life_, [this, number] {
        if (number != armed_) return;
        client_->handle_timer(now());
        drive();
    });
}

void Tab::cut(bool silently) {
    // Where nobody is told the time-out ends them.
    for (const SharedCall& call : calls_)
        if (!silently) fail_after(milliseconds(hardware_.random.between(0, 300)), call);
    if (!wire_) return;
    if (silently) {
        wire_->fall_silent();
    } else {
        wire_->cut();
    }
}

void Tab::read_on() {
    if (wire_) wire_->read_on();
    // What comes of one may be the end of this program.
    const SharedLife life = life_;
    for (const auto& take : std::exchange(unread_, {}))
        if (!life->over()) take();
}

void Tab::tell_network(bool network_up) {
    if (!up()) return;
    client_->handle_network(network_up, now());
    drive();
}

void Tab::wire_connected() {
    client_->handle_connected(now());
    drive();
}

void Tab::wire_frame(std::string_view frame) {
    world().note(hardware_.name, "frame", frame);
    client_->handle_frame(frame, now());
    if (actions_.collect(*client_)) return drive();
    if (drive_due_) return;
    drive_due_ = true;
    world().after(milliseconds(hardware_.random.between(0, sync_delay.ms)), life_, [this] { drive(); });
}

void Tab::wire_disconnected(std::optional<std::uint16_t> code) {
    wire_.reset();
    world().note(hardware_.name, "disconnected", std::to_string(code.value_or(0)));
    client_->handle_disconnected(code, now());
    drive();
}

}  // namespace parley::sim
