// What a player says of recordings that are not what they were, and reports as tests.

#include "tests/support/replay.hpp"

#include "core/recorder/flight_recorder.hpp"
#include "core/recorder/player.hpp"
#include "core/recorder/recording.hpp"
#include "core/recorder/ring.hpp"
#include "core/recorder/version.hpp"
#include "core/schema.hpp"
#include "tests/unit/core/small_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::test {
namespace {

using core::Recording;
using testing::HasSubstr;

/// Ann tells bob two things; ann is recorded.
std::string short_story() {
    World world;
    core::WholeRecording recording;
    world.record_next(recording);
    Device& ann = world.device("ann");
    Device& bob = world.device("bob");
    ann.send(to_peer(bob.account()), "one");
    ann.send(to_peer(bob.account()), "two");
    world.settle();
    ann.restart();
    ann.connect();
    world.settle();
    ann.texts(ann.only_conversation());
    return recording.text();
}

Recording read(const std::string& text) {
    auto recording = core::read_recording(text);
    EXPECT_TRUE(recording) << recording.error().context;
    return recording.value_or(Recording{});
}

TEST(Player, SaysWhichStepDoesSomethingElse) {
    const Recording original = read(short_story());
    ASSERT_EQ(replay(original).difference, std::nullopt);
    Recording changed = original;
    auto& step = changed.lives[1].steps[3];
    ASSERT_TRUE(step.done);
    step.done->said = "0000000000000000";
    const Replayed replayed = replay(changed);
    ASSERT_TRUE(replayed.difference);
    EXPECT_THAT(*replayed.difference, HasSubstr("life 2, step "));
    EXPECT_EQ(replayed.equal + 1, replayed.steps);
}

/// Plants one difference after the other, each in a fresh copy; counts those that were noticed.
template <class Plant>
void expect_all_noticed(Plant plant) {
    const Recording original = read(short_story());
    std::size_t planted = 0;
    for (std::size_t life = 0; life < original.lives.size(); ++life) {
        for (std::size_t step = 0; step < original.lives[life].steps.size(); ++step) {
            Recording changed = original;
            if (!plant(changed.lives[life].steps[step])) continue;
            ++planted;
            EXPECT_TRUE(replay(changed).difference) << "life " << life << ", step " << step;
        }
    }
    EXPECT_GT(planted, 3u);
}

TEST(Player, NoticesThatAFrameIsMissing) {
    expect_all_noticed([](core::RecordedStep& step) {
        if (!step.input || !step.input->frame) return false;
        step.input->frame = "/w==";
        return true;
    });
}

TEST(Player, NoticesOtherChance) {
    expect_all_noticed([](core::RecordedStep& step) {
        // A command that has an id takes chance for one all the same.
        if (step.random.empty() || (step.input && step.input->command)) return false;
        step.random.assign(step.random.size(), '\x5a');
        return true;
    });
}

TEST(Player, NoticesThatTheDatabaseFails) {
    expect_all_noticed([](core::RecordedStep& step) {
        if (step.answers.empty()) return false;
        step.failures.push_back({.operation = 0, .code = ErrorCode::disk_full});
        return true;
    });
}

TEST(Player, SaysNothingOfAStepThatTheRecordingEndsIn) {
    std::string text = short_story();
    // The process dies: the last line but one is torn.
    text.resize(text.rfind("{\"done\""));
    const Recording recording = read(text + R"({"done":{"act)");
    ASSERT_FALSE(recording.lives.back().steps.back().done);
    const Replayed replayed = replay(recording);
    EXPECT_EQ(replayed.difference, std::nullopt);
    EXPECT_EQ(replayed.equal + 1, replayed.steps);
}

TEST(Player, GoesOnWithADatabaseOfItsOwn) {
    // As a core does that was mended and asks other questions: nothing of what was answered then is left.
    Recording recording = read(short_story());
    for (auto& life : recording.lives)
        for (auto& step : life.steps)
            step.answers.clear();
    EXPECT_TRUE(replay(recording).difference);
    FailingDatabase database;
    std::size_t messages = 0;
    const Replayed replayed =
        replay(recording, {.database = &database, .look = [&](core::Client& core, const core::Played&) {
                               const auto list = core.conversations(0, 1);
                               if (list && !list->empty() && list->front().last) ++messages;
                           }});
    EXPECT_EQ(replayed.difference, std::nullopt);
    EXPECT_EQ(replayed.broken, std::nullopt);
    EXPECT_GT(messages, 3u);
}

/// Everywhere, or only the first.
std::string replaced(std::string text, const std::string& what, const std::string& with, bool all = true) {
    std::size_t found = text.find(what);
    EXPECT_NE(found, std::string::npos);
    for (; found != std::string::npos; found = all ? text.find(what, found + with.size()) : std::string::npos)
        text.replace(found, what.size(), with);
    return text;
}

TEST(Recording, OfAnotherVersionIsRefusedWithWhatToDo) {
    const std::string text = short_story();
    const std::string version = R"("version":")" + std::string(core::version()) + "\"";
    const std::string older = replaced(text, version, R"("version":"0.0.9")");
    const auto refused = core::read_recording(older);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().context, HasSubstr("recorded by version 0.0.9"));
    EXPECT_THAT(refused.error().context, HasSubstr("Play it with the version that recorded it"));
    EXPECT_TRUE(core::read_recording(older, core::OtherVersions::taken));

    const std::string database = R"("database":)" + std::to_string(core::migrations().size());
    const auto other_database = core::read_recording(replaced(text, database, R"("database":99)"));
    ASSERT_FALSE(other_database);
    EXPECT_THAT(other_database.error().context, HasSubstr("local database 99"));
}

TEST(Recording, IsPlayedWithoutTheLivesOfAnOlderVersion) {
    const std::string text = short_story();
    const std::string version = R"("version":")" + std::string(core::version()) + "\"";
    // What the older one wrote need not even be understood.
    std::string mixed = replaced(text, version, R"("version":"0.0.9")", false);
    mixed.insert(mixed.find('\n') + 1, "{\"of_then\":1}\n");
    const Recording recording = read(mixed);
    EXPECT_EQ(recording.lives.size(), 1u);
    EXPECT_EQ(recording.lives_of_others, 1u);
    EXPECT_EQ(replay(recording).difference, std::nullopt);
}

TEST(Recording, OfAnotherFormatIsRefusedAlwaysAndGarbageIsNamed) {
    const std::string text = short_story();
    const auto other =
        core::read_recording(replaced(text, R"("format":1)", R"("format":7)"), core::OtherVersions::taken);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().context, HasSubstr("has format 7; this version plays format 1"));

    for (const char* garbage : {"", "\n", "{}\n", "hello\n", "{\"done\":{}}\n"})
        EXPECT_FALSE(core::read_recording(garbage)) << garbage;
    const auto unknown = core::read_recording(text + "{\"later\":1}\n");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().context, HasSubstr("no line of a recording of format 1"));
    const auto before = core::read_recording(R"({"random":"AAAA"})"
                                             "\n");
    ASSERT_FALSE(before);
    EXPECT_THAT(before.error().context, HasSubstr("Line 1: this stands before the beginning of a life"));
}

}  // namespace
}  // namespace parley::test
