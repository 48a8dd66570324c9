// What a person begins to write: of drafts that wait only the last is sent, and none takes the place of one
// that its writer had not seen.

#include "tests/unit/core/own_settings_script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::DraftChanged;
using protocol::DraftSet;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Drafts = OwnSettings;

TEST_F(Drafts, OfDraftsThatWaitOnlyTheLastIsSent) {
    script.disconnect();
    const Uuid first = draft("a sec");
    const Uuid second = draft("a secret");
    EXPECT_EQ(shown_draft(), "a secret");
    EXPECT_THAT(*script.core().outbox(), SizeIs(1));
    EXPECT_EQ(script.database().number("SELECT count(*) FROM command"), 1);
    const auto settled = script.core().settled(std::vector{first});
    ASSERT_THAT(*settled, SizeIs(1));
    EXPECT_FALSE((*settled)[0].failure) << "it is done with the later one";
    script.open();
    EXPECT_EQ(shown_draft(), "a secret");
    come_back();
    EXPECT_THAT(sent_drafts(), ElementsAre("a secret"));
    // One that is under way is not taken back, and the next one goes out behind it.
    draft("the la");
    const Uuid last = draft("the last");
    EXPECT_THAT(sent_drafts(), ElementsAre("a secret"));
    EXPECT_THAT(*script.core().outbox(), SizeIs(2));
    EXPECT_EQ(shown_draft(), "the last");
    push(2, DraftChanged{.conversation = StreamId("c1"), .text = "a secret"});
    EXPECT_THAT(sent_drafts(), ElementsAre("a secret"));
    done(second, 2);
    EXPECT_THAT(sent_drafts(), ElementsAre("a secret", "the last"));
    EXPECT_EQ(shown_draft(), "the last");
    push(3, DraftChanged{.conversation = StreamId("c1"), .text = "the last"}, 2);
    done(last, 3);
    EXPECT_EQ(shown_draft(), "the last");
    EXPECT_EQ(script.view("c1").draft->at, (WallTime{1'700'000'000'003}));
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Drafts, AfterALostConnectionOnlyADraftThatMayHaveBeenDoneGoesOutBeforeTheLast) {
    const Uuid first = draft("a sec");
    ASSERT_THAT(sent_drafts(), ElementsAre("a sec"));
    script.disconnect();
    draft("a secre");
    const Uuid last = draft("a secret");
    for (const bool opened_again : {false, true}) {
        if (opened_again) {
            script.open();
            script.forget();
            come_back();
        } else {
            script.reconnect();
        }
        EXPECT_THAT(sent_drafts(), ElementsAre("a sec")) << "its answer says whether it was done";
        EXPECT_EQ(shown_draft(), "a secret");
    }
    done(first, 2);
    EXPECT_THAT(sent_drafts(), ElementsAre("a sec", "a secret"));
    done(last, 3);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
}

