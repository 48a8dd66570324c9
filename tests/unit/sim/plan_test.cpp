#include "sim/plan.hpp"

#include "sim/acts/act.hpp"
#include "sim/faults/fault.hpp"
#include "sim/verdict.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace parley::sim {
namespace {

TEST(Plan, EachSeedLeavesOutAboutHalfOfWhatThereIs) {
    constexpr std::uint64_t seeds = 400;
    std::map<std::string_view, std::uint64_t> seen;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const Plan plan = make_plan(Random(seed), Profile::hostile);
        for (const Act* act : plan.acts)
            ++seen[act->name];
        for (const Fault* fault : plan.faults)
            ++seen[fault->name];
        EXPECT_GE(plan.people, 2U);
        EXPECT_LE(plan.people, 40U);
    }
    for (const Act* act : all_acts()) {
        if (act->always) {
            EXPECT_EQ(seen[act->name], seeds) << act->name;
        } else {
            EXPECT_NEAR(static_cast<double>(seen[act->name]), seeds / 2.0, 50) << act->name;
        }
    }
    for (const Fault* fault : all_faults())
        EXPECT_NEAR(static_cast<double>(seen[fault->name]), seeds / 2.0, 50) << fault->name;
}

TEST(Plan, EveryProfileComesUp) {
    std::set<Profile> seen;
    for (std::uint64_t seed = 1; seed <= 40; ++seed)
        seen.insert(profile_of(seed));
    EXPECT_EQ(seen.size(), profiles.size());
}

TEST(Plan, ReadsTheNumbersThatItWrites) {
    for (const std::string_view text : {"", "3", "1-5", "1-5,9", "2,4,6-7,100"}) {
        const auto numbers = numbers_in(text);
        ASSERT_TRUE(numbers) << text;
        EXPECT_EQ(text_of(*numbers), text);
    }
    for (const std::string_view text : {"a", "1-", "-1", "1,", ",1", "1-2-3", "1 2", "99999999999"})
        EXPECT_FALSE(numbers_in(text)) << text;
}

TEST(Verdict, ComesThroughAsItWas) {
    const Verdict verdict{.seed = 7,
                          .trace_hash = "0123456789abcdef",
                          .broken = 3,
                          .report = "first\n\n  second 5\n",
                          .counts = {{"acts", 5}, {"fault: kill the server", -1}}};
    const auto decoded = Verdict::decode(verdict.encoded());
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->seed, verdict.seed);
    EXPECT_EQ(decoded->trace_hash, verdict.trace_hash);
    EXPECT_EQ(decoded->broken, verdict.broken);
    EXPECT_EQ(decoded->report, verdict.report);
    EXPECT_EQ(decoded->counts, verdict.counts);
    for (std::size_t bytes = 0; bytes < verdict.encoded().find("report"); ++bytes)
        EXPECT_FALSE(Verdict::decode(verdict.encoded().substr(0, bytes))) << bytes;
}

}  // namespace
}  // namespace parley::sim
