// Whole scenes are recorded and played again: every input makes the core do what it did, and nothing private
// is in the recording.

#include "core/recorder/recording.hpp"

#include "base/base64.hpp"
#include "core/recorder/ring.hpp"
#include "tests/support/replay.hpp"
#include "tests/unit/core/sanitized.hpp"
#include "tests/unit/core/small_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace parley::test {
namespace {

using core::WholeRecording;
using protocol::Encoding;
using testing::HasSubstr;
using testing::Not;

constexpr const char* first_text = "Nobody else may read \"this\"\n👋";
constexpr const char* second_text = "nor these words";

using Scene = std::function<void(World&)>;

/// Two people, of whom the second, "bobby", is recorded: they talk, make a group, lose connections, start
/// again, sign out.
void whole_story(World& world, WholeRecording& recording) {
    Device& ann = world.device("ann-the-first");
    world.record_next(recording);
    Device& bob = world.device("bobby");
    ann.send(to_peer(bob.account()), first_text);
    world.settle();
    const StreamId stream = bob.only_conversation();
    bob.send(to_stream(stream), second_text);
    bob.read(stream, 3);
    world.settle();
    bob.texts(stream);

    bob.go_offline();
    const Uuid group = bob.submit(protocol::ConversationCreate{"Title of a secret club", {ann.account()}});
    bob.send(to_made_by(group), "a founding secret");
    ann.send(to_peer(bob.account()), "while bobby was away");
    bob.restart();
    bob.connect();
    world.settle();
    bob.submit(protocol::ProfileSet{.handle = "bobbette", .name = "Bobette Secret", .avatar = {}});
    bob.submit(protocol::ProfileFind{{"ann-the-first"}});
    world.advance(seconds(3600));
    world.settle();
    bob.picture();
    bob.restart();
    bob.connect();
    world.settle();
    bob.core().sign_out(world.now());
    world.run();
}

void expect_equal(const std::string& text) {
    const auto recording = core::read_recording(text);
    ASSERT_TRUE(recording) << recording.error().context;
    const Replayed replayed = replay(*recording);
    EXPECT_EQ(replayed.difference, std::nullopt);
    EXPECT_EQ(replayed.broken, std::nullopt);
    EXPECT_EQ(replayed.equal, replayed.steps);
}

TEST(Recording, OfAWholeStoryPlaysAsItWas) {
    for (const Encoding encoding : {Encoding::cbor, Encoding::json}) {
        World world({}, encoding);
        WholeRecording recording;
        whole_story(world, recording);
        expect_equal(recording.text());
        const auto read = core::read_recording(recording.text());
        ASSERT_TRUE(read);
        EXPECT_EQ(read->lives.size(), 3u);
        EXPECT_EQ(replay(*read).steps, replay(*read).equal);
        EXPECT_GT(replay(*read).equal, 60u);
    }
}

TEST(Recording, HoldsNothingPrivate) {
    for (const Encoding encoding : {Encoding::cbor, Encoding::json}) {
        World world({}, encoding);
        WholeRecording recording;
        whole_story(world, recording);
        const auto read = core::read_recording(recording.text());
        ASSERT_TRUE(read);
        // Also what stands in base64.
        std::string all = recording.text();
        for (const auto& life : read->lives) {
            for (const auto& step : life.steps) {
                if (step.input && step.input->frame) all += from_base64(*step.input->frame).value();
                for (const auto& answer : step.answers)
                    for (const auto& row : answer.rows)
                        for (const auto& value : row.values)
                            if (value.bytes) all += from_base64(*value.bytes).value();
            }
        }
        for (const char* secret :
             {"Nobody else", "👋", second_text, "ann-the-first", "bobby", "bobbette", "Bobette", "Title",
              "secret", "password of", "while bobby", "refresh-", "access-"})
            EXPECT_THAT(all, Not(HasSubstr(secret)));
    }
}

TEST(Recording, PlaysWithALostConnectionAndAFailingDatabaseAtEveryStep) {
    const auto play = [](Fault fault, std::int64_t* steps, std::int64_t* calls) {
        World world(fault);
        WholeRecording recording;
        world.record_next(recording);
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(bob.account()), first_text);
        world.settle();
        bob.send(to_peer(ann.account()), second_text);
        world.settle();
        ann.texts(ann.only_conversation());
        expect_equal(recording.text());
        if (steps != nullptr) *steps = world.steps();
        if (calls != nullptr) *calls = ann.database().calls();
    };
    std::int64_t steps = 0;
    std::int64_t calls = 0;
    play({}, &steps, &calls);
    ASSERT_GT(steps, 10);
    ASSERT_GT(calls, 100);
    for (const auto kind : {Fault::Kind::disconnect, Fault::Kind::timeout, Fault::Kind::database}) {
        const std::int64_t last = kind == Fault::Kind::database ? calls : steps;
        for (std::int64_t step = 1; step <= last; step += sanitized ? 23 : 1) {
            SCOPED_TRACE("fault " + std::to_string(static_cast<int>(kind)) + " at step " +
                         std::to_string(step));
            play({kind, step}, nullptr, nullptr);
            if (testing::Test::HasFailure()) return;
        }
    }
}

