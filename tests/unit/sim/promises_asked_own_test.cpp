// The same of what one reads, sets for oneself, and begins to write.

#include "tests/unit/sim/asked_world.hpp"

namespace parley::sim {
namespace {

TEST_F(Asked, Promise18WhereAReadMovesFurtherThanWasRead) {
    give(4, protocol::Read{.target = in_the_group(), .upto = 2});
    server::Answer answer{.payload = protocol::ReadOk{.upto = 3, .as_of = {.conversation = 3, .account = 2}},
                          .stream = to_id(the_group),
                          .seq = {},
                          .timestamp = {5}};
    const protocol::ReadChanged moved{.conversation = to_id(the_group), .upto = 3};
    happens(4, {own(ada, 2, moved, 2)}, answer);
    EXPECT_TRUE(says("to another place"));
}

TEST_F(Asked, Promise18WhereWhatIsNotSetAnewDoesNotStay) {
    const protocol::PreferencesChanged before{
        .conversation = to_id(the_group), .archived = true, .notify = protocol::Notify::all};
    auto after = before;
    after.marked_unread = true;
    auto answer = done(3);
    answer.stream = server::to_stream(ada);
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 2, before, 2));
    scene_.committed(batch);
    give(5, protocol::PreferencesSet{.target = in_the_group(), .marked_unread = true});
    EXPECT_EQ(broken(), -1);
    after.archived = false;
    happens(5, {own(ada, 3, after, 2)}, answer);
    EXPECT_TRUE(says("not set as was asked for"));
}

TEST_F(Asked, Promise18WhereWhatWasReadStaysMarked) {
    const protocol::PreferencesChanged marked{
        .conversation = to_id(the_group), .marked_unread = true, .notify = protocol::Notify::all};
    server::Batch batch;
    batch.effects.emplace_back(own(ada, 2, marked, 2));
    scene_.committed(batch);
    give(4, protocol::Read{.target = in_the_group(), .upto = 3});
    const server::Answer answer{
        .payload = protocol::ReadOk{.upto = 3, .as_of = {.conversation = 3, .account = 3}},
        .stream = to_id(the_group),
        .seq = {},
        .timestamp = {5}};
    const protocol::ReadChanged moved{.conversation = to_id(the_group), .upto = 3};
    happens(4, {own(ada, 3, moved, 3)}, answer);
    EXPECT_TRUE(says("still marked as unread"));
}

TEST_F(Asked, Promise18WhereTheFirstThatIsSetIsSwallowed) {
    const protocol::PreferencesSet nothing{.target = in_the_group(), .archived = false};
    give(4, nothing);
    heard(4, nothing);
    happens(4, {}, done({}));
    EXPECT_EQ(broken(), -1) << "so it is from the beginning";
    const protocol::PreferencesSet pin{.target = in_the_group(), .pinned = true};
    give(5, pin);
    heard(5, pin);
    happens(5, {}, done({}));
    EXPECT_TRUE(says("not set as was asked for"));
}

TEST_F(Asked, Promise18WhereWhoLooksAgainHasNotReadIt) {
    const protocol::PreferencesChanged marked{
        .conversation = to_id(the_group), .marked_unread = true, .notify = protocol::Notify::all};
    server::Batch batch;
    batch.effects.emplace_back(
        own(ada, 2, protocol::ReadChanged{.conversation = to_id(the_group), .upto = 3}, 2));
    batch.effects.emplace_back(own(ada, 3, marked, 3));
    scene_.committed(batch);
    const auto answer = [](std::int64_t upto) {
        return server::Answer{
            .payload = protocol::ReadOk{.upto = upto, .as_of = {.conversation = 3, .account = 3}},
            .stream = to_id(the_group),
            .seq = {},
            .timestamp = {5}};
    };
    const protocol::Read below{.target = in_the_group(), .upto = 2};
    give(4, below);
    heard(4, below);
    happens(4, {}, answer(3));
    EXPECT_EQ(broken(), -1) << "that was read long ago";
    const protocol::Read again{.target = in_the_group(), .upto = 3};
    give(5, again);
    heard(5, again);
    happens(5, {}, answer(3));
    EXPECT_TRUE(says("still marked as unread"));
}

TEST_F(Asked, Promise18WhereADraftTakesThePlaceOfOneThatItsWriterHadNotSeen) {
    server::Batch batch;
    batch.effects.emplace_back(
        own(ada, 2, protocol::DraftChanged{.conversation = to_id(the_group), .text = "elsewhere"}, 2));
    scene_.committed(batch);
    auto answer = done(3);
    answer.stream = server::to_stream(ada);
    const auto happened = [&](std::uint8_t id, std::int64_t after, std::int64_t seq) {
        give(id, protocol::DraftSet{.target = in_the_group(), .text = "here", .after = after});
        answer.seq = seq;
        happens(id,
                {own(ada, seq, protocol::DraftChanged{.conversation = to_id(the_group), .text = "here"}, 2)},
                answer);
    };
    happened(4, 2, 3);
    EXPECT_EQ(broken(), -1);
    happened(5, 1, 3);
    EXPECT_TRUE(says("had not seen"));
}

TEST_F(Asked, ADraftMayBeRefusedForOneThatItsWriterHadNotSeen) {
    server::Batch batch;
    batch.effects.emplace_back(
        own(ada, 2, protocol::DraftChanged{.conversation = to_id(the_group), .text = "elsewhere"}, 2));
    scene_.committed(batch);
    give(4, protocol::DraftSet{.target = in_the_group(), .text = "here", .after = 1});
    happens(4, {}, fail(ErrorCode::draft_superseded, "another one"));
    EXPECT_EQ(broken(), -1);
    give(5, protocol::DraftSet{.target = in_the_group(), .text = "here", .after = 2});
    happens(5, {}, fail(ErrorCode::draft_superseded, "another one"));
    EXPECT_TRUE(says("for no reason"));
}

TEST_F(Asked, Promise18WhereADraftIsNotWhatWasWritten) {
    give(4, protocol::DraftSet{.target = in_the_group(), .text = "half a"});
    auto answer = done(2);
    answer.stream = server::to_stream(ada);
    happens(4, {own(ada, 2, protocol::DraftChanged{.conversation = to_id(the_group), .text = "half"}, 2)},
            answer);
    EXPECT_TRUE(says("not what was written"));
}

TEST_F(Asked, Promise18WhereWhatWasRefusedWroteToAnAccount) {
    give(4, protocol::Read{.target = in_the_group(), .upto = 9});
    const protocol::ReadChanged moved{.conversation = to_id(the_group), .upto = 3};
    happens(4, {}, fail(ErrorCode::invalid, "above the head"));
    EXPECT_EQ(broken(), -1);
    happens(4, {own(ada, 2, moved, 2)}, fail(ErrorCode::invalid, "above the head"));
    EXPECT_TRUE(says("and changed something"));
}

}  // namespace
}  // namespace parley::sim
