#include "client/host.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace parley::client {

namespace {

/// Frames that share one sync: at most so many, and none waits longer than this for the others.
constexpr int frames_per_sync_max = 64;
constexpr Duration sync_delay_max = milliseconds(2);

}  // namespace

Host::Host(Loop& loop, HostOptions options, Told told)
    : options_(std::move(options)), told_(std::move(told)), core_timer_(loop), drive_timer_(loop) {}

Result<std::unique_ptr<Host>> Host::open(Loop& loop, HostOptions options, Told told) {
    std::unique_ptr<Host> host(new Host(loop, options, std::move(told)));
    TRY_ASSIGN(host->database_, SqliteDatabase::open(options.database_file, options.durability));
    if (!options.recording_file.empty()) {
        if (auto recording = RecordingFile::open(options.recording_file)) {
            host->recording_ = std::move(*recording);
            host->recorder_ = std::make_unique<core::FlightRecorder>(host->recording_->ring(),
                                                                     *host->database_, host->primitives_);
            host->options_.core.recorder = host->recorder_.get();
        }
    }
    TRY(host->open_core());
    const TransportOptions transport{.server = options.server,
                                     .ca_file = options.ca_file,
                                     .encoding = options.core.encoding,
                                     .client_name = options.core.client_name};
    TRY_ASSIGN(host->transport_, Transport::create(loop, transport, *host));
    host->drive();
    return host;
}

Status Host::open_core() {
    core::Database& database = recorder_ ? recorder_->database() : static_cast<core::Database&>(*database_);
    core::Primitives& primitives =
        recorder_ ? recorder_->primitives() : static_cast<core::Primitives&>(primitives_);
    TRY_ASSIGN(client_, core::Client::open(options_.core, database, primitives, read_clocks()));
    if (recording_) recording_opened_at_ = recording_->ring().used();
    return {};
}

Status Host::begin_new_life() {
    // An opening that fails leaves database and lease as they were, so that the old core goes on.
    TRY(open_core());
    transport_->close(1000);
    core_timer_.disarm();
    client_->connect(read_clocks());
    drive();
    return {};
}

void Host::fail_with(const std::string& problem) {
    broken_ = true;
    problem_ = problem;
    actions_.clear();
    transport_->close(1000);
    told_(core::ConnectionChanged{core::Connection::broken});
}

void Host::drive() {
    drive_timer_.disarm();
    frames_since_drive_ = 0;
    actions_.collect(*client_);
    if (broken_) return;
    if (const auto synced = database_->sync(); !synced) return fail_with(synced.error().context);
    while (!actions_.empty())
        carry_out(actions_.take());
    if (recording_ && recording_->ring().life_grows_long(recording_opened_at_) && client_->idle() &&
        !transport_->calling()) {
        // A failure is in the recording, which ends with it.
        [[maybe_unused]] const Status begun = begin_new_life();
    }
}

void Host::carry_out(core::Action action) {
    std::visit(
        [this](auto&& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, core::OpenSocket>) {
                transport_->open();
            } else if constexpr (std::is_same_v<What, core::SendFrame>) {
                transport_->send(std::move(what.bytes));
            } else if constexpr (std::is_same_v<What, core::CloseSocket>) {
                transport_->close(what.code);
            } else if constexpr (std::is_same_v<What, core::CallHttp>) {
                call(std::move(what));
            } else if constexpr (std::is_same_v<What, core::ArmTimer>) {
                if (!what.at) return core_timer_.disarm();
                core_timer_.arm(*what.at, [this] {
                    client_->handle_timer(read_clocks());
                    drive();
                });
            } else {
                told_(what);
            }
        },
        std::move(action));
}

void Host::call(core::CallHttp call) {
    transport_->call({.method = std::move(call.method),
                      .path = std::move(call.path),
                      .body = std::move(call.body),
                      .bearer = std::move(call.bearer)},
                     [this, number = call.call](Transport::Answer answer) {
                         problem_ = answer.reason;
                         client_->handle_http_response(number, answer.status, answer.body, read_clocks());
                         drive();
                     });
}

void Host::socket_connected() {
    problem_.clear();
    client_->handle_connected(read_clocks());
    drive();
}

void Host::socket_frame(std::string_view frame) {
    client_->handle_frame(frame, read_clocks());
    const bool changes_connection = actions_.collect(*client_);
    if (++frames_since_drive_ >= frames_per_sync_max || changes_connection) return drive();
    if (frames_since_drive_ == 1) {
        drive_timer_.arm(read_clocks().instant + sync_delay_max, [this] { drive(); });
    }
}

void Host::socket_disconnected(std::optional<std::uint16_t> code, std::string reason) {
    problem_ = std::move(reason);
    client_->handle_disconnected(code, read_clocks());
    drive();
}

}  // namespace parley::client