TEST(Recording, PlaysWhatWasRefused) {
    World world;
    WholeRecording recording;
    world.record_next(recording);
    Device& ann = world.device("ann");
    Device& bob = world.device("bob");
    const auto refused = [&](const protocol::Payload& command) {
        EXPECT_FALSE(ann.core().submit(command, world.now()));
    };
    refused(protocol::MessageSend{to_peer(bob.account()), std::string(20'000, 'x'), {}, {}});
    refused(protocol::MessageSend{to_peer(bob.account()), "", {}, {}});
    refused(protocol::MessageSend{to_peer(bob.account()), "no utf-8: \xff", {}, {}});
    refused(protocol::MessageSend{{}, "nowhere", {}, {}});
    refused(protocol::ProfileSet{.handle = "No Handle", .name = {}, .avatar = {}});
    refused(protocol::Ping{});
    EXPECT_FALSE(ann.core().retry(Uuid{}, world.now()));
    EXPECT_FALSE(ann.core().discard(Uuid{}, world.now()));
    ann.send(to_peer(bob.account()), "and one that is not");
    world.settle();
    expect_equal(recording.text());
}

TEST(Recording, PlaysFramesThatCannotBeRead) {
    World world;
    WholeRecording recording;
    world.record_next(recording);
    Device& ann = world.device("ann");
    ann.core().handle_frame("\xa1\x01\x02", world.now());
    ann.core().handle_frame("no frame", world.now());
    world.settle();
    ann.core().handle_frame("", world.now());
    ann.core().handle_frame(std::string(70'000, 'x'), world.now());
    world.settle();
    expect_equal(recording.text());
}

TEST(Recording, KnowsWallClocksBefore1970) {
    World world;
    WholeRecording recording;
    world.record_next(recording);
    Device& ann = world.device("ann");
    Device& bob = world.device("bob");
    const Now wrong{world.now().instant, WallTime{-123'456}};
    const protocol::Payload message = protocol::MessageSend{to_peer(bob.account()), "early", {}, {}};
    EXPECT_TRUE(ann.core().submit(message, wrong));
    world.settle();
    expect_equal(recording.text());
}

/// Nobody could compare that step with what a core does today.
TEST(Recording, IsRefusedWhereAStepInItsMiddleHasNoEnd) {
    World world;
    WholeRecording recording;
    world.record_next(recording);
    world.device("ann");
    std::string text = recording.text();
    const std::size_t second_input = text.find("{\"input\"", text.find("{\"input\"") + 1);
    ASSERT_NE(second_input, std::string::npos);
    const std::size_t done = text.rfind("{\"done\"", second_input);
    text.erase(done, second_input - done);
    const auto read = core::read_recording(text);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().context, HasSubstr("before the last was done"));
    // At its end it is what a crash leaves.
    EXPECT_TRUE(core::read_recording(std::string_view(text).substr(0, done)));
}

TEST(Recording, EndsWhereSomethingCannotBeWrittenDown) {
    World world;
    WholeRecording recording;
    world.record_next(recording);
    Device& ann = world.device("ann");
    EXPECT_TRUE(ann.core().conversations(0, 1'000'000));
    EXPECT_TRUE(ann.core().conversations(0, 10));
    const auto read = core::read_recording(recording.text());
    ASSERT_TRUE(read);
    ASSERT_TRUE(read->lives.back().lost);
    EXPECT_THAT(*read->lives.back().lost, HasSubstr("door"));
    expect_equal(recording.text());
}

}  // namespace
}  // namespace parley::test
