#pragma once

#include "core/ports/recorder.hpp"
#include "core/recorder/recording_ports.hpp"
#include "core/recorder/writer.hpp"

#include <optional>
#include <string>

namespace parley::core {

/// Writes down all that decides what a core does: its inputs, what its database answered, its chance. And,
/// as digests, what it did. A recording can be played again without database, network and clock (player.hpp);
/// what was private in it is noise.
///
/// To be used for one core after another over the same ports:
///
///     FlightRecorder recorder(sink, database, primitives);
///     auto client = Client::open({.recorder = &recorder}, recorder.database(), recorder.primitives(), now);
class FlightRecorder final : public Recorder {
  public:
    /// All three outlive it.
    FlightRecorder(RecordSink& sink, Database& database, Primitives& primitives)
        : writer_(sink), database_(database, writer_), primitives_(primitives, writer_) {}
    FlightRecorder(const FlightRecorder&) = delete;
    FlightRecorder& operator=(const FlightRecorder&) = delete;

    // Getters.
    Database& database() { return database_; }
    Primitives& primitives() { return primitives_; }
    /// False: something could not be written down, and the rest of this life is not recorded.
    bool recording() const { return writer_.recording(); }
    /// What the last input made the core do.
    const protocol::RecordedDone& last_done() const { return done_; }

    // Recorder.
    void opens(const ClientOptions& options, Now now) override;
    void takes(const protocol::DoorInput& input, Now now) override;
    void takes_frame(std::string_view frame, Now now) override;
    void takes_command(const protocol::Payload& command, std::optional<Uuid> id, Now now) override;
    void gives(const Action& action) override;
    void replies(Reply reply) override;
    void done() override;

  private:
    bool begin();
    void digest_frame(std::string_view frame);

    RecordWriter writer_;
    RecordingDatabase database_;
    RecordingPrimitives primitives_;
    protocol::Encoding encoding_ = protocol::Encoding::cbor;
    Digest said_;
    bool opening_ = false;
    bool opening_failed_ = false;
    std::int64_t actions_ = 0;
    protocol::RecordedDone done_;
};

}  // namespace parley::core
