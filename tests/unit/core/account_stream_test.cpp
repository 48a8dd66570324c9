// The account's own stream, and the pulls that it owes.

#include "core/pulls.hpp"
#include "tests/unit/core/streams_script.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace parley::test {
namespace {

using core::Connection;
using testing::IsEmpty;
using testing::SizeIs;

using AccountStream = Streams;

TEST_F(AccountStream, AnAccountThatMissedAChangeIsBehindUntilItPulledIt) {
    script.give({Script::joined("c3", 5)});
    ASSERT_THAT(script.sent_of<protocol::Changes>(), SizeIs(testing::Ge(1u)));
    EXPECT_EQ(script.core().connection(), core::Connection::catching_up);
    EXPECT_EQ(script.database().number("SELECT behind FROM self"), 1);
    bool asked = false;
    for (const auto& one : script.sent_of<protocol::Changes>()) {
        const auto& changes = std::get<protocol::Changes>(one.payload);
        if (changes.stream != StreamId("me")) continue;
        asked = true;
        EXPECT_EQ(changes.after, 1);
        script.give(protocol::ChangesOk{1, 5, 5, false, {}}, one.id);
    }
    EXPECT_TRUE(asked);
    EXPECT_EQ(script.database().number("SELECT behind FROM self"), 0);
    for (const auto& one : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(one.payload).stream == StreamId("c3"))
            script.give(protocol::ChangesOk{0, 1, 1, false, {}}, one.id);
    EXPECT_TRUE(script.core().idle());
}

TEST_F(AccountStream, OneThatIsTooOldIsToldAgainFromTheBeginning) {
    script.give({Script::joined("c3", 5)});
    const auto pulls = script.sent_of<protocol::Changes>();
    const auto pull = std::ranges::find_if(pulls, [](const protocol::Envelope& one) {
        return std::get<protocol::Changes>(one.payload).stream == StreamId("me");
    });
    ASSERT_NE(pull, pulls.end());
    script.forget();
    script.give(protocol::ErrorReply{ErrorCode::too_old, "too old", {}, {}, 4}, pull->id);
    EXPECT_EQ(script.closed, 1);
    script.wait(1000);
    script.core().handle_connected(script.now());
    script.take();
    EXPECT_EQ(std::get<protocol::Resume>(script.sent_of<protocol::Resume>().back().payload).token,
              std::nullopt);
    script.auth_ok();
    script.forget();
    script.give({Script::joined("c1", 1), Script::joined("c3", 5)});
    script.resumed();
    EXPECT_EQ(script.database().number("SELECT cursor FROM self"), 5);
    EXPECT_EQ(script.database().number("SELECT behind FROM self"), 0);
}

/// Pulls of the account's own stream that were asked on this connection.
std::vector<protocol::Envelope> account_pulls(const Script& script) {
    std::vector<protocol::Envelope> found;
    for (const auto& one : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(one.payload).stream == StreamId("me")) found.push_back(one);
    return found;
}

TEST(AccountPull, CostsTheSameHoweverManyConversationsThereAre) {
    const auto calls_of_a_pull = [](int conversations) {
        Script script;
        script.go_live();
        std::vector<protocol::Envelope> joinings;
        for (int i = 1; i <= conversations; ++i)
            joinings.push_back(Script::joined("c" + std::to_string(i), i));
        script.give(joinings);
        for (bool asks = true; asks;) {
            const auto pulls = script.sent_of<protocol::Changes>();
            script.forget();
            asks = !pulls.empty();
            for (const auto& pull : pulls)
                script.give(protocol::ChangesOk{0, 1, 1, false, {}}, pull.id);
        }
        script.give({Script::joined("late", conversations + 5)});
        const auto pulls = account_pulls(script);
        EXPECT_THAT(pulls, SizeIs(1));
        const std::int64_t before = script.database().calls();
        const std::int64_t upto = conversations + 5;
        script.give(protocol::ChangesOk{conversations, upto, upto, false, {}}, pulls.front().id);
        return script.database().calls() - before;
    };
    EXPECT_EQ(calls_of_a_pull(5), calls_of_a_pull(40));
}

TEST_F(AccountStream, APullThatIsRefusedForGoodStopsNothingElse) {
    script.give({Script::joined("c3", 5)});
    ASSERT_THAT(account_pulls(script), SizeIs(1));
    script.refuse(*account_pulls(script).front().id, ErrorCode::invalid);
    for (const auto& one : script.sent_of<protocol::Changes>())
        if (std::get<protocol::Changes>(one.payload).stream == StreamId("c3"))
            script.give(protocol::ChangesOk{0, 1, 1, false, {}}, one.id);
    EXPECT_EQ(script.core().connection(), core::Connection::online);
    EXPECT_TRUE(script.core().idle());
    // History of before comes in the background as ever.
    script.forget();
    script.give({Script::joined("c4", 6, 400)});
    answer<protocol::Changes>(protocol::ChangesOk{399, 400, 400, false, {}});
    answer_rows();
    ASSERT_THAT(asked<protocol::Page>(), SizeIs(1));
    EXPECT_EQ(last_asked<protocol::Page>().stream, StreamId("c4"));
}

TEST(AccountPull, WaitsForAPlaceAmongThoseThatAreUnderWay) {
    Script script;
    script.go_live();
    script.give({Script::joined("c1", 1), Script::joined("c2", 2), Script::joined("c3", 3),
                 Script::joined("c4", 4), Script::joined("late", 9)});
    EXPECT_THAT(script.sent_of<protocol::Changes>(), SizeIs(core::pulls_in_flight_max));
    EXPECT_THAT(account_pulls(script), SizeIs(1));
    script.forget();
    Script other;
    other.go_live();
    other.give(
        {Script::joined("c1", 1), Script::joined("c2", 2), Script::joined("c3", 3), Script::joined("c4", 4)});
    EXPECT_THAT(other.sent_of<protocol::Changes>(), SizeIs(core::pulls_in_flight_max));
    other.give({Script::joined("late", 9)});
    EXPECT_THAT(account_pulls(other), testing::IsEmpty());
    other.give(protocol::ChangesOk{0, 1, 1, false, {}}, other.sent_of<protocol::Changes>().front().id);
    EXPECT_THAT(account_pulls(other), SizeIs(1));
}

}  // namespace
}  // namespace parley::test
