#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/door.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::core {

/// One input and what acting on it asked of the ports.
struct RecordedStep {
    /// Of the opening there is none.
    std::optional<protocol::RecordedInput> input;
    std::vector<protocol::RecordedAnswer> answers;
    std::vector<protocol::RecordedFailure> failures;
    /// All chance that was taken, in order.
    std::string random;
    /// Absent: the recording ends in the middle of this.
    std::optional<protocol::RecordedDone> done;
};

struct LifeRecording {
    protocol::RecordedLife life;
    /// The opening, then each input.
    std::vector<RecordedStep> steps;
    /// Why the rest of it was not recorded.
    std::optional<std::string> lost;
};

/// A recording that was read: from a ring, a report or the simulator.
struct Recording {
    std::optional<protocol::RecordedReport> report;
    std::vector<LifeRecording> lives;
    /// Lives that were left out, since a core of another version recorded them.
    std::size_t lives_of_others = 0;
};

enum class OtherVersions { refused, taken };

/// Fails with a sentence for people where this is no recording, or one that this core cannot play: all of it
/// is of another format, of a core of another version or for another local schema. A last line without an end
/// is left out.
Result<Recording> read_recording(std::string_view text, OtherVersions others = OtherVersions::refused);

}  // namespace parley::core
