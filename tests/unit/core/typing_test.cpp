// Who is typing, in both directions.

#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using protocol::TypingKind;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

/// Live, in the groups c1 and c2, and looking at the first.
class Typing : public testing::Test {
  protected:
    Typing() {
        script.go_live();
        script.join("c1", 1);
        script.join("c2", 2);
        look({"c1"});
        script.forget();
    }

    void look(const std::vector<std::string>& streams) {
        std::vector<StreamId> shown;
        for (const std::string& stream : streams)
            shown.emplace_back(stream);
        script.core().look(shown, script.now());
        script.take();
    }
    void key(const std::string& stream = "c1", TypingKind kind = TypingKind::text) {
        script.core().type(StreamId(stream), kind, script.now());
        script.take();
    }
    void give(const std::string& who, TypingKind kind = TypingKind::text, const std::string& stream = "c1") {
        protocol::Envelope envelope;
        envelope.stream = StreamId(stream);
        envelope.payload = protocol::TypingChanged{.account = AccountId(who), .kind = kind};
        script.give({envelope});
    }
    /// What was said of the own typing since this was asked last.
    std::vector<std::pair<std::string, TypingKind>> said() {
        std::vector<std::pair<std::string, TypingKind>> all;
        for (const auto& envelope : script.sent_of<protocol::Typing>()) {
            const auto& typing = std::get<protocol::Typing>(envelope.payload);
            all.emplace_back(typing.stream.text(), typing.kind.value_or(TypingKind::text));
        }
        script.forget();
        return all;
    }
    std::vector<std::pair<std::string, TypingKind>> shown(const std::string& stream = "c1") {
        std::vector<std::pair<std::string, TypingKind>> all;
        for (const auto& one : script.view(stream).typing)
            all.emplace_back(one.account.text(), one.kind);
        return all;
    }

    Script script;
};

TEST_F(Typing, IsSaidWithTheFirstKeyAndAgainWhileKeysCome) {
    key();
    EXPECT_THAT(said(), ElementsAre(Pair("c1", TypingKind::text)));
    for (int i = 0; i < 10; ++i) {
        script.wait(100);
        key();
    }
    // A key every tenth of a second: at 400 and 800 ms.
    EXPECT_THAT(said(), SizeIs(2));
}

TEST_F(Typing, StopsASecondAfterTheLastKey) {
    key();
    said();
    script.wait(999);
    EXPECT_THAT(said(), IsEmpty());
    script.wait(1);
    EXPECT_THAT(said(), ElementsAre(Pair("c1", TypingKind::stopped)));
    script.wait(10'000);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Typing, StopsAtOnceWhereThePersonGivesUp) {
    key("c1", TypingKind::voice);
    EXPECT_THAT(said(), ElementsAre(Pair("c1", TypingKind::voice)));
    key("c1", TypingKind::stopped);
    EXPECT_THAT(said(), ElementsAre(Pair("c1", TypingKind::stopped)));
    key("c1", TypingKind::stopped);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Typing, StopsWhereTypingGoesOnElsewhere) {
    key("c1");
    said();
    key("c2");
    EXPECT_THAT(said(), ElementsAre(Pair("c1", TypingKind::stopped), Pair("c2", TypingKind::text)));
}

TEST_F(Typing, EndsWithoutAWordWhereTheMessageGoesOut) {
    key();
    script.say("c1", "what was typed");
    said();
    script.wait(10'000);
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Typing, IsNotSaidLaterWhereNobodyIsConnected) {
    script.disconnect();
    script.forget();
    key();
    script.wait(40'000);
    script.core().handle_connected(script.now());
    script.take();
    script.auth_ok();
    script.resumed("1:2");
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(Typing, OfOthersIsShownInTheOrderInWhichTheyBegan) {
    give("you");
    script.wait(100);
    give("she", TypingKind::voice);
    script.wait(100);
    give("you");
    EXPECT_THAT(shown(), ElementsAre(Pair("you", TypingKind::text), Pair("she", TypingKind::voice)));
    EXPECT_THAT(script.noticed<core::ConversationTouched>(), SizeIs(2)) << "nothing new the third time";
    give("you", TypingKind::voice);
    EXPECT_THAT(shown(), ElementsAre(Pair("you", TypingKind::voice), Pair("she", TypingKind::voice)));
}

TEST_F(Typing, OfOthersEndsThreeSecondsAfterTheirLastWord) {
    give("you");
    script.wait(2'000);
    give("you");
    script.forget();
    script.wait(2'999);
    EXPECT_THAT(shown(), SizeIs(1));
    script.wait(1);
    EXPECT_THAT(shown(), IsEmpty());
    EXPECT_THAT(script.noticed<core::ConversationTouched>(), SizeIs(1));
}

TEST_F(Typing, OfOthersEndsWhereTheyStopOrSaySomething) {
    give("you");
    give("she");
    give("you", TypingKind::stopped);
    EXPECT_THAT(shown(), ElementsAre(Pair("she", TypingKind::text)));
    script.give({Script::pushed("c1", 1, Script::said("here it is", "she"))});
    EXPECT_THAT(shown(), IsEmpty());
}

TEST_F(Typing, OfOthersEndsWithTheConnection) {
    give("you");
    script.disconnect();
    EXPECT_THAT(shown(), IsEmpty());
}

TEST_F(Typing, IsShownOfWhatIsLookedAtAndOfOthersAlone) {
    give("you", TypingKind::text, "c2");
    EXPECT_THAT(shown("c2"), IsEmpty());
    give("me");
    EXPECT_THAT(shown(), IsEmpty());
    give("you", TypingKind::text, "c9");
    give("you");
    look({"c2"});
    EXPECT_THAT(shown(), IsEmpty()) << "it is looked at no more";
}

TEST_F(Typing, WhatIsLookedAtIsSaidOnEachConnectionThatIsLive) {
    script.reconnect();
    EXPECT_THAT(script.sent_of<protocol::Look>(), IsEmpty());
    script.resumed("1:2");
    ASSERT_THAT(script.sent_of<protocol::Look>(), SizeIs(1));
    EXPECT_THAT(std::get<protocol::Look>(script.sent_of<protocol::Look>()[0].payload).streams,
                ElementsAre(StreamId("c1")));
    script.forget();
    look({"c1"});
    EXPECT_THAT(script.sent_of<protocol::Look>(), IsEmpty()) << "the same";
    look({});
    EXPECT_THAT(script.sent_of<protocol::Look>(), SizeIs(1));
    script.reconnect();
    script.resumed("1:2");
    EXPECT_THAT(script.sent_of<protocol::Look>(), IsEmpty()) << "nothing is, which need not be said";
}

}  // namespace
}  // namespace parley::test