TEST_F(Drafts, ADraftThatTheServerDidNotTakeIsNotSentAgainBeforeALaterOne) {
    const Uuid first = draft("a sec");
    const Uuid last = draft("a secret");
    script.refuse(first, ErrorCode::rate_limited, 10'000);
    EXPECT_THAT(*script.core().outbox(), SizeIs(1));
    EXPECT_THAT(sent_drafts(), ElementsAre("a sec"));
    script.wait(10'000);
    EXPECT_THAT(sent_drafts(), ElementsAre("a sec", "a secret"));
    EXPECT_EQ(script.sent_of<DraftSet>()[1].id, last);
}

TEST_F(Drafts, WhoeverIsToldToWaitDoesSoWithWhatTakesThePlaceOfTheFirst) {
    const Uuid first = draft("a sec");
    script.refuse(first, ErrorCode::rate_limited, 10'000);
    draft("a secret");
    EXPECT_THAT(sent_drafts(), ElementsAre("a sec"));
    script.wait(9'000);
    EXPECT_THAT(sent_drafts(), ElementsAre("a sec"));
    script.wait(1'000);
    EXPECT_THAT(sent_drafts(), ElementsAre("a sec", "a secret"));
}

TEST_F(Drafts, ADraftThatIsRefusedGivesWayToALaterOne) {
    const Uuid first = draft("a sec");
    const Uuid second = draft("a secret");
    script.refuse(first, ErrorCode::conversation_not_member);
    EXPECT_THAT(*script.core().outbox(), SizeIs(1)) << "sent again it would take the place of the later one";
    ASSERT_THAT(sent_drafts(), ElementsAre("a sec", "a secret"));
    script.refuse(second, ErrorCode::conversation_not_member);
    ASSERT_THAT(*script.core().outbox(), SizeIs(1));
    EXPECT_EQ(script.core().outbox()->front().id, second);
    EXPECT_TRUE(script.core().outbox()->front().failure);
}

TEST_F(Drafts, OfADraftThatIsTakenAwayNothingIsLeft) {
    const Uuid written = draft("a secret");
    push(2, DraftChanged{.conversation = StreamId("c1"), .text = "a secret"});
    done(written, 2);
    ASSERT_GT(held("a secret"), 0);
    const Uuid cleared = draft("");
    EXPECT_EQ(shown_draft(), "(none)");
    push(3, DraftChanged{.conversation = StreamId("c1")}, 2);
    done(cleared, 3);
    EXPECT_EQ(held("a secret"), 0);
    EXPECT_EQ(shown_draft(), "(none)");
    // The one that came later on the server wins, wherever it was written.
    push(4, DraftChanged{.conversation = StreamId("c1"), .text = "elsewhere"}, 2);
    EXPECT_EQ(shown_draft(), "elsewhere");
}

TEST_F(Drafts, ADraftNamesTheOneThatItsWriterHadBeforeHim) {
    const auto after = [&](std::size_t place) {
        return std::get<DraftSet>(script.sent_of<DraftSet>().at(place).payload).after;
    };
    const Uuid first = draft("a");
    EXPECT_EQ(after(0), 0);
    const Uuid second = draft("a b");
    push(2, DraftChanged{.conversation = StreamId("c1"), .text = "a"});
    done(first, 2);
    EXPECT_EQ(after(1), 2) << "with the first one before his eyes he wrote the second";
    done(second, 3);
    const Uuid third = draft("a b c");
    EXPECT_EQ(after(2), 3);
    const Uuid fourth = draft("a b c d");
    script.reconnect();
    // As the third one was done, somebody went on with it elsewhere.
    push(4, DraftChanged{.conversation = StreamId("c1"), .text = "a b c"}, 2);
    push(5, DraftChanged{.conversation = StreamId("c1"), .text = "elsewhere"}, 2);
    script.resumed("1:5");
    EXPECT_EQ(after(0), 3) << "the same as the first time";
    done(third, 4);
    EXPECT_EQ(after(1), 4);
    EXPECT_EQ(script.sent_of<DraftSet>()[1].id, fourth);
}

TEST_F(Drafts, ADraftThatIsWrittenWithoutTheOneOfAnotherDeviceTakesNotItsPlaceAndStaysHere) {
    push(2, DraftChanged{.conversation = StreamId("c1"), .text = "both know"});
    script.disconnect();
    draft("mi");
    const Uuid mine = draft("mine");
    script.open();
    come_back();
    push(3, DraftChanged{.conversation = StreamId("c1"), .text = "elsewhere"}, 2);
    ASSERT_THAT(script.sent_of<DraftSet>(), SizeIs(1));
    EXPECT_EQ(std::get<DraftSet>(script.sent_of<DraftSet>()[0].payload).after, 2);
    script.refuse(mine, ErrorCode::draft_superseded);
    EXPECT_EQ(shown_draft(), "elsewhere");
    const Uuid next = draft("elsewhere, and more");
    EXPECT_EQ(std::get<DraftSet>(script.sent_of<DraftSet>()[1].payload).after, 3);
    done(next, 4);
    ASSERT_THAT(*script.core().outbox(), SizeIs(1)) << "nobody knows whether the next one says it, too";
    EXPECT_EQ(script.core().outbox()->front().failure->code, ErrorCode::draft_superseded);
    EXPECT_EQ(std::get<DraftSet>(script.core().outbox()->front().command).text, "mine");
    ASSERT_TRUE(script.core().retry(mine, script.now()));
    script.take();
    EXPECT_EQ(std::get<DraftSet>(script.sent_of<DraftSet>()[2].payload).after, 4);
    EXPECT_EQ(shown_draft(), "mine");
}

TEST_F(Drafts, NobodyMissesThatADraftWasToBeTakenAwayWhichIsGone) {
    push(2, DraftChanged{.conversation = StreamId("c1"), .text = "both know"});
    script.disconnect();
    const Uuid cleared = draft("");
    script.reconnect();
    script.resumed("1:2");
    script.refuse(cleared, ErrorCode::draft_superseded);
    push(3, DraftChanged{.conversation = StreamId("c1"), .text = "elsewhere"}, 2);
    EXPECT_THAT(*script.core().outbox(), IsEmpty());
    EXPECT_EQ(shown_draft(), "elsewhere");
}

TEST_F(Drafts, ADraftThatWasDoneIsShownUntilItsRowIsHere) {
    push(2, DraftChanged{.conversation = StreamId("c1"), .text = "older"});
    script.disconnect();
    const Uuid written = draft("newer");
    script.reconnect();
    done(written, 4);
    EXPECT_EQ(shown_draft(), "newer");
    push(3, DraftChanged{.conversation = StreamId("c1"), .text = "between"}, 2);
    EXPECT_EQ(shown_draft(), "newer");
    push(4, DraftChanged{.conversation = StreamId("c1"), .text = "newer"}, 2);
    script.resumed("1:4");
    EXPECT_EQ(shown_draft(), "newer");
    script.open();
    EXPECT_EQ(shown_draft(), "newer");
}

/// Of a new epoch everything is told again.
class RestoredDrafts : public Drafts {
  protected:
    RestoredDrafts() {
        push(2, DraftChanged{.conversation = StreamId("c1"), .text = "kept"});
        push(3, DraftChanged{.conversation = StreamId("c1"), .text = "lost"}, 2);
    }
    void come_back_restored() {
        script.reconnect();
        script.resumed("2:1", 2);
        for (const auto& one : script.sent_of<protocol::Changes>())
            if (std::get<protocol::Changes>(one.payload).stream.text() == "me") asked_ = one.id;
        ASSERT_TRUE(asked_);
    }
    void told(std::vector<protocol::Change> drafts) {
        drafts.insert(drafts.begin(),
                      Script::row(1, std::get<protocol::Joined>(Script::joined("c1", 1).payload)));
        script.give(protocol::ChangesOk{.after = 0,
                                        .upto = limits::restore_jump + 9,
                                        .head = limits::restore_jump + 9,
                                        .rows = std::move(drafts)},
                    asked_);
    }
    DraftSet written_again() {
        EXPECT_THAT(script.sent_of<DraftSet>(), SizeIs(1));
        return std::get<DraftSet>(script.sent_of<DraftSet>().at(0).payload);
    }

  private:
    std::optional<Uuid> asked_;
};

TEST_F(RestoredDrafts, WhatARestoreTookAwayIsWrittenAgainOverWhatItBroughtBack) {
    come_back_restored();
    EXPECT_EQ(shown_draft(), "lost");
    told({Script::row(2, DraftChanged{.conversation = StreamId("c1"), .text = "kept"})});
    EXPECT_EQ(shown_draft(), "lost") << "what was typed stays";
    EXPECT_EQ(written_again().text, "lost");
    EXPECT_EQ(written_again().after, 2);
    script.open();
    EXPECT_EQ(shown_draft(), "lost");
}

TEST_F(RestoredDrafts, WhatIsNotThereAtAllIsWrittenAgain) {
    come_back_restored();
    told({});
    EXPECT_EQ(written_again().text, "lost");
    EXPECT_EQ(written_again().after, 0);
}

TEST_F(RestoredDrafts, OverWhatSomebodyHasWrittenSinceTheServerDecides) {
    come_back_restored();
    told({Script::row(limits::restore_jump + 5, DraftChanged{.conversation = StreamId("c1"), .text = "since"},
                      2)});
    EXPECT_EQ(written_again().text, "lost");
    EXPECT_EQ(written_again().after, 3) << "which does not know what came since";
    script.refuse(script.sent_of<DraftSet>().at(0).id.value_or(Uuid{}), ErrorCode::draft_superseded);
    EXPECT_EQ(shown_draft(), "since");
    EXPECT_THAT(*script.core().outbox(), SizeIs(1)) << "nothing that was typed is lost";
}

TEST_F(RestoredDrafts, WhatIsThereOrGoesOnFromItIsNotWrittenAgain) {
    come_back_restored();
    told({Script::row(limits::restore_jump + 5,
                      DraftChanged{.conversation = StreamId("c1"), .text = "lost, and found"}, 2)});
    EXPECT_THAT(script.sent_of<DraftSet>(), IsEmpty());
    EXPECT_EQ(shown_draft(), "lost, and found");
}

TEST_F(RestoredDrafts, WhatThePersonWritesMeanwhileSaysMore) {
    script.disconnect();
    draft("lost, and more");
    come_back_restored();
    told({Script::row(2, DraftChanged{.conversation = StreamId("c1"), .text = "kept"})});
    EXPECT_EQ(written_again().text, "lost, and more");
    EXPECT_EQ(written_again().after, 3);
}

}  // namespace
}  // namespace parley::test
