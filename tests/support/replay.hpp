#pragma once

#include "core/recorder/player.hpp"
#include "core/recorder/recording.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace parley::test {

/// How a recording is played in a test.
struct ReplayOptions {
    /// Answers instead of the recording's own database: for a core that was mended and asks it other
    /// questions. For recordings that begin with an empty database.
    core::Database* database = nullptr;
    /// Looks at the core after each step, and at what the step made it say; the first is the opening.
    std::function<void(core::Client&, const core::Played&)> look;
};

/// What came of it.
struct Replayed {
    std::size_t steps = 0;
    /// Steps that did what they did when they were recorded.
    std::size_t equal = 0;
    /// The first that did something else, in words.
    std::optional<std::string> difference;
    /// The first invariant of the core that did not hold (core::Client::check).
    std::optional<std::string> broken;
};

/// Plays every life of a recording through the core of this checkout.
Replayed replay(const core::Recording& recording, const ReplayOptions& options = {});

/// The same for a file that `parley report` or `sim --record` wrote. So a report becomes a test:
///
///     TEST(Reports, TheBadgeCountsNothingTwice) {
///         const auto replayed = replay_file(reports() / "badge.jsonl", {.look = badge_is_right});
///         EXPECT_EQ(replayed.broken, std::nullopt);
///     }
///
/// Such a test is to outlive the version that recorded it: it plays with a database of its own where the
/// recording begins with an empty one, and says what must be true rather than that nothing has changed. Fails
/// where the file cannot be read or has another format.
Replayed replay_file(const std::filesystem::path& file, const ReplayOptions& options = {});

/// The folder with the reports that tests play (tests/data/reports).
std::filesystem::path reports();

}  // namespace parley::test
