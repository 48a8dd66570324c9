#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace parley::server::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Bob has signed in and not resumed; Ada, who is live, writes.
class Subscribe : public testing::Test {
  protected:
    explicit Subscribe(const World::Options& options = {}) : world(options) {
        ada = world.person("ada");
        bob = world.person("bob");
        writer = &world.online(ada);
        group = world.group(*writer, {bob});
        say("before");
        reader = &world.sign_in(bob);
        world.settle();
        reader->take();
    }

    void say(const std::string& text) { say(group, text); }
    void say(const StreamId& stream, const std::string& text) {
        writer->ask(message(stream, text));
        world.settle();
    }

    protocol::Envelope subscribe(const StreamId& stream, std::int64_t after = 0) {
        return reader->answer(reader->ask(protocol::Subscribe{.stream = stream, .after = after}));
    }

    void remove_bob() {
        writer->answer(writer->ask(protocol::MemberRemove{.target = {.stream = group}, .account = bob.id}));
    }

    World world;
    Account ada;
    Account bob;
    Peer* writer = nullptr;
    Peer* reader = nullptr;
    StreamId group;
};

TEST_F(Subscribe, OpensOneStreamWithWhatIsAfterACursorAndThenLive) {
    const StreamId other = world.group(*writer, {bob});
    world.settle();
    EXPECT_THAT(reader->take(), IsEmpty());
    const auto opened = subscribe(group);
    EXPECT_EQ(opened.stream, group);
    EXPECT_FALSE(std::get<protocol::ChangesOk>(opened.payload).rows.empty());
    say("live");
    say(other, "of which it did not ask");
    say("still");
    EXPECT_THAT(texts_of(reader->take()), ElementsAre("live", "still"));
}

TEST_F(Subscribe, TellsWhatHappenedWhileItWasRead) {
    reader->ask(protocol::Subscribe{.stream = group, .after = 0});
    ASSERT_TRUE(world.read());
    writer->ask(message(group, "meanwhile"));
    ASSERT_TRUE(world.write());
    ASSERT_TRUE(world.walk());
    world.settle();
    say("afterwards");
    EXPECT_THAT(texts_of(reader->take()), ElementsAre("meanwhile", "afterwards"));
}

TEST_F(Subscribe, TellsNothingTwiceThatWasReadAheadOfTheShard) {
    writer->ask(message(group, "committed"));
    ASSERT_TRUE(world.write());
    const Uuid asked = reader->ask(protocol::Subscribe{.stream = group, .after = 0});
    while (world.read() || world.tell_read()) {
    }
    world.settle();
    const auto came = reader->take();
    ASSERT_THAT(came, SizeIs(1));
    EXPECT_EQ(came.front().re, asked);
}

TEST_F(Subscribe, EndsWithTheMembership) {
    subscribe(group);
    remove_bob();
    const auto last = reader->take();
    ASSERT_THAT(last, SizeIs(1));
    EXPECT_EQ(std::get<protocol::Left>(last.front().payload).conversation, group);
    say("among us");
    EXPECT_THAT(reader->take(), IsEmpty());
    // Added again, he has to ask again.
    writer->answer(writer->ask(protocol::MemberAdd{.target = {.stream = group}, .accounts = {bob.id}}));
    say("all together");
    EXPECT_THAT(reader->take(), IsEmpty());
    subscribe(group);
    say("and now");
    EXPECT_THAT(texts_of(reader->take()), ElementsAre("and now"));
}

TEST_F(Subscribe, EndsWhenItIsTold) {
    subscribe(group);
    EXPECT_TRUE(std::holds_alternative<protocol::Done>(
        reader->answer(reader->ask(protocol::Unsubscribe{.stream = group})).payload));
    say("unheard");
    EXPECT_THAT(reader->take(), IsEmpty());
}

TEST_F(Subscribe, OpensNothingThatIsRefused) {
    remove_bob();
    EXPECT_EQ(std::get<protocol::ErrorReply>(subscribe(group).payload).code,
              ErrorCode::conversation_not_member);
    say("unheard");
    EXPECT_THAT(reader->take(), IsEmpty());
}

TEST_F(Subscribe, OpensTheOwnAccountsStreamToo) {
    subscribe(StreamId(bob.id.text()));
    const StreamId other = world.group(*writer, {bob});
    say(other, "of which it did not ask");
    const auto came = reader->take();
    EXPECT_THAT(texts_of(came), IsEmpty());
    ASSERT_FALSE(came.empty());
    EXPECT_EQ(std::get<protocol::Joined>(came.front().payload).conversation, other);
    reader->answer(reader->ask(protocol::Unsubscribe{.stream = StreamId(bob.id.text())}));
    world.group(*writer, {bob});
    world.settle();
    EXPECT_THAT(reader->take(), IsEmpty());
}

TEST_F(Subscribe, IsPartOfTheWholeAfterAResume) {
    const StreamId other = world.group(*writer, {bob});
    subscribe(group);
    reader->ask(protocol::Resume{.token = std::nullopt});
    world.settle();
    reader->take();
    say("once");
    say(other, "too");
    EXPECT_THAT(texts_of(reader->take()), ElementsAre("once", "too"));
}

TEST_F(Subscribe, GivesNoTokenThatSaysMoreThanWasTold) {
    subscribe(group);
    say("heard");
    const auto pong = reader->answer(reader->ask(protocol::Ping{}));
    EXPECT_EQ(std::get<protocol::Pong>(pong.payload).token, std::nullopt);
}

class ForgetfulShard : public Subscribe {
  protected:
    static World::Options short_memory() {
        World::Options options;
        options.shard.replay_effects_max = 4;
        return options;
    }
    ForgetfulShard() : Subscribe(short_memory()) {}
};

TEST_F(ForgetfulShard, ReadsOnceMoreWhatItCannotTellAgain) {
    reader->ask(protocol::Subscribe{.stream = group, .after = 0});
    ASSERT_TRUE(world.read());
    for (int i = 0; i < 40; ++i) {
        writer->ask(message(group, "much"));
        ASSERT_TRUE(world.write());
        ASSERT_TRUE(world.walk());
    }
    world.settle();
    std::size_t known = 0;
    for (const auto& envelope : reader->take()) {
        if (const auto* page = std::get_if<protocol::ChangesOk>(&envelope.payload))
            known +=
                static_cast<std::size_t>(std::ranges::count_if(page->rows, [](const protocol::Change& row) {
                    const auto* said = std::get_if<protocol::MessageNew>(&row.payload);
                    return said != nullptr && said->text == "much";
                }));
        if (std::holds_alternative<protocol::MessageNew>(envelope.payload)) ++known;
    }
    EXPECT_EQ(known, 40u);
}

class SlowSubscriber : public Subscribe {
  protected:
    static World::Options small_queue() {
        World::Options options;
        options.shard.session_queue_bytes_max = 20'000;
        return options;
    }
    SlowSubscriber() : Subscribe(small_queue()) {}
};

TEST_F(SlowSubscriber, IsClosedAndToldToTryLater) {
    Peer& other = world.online(world.another_device(bob));
    subscribe(group);
    other.take();
    reader->reads = false;
    for (int i = 0; i < 6; ++i)
        say(std::string(5000, 'x'));
    EXPECT_EQ(reader->closed, CloseCode::try_later);
    reader->take();
    say("to whoever is left");
    EXPECT_THAT(reader->take(), IsEmpty());
    EXPECT_EQ(texts_of(other.take()).back(), "to whoever is left");
}

}  // namespace
}  // namespace parley::server::test
