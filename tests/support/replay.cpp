#include "tests/support/replay.hpp"

#include "client/whole_file.hpp"
#include "tests/support/source_dir.hpp"

#include <gtest/gtest.h>

namespace parley::test {
namespace {

void play(const core::LifeRecording& life, const ReplayOptions& options, Replayed& replayed) {
    for (core::Player player(life, options.database); !player.ended();) {
        const core::Played played = player.play();
        ++replayed.steps;
        if (played.compared && !played.difference) ++replayed.equal;
        const std::string place =
            "life " + std::to_string(life.life.number) + ", step " + std::to_string(replayed.steps) + ": ";
        if (played.difference && !replayed.difference) replayed.difference = place + *played.difference;
        if (player.client() == nullptr) continue;
        if (auto wrong = player.client()->check(); wrong && !replayed.broken)
            replayed.broken = place + *wrong;
        if (options.look) options.look(*player.client(), played);
    }
}

}  // namespace

Replayed replay(const core::Recording& recording, const ReplayOptions& options) {
    Replayed replayed;
    for (const auto& life : recording.lives)
        play(life, options, replayed);
    return replayed;
}

Replayed replay_file(const std::filesystem::path& file, const ReplayOptions& options) {
    const auto text = client::whole_file(file);
    EXPECT_TRUE(text) << file << " cannot be read";
    const auto recording = core::read_recording(text.value_or(""), core::OtherVersions::taken);
    EXPECT_TRUE(recording) << file << ": " << recording.error().context;
    return recording ? replay(*recording, options) : Replayed{};
}

std::filesystem::path reports() {
    return source_dir() / "tests" / "data" / "reports";
}

}  // namespace parley::test
