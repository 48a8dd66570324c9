#pragma once

#include "core/door/door.hpp"
#include "core/recorder/flight_recorder.hpp"
#include "core/recorder/recorded_ports.hpp"
#include "core/recorder/recording.hpp"
#include "core/recorder/writer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::core {

/// What came of playing one step.
struct Played {
    /// As they come out of the door: messages in JSON, frames in the socket's encoding.
    std::vector<Door::Output> outputs;
    /// In words, where it is not what was recorded.
    std::optional<std::string> difference;
    /// False: the recording ends within this step, so that there is nothing to compare with.
    bool compared = false;
    protocol::RecordedDone done;
};

/// Plays one life through a core, by the door, in the way of every host; database and chance answer what they
/// answered then. With `real`, a database of the caller answers instead: that makes sense for lives which
/// began with an empty one, and lets a core go on that asks other questions than the one that was recorded.
class Player {
  public:
    explicit Player(const LifeRecording& life, Database* real = nullptr);

    // Getters.
    bool ended() const { return next_ >= life_.steps.size(); }
    /// Null before the opening, and where it failed.
    Client* client() { return door_ ? &door_->client() : nullptr; }
    /// What the next step puts in.
    const RecordedStep& next_step() const { return life_.steps[next_]; }

    // Commands.
    /// Plays the next step; the first is the opening.
    Played play();

  private:
    void open();
    Status push(const protocol::RecordedInput& input);
    void compare(const RecordedStep& step, Played& played) const;

    const LifeRecording& life_;
    std::size_t next_ = 0;
    RecordedDatabase database_;
    RecordedPrimitives primitives_;
    Database* real_;
    /// What the core does now is digested, and kept nowhere.
    class Nowhere final : public RecordSink {
      public:
        std::int64_t begin_life() override { return 1; }
        bool append(std::string_view, bool) override { return true; }
    };
    Nowhere nowhere_;
    FlightRecorder recorder_;
    std::unique_ptr<Door> door_;
};

}  // namespace parley::core
