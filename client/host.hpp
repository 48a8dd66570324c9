#pragma once

#include "client/net/loop.hpp"
#include "client/net/transport.hpp"
#include "client/pending_actions.hpp"
#include "client/platform.hpp"
#include "client/recording_file.hpp"
#include "client/sqlite_database.hpp"
#include "core/client.hpp"
#include "core/recorder/flight_recorder.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parley::client {

struct HostOptions {
    /// ":memory:" keeps nothing.
    std::string database_file;
    Durability durability = Durability::on_sync;
    ServerAddress server;
    std::string ca_file;
    core::ClientOptions core;
    /// Where the flight recorder keeps what happens; empty: nothing is recorded. Where that file cannot be
    /// had, nothing is recorded either.
    std::string recording_file;
};

/// Drives one core: what its actions ask for is done with real sockets, timers and a file, and what happens
/// there is handed back. Inputs that come close together share one sync of the disk; actions are carried out
/// after it, so that nothing leaves this machine that a power loss could take back. One thread.
class Host final : private TransportEvents {
  public:
    using Told = std::function<void(const core::Notice&)>;

    /// `loop` outlives the host; `told` must not call back into it.
    static Result<std::unique_ptr<Host>> open(Loop& loop, HostOptions options, Told told);
    ~Host() override = default;

    /// Whoever calls a command of it calls `drive` afterwards.
    core::Client& client() { return *client_; }

    /// Syncs what was committed and carries out what the core asks for.
    void drive();

    /// Opens another core in place of the present one and lets it connect, as after a restart. Where none can
    /// be opened, the present one goes on, with its connection. To be called where nothing is under way; the
    /// host does so itself where what is recorded of this life will soon have no room.
    Status begin_new_life();

    /// Nothing waits to leave this machine.
    bool quiet() const {
        return transport_->bytes_queued() == 0 && !transport_->closing() && !transport_->calling();
    }
    /// A call to the server, as that which signs out, has no answer yet.
    bool calling() const { return transport_->calling(); }

    /// Why the server could not be reached, for people; empty while it can.
    const std::string& problem() const { return problem_; }
    /// The disk refused what was written; the core's state may not be used any more.
    bool broken() const { return broken_; }

  private:
    Host(Loop& loop, HostOptions options, Told told);

    Status open_core();
    void fail_with(const std::string& problem);

    void socket_connected() override;
    void socket_frame(std::string_view frame) override;
    void socket_disconnected(std::optional<std::uint16_t> code, std::string reason) override;

    void carry_out(core::Action action);
    void call(core::CallHttp call);

    HostOptions options_;
    Told told_;
    SystemPrimitives primitives_;
    std::unique_ptr<SqliteDatabase> database_;
    std::unique_ptr<RecordingFile> recording_;
    std::unique_ptr<core::FlightRecorder> recorder_;
    /// What of the recording was used when the core had been opened.
    std::size_t recording_opened_at_ = 0;
    std::unique_ptr<core::Client> client_;
    std::unique_ptr<Transport> transport_;
    Timer core_timer_;
    Timer drive_timer_;
    PendingActions actions_;
    int frames_since_drive_ = 0;
    bool broken_ = false;
    std::string problem_;
};

}  // namespace parley::client
