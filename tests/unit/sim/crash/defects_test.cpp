#include "sim/crash/trials.hpp"

#include <gmock/gmock.h>

#include <string>

namespace parley::sim::crash {

namespace {

using testing::AnyOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Seeds seed{.first = 11};

auto says(const std::string& what) {
    return Contains(Field(&Finding::what, HasSubstr(what)));
}

}  // namespace

TEST(StoreCrashes, FindNothingInASoundStore) {
    const auto power = try_worlds(seed, Ends::power_losses, 400, Defect::none);
    EXPECT_THAT(power.findings, IsEmpty());
    EXPECT_GE(power.toll.power_losses, 400);
    EXPECT_GT(power.toll.power_losses_starting, 10);
    EXPECT_GT(power.toll.told.messages, 2'000);
    EXPECT_GT(power.toll.told.edits, 100);
    EXPECT_GT(power.toll.told.deletions, 50);
    EXPECT_GT(power.toll.told.reactions, 50);
    EXPECT_GT(power.toll.told.pins, 30);
    EXPECT_GT(power.toll.told.own_settings, 50);
    EXPECT_GT(power.toll.told.repeats, 50);
    EXPECT_GT(power.toll.told.refusals, 50);
    EXPECT_GT(power.toll.transactions_survived_untold, 2);
    EXPECT_GT(power.toll.sectors_torn, 500);
    EXPECT_GT(power.toll.integrity_checks, 40);
    EXPECT_GT(power.toll.rows_scrubbed, 10'000);
    const auto syncs = try_worlds(seed, Ends::failing_syncs, 120, Defect::none);
    EXPECT_THAT(syncs.findings, IsEmpty());
    EXPECT_GT(syncs.toll.failed_syncs, 40);
    const auto flipped = rot(seed, 25, Defect::none);
    EXPECT_THAT(flipped.findings, IsEmpty());
    EXPECT_EQ(flipped.parts.at(0).found, 25);
    EXPECT_EQ(flipped.parts.at(1).found, 25) << "earlier texts";
}

TEST(StoreCrashes, AreTheSameFromTheSameSeed) {
    const auto one = try_worlds(seed, Ends::power_losses, 40, Defect::none).toll;
    const auto other = try_worlds(seed, Ends::power_losses, 40, Defect::none).toll;
    EXPECT_EQ(one.told.rows, other.told.rows);
    EXPECT_EQ(one.sectors_torn, other.sectors_torn);
    EXPECT_EQ(one.rows_audited, other.rows_audited);
}

TEST(StoreCrashes, FindSynchronousNormal) {
    const auto trial = try_worlds(seed, Ends::power_losses, 60, Defect::synchronous_normal);
    EXPECT_THAT(trial.findings, says("acknowledged rows are lost"));
}

// What was not synced is missing in the log, where rows are lost with it, or in the database itself, where it
// is damaged with it: before anybody could ask for rows. Which of them comes first is the seed's affair.
TEST(StoreCrashes, FindAnIgnoredFailedSync) {
    const auto trial = try_worlds(seed, Ends::failing_syncs, 200, Defect::failed_sync_ignored);
    EXPECT_THAT(trial.findings,
                AnyOf(says("acknowledged rows are lost"), says("the check after an unclean end"),
                      says("the store does not open")));
    EXPECT_THAT(try_worlds(seed, Ends::failing_syncs, 200, Defect::none).findings, IsEmpty());
}

TEST(StoreCrashes, FindAnswersThatAreGivenBeforeTheCommit) {
    const auto trial = try_worlds(seed, Ends::power_losses, 200, Defect::answers_before_commit);
    EXPECT_THAT(trial.findings, says("an acknowledged message is lost"));
}

TEST(StoreCrashes, FindAnswersThatAreGivenBeforeTheSync) {
    const auto trial = try_worlds(seed, Ends::power_losses, 60, Defect::answers_before_sync);
    EXPECT_THAT(trial.findings, says("acknowledged rows are lost"));
}

TEST(StoreCrashes, FindThatNoChecksumIsLookedAt) {
    const auto flipped = rot(seed, 25, Defect::no_checksums);
    EXPECT_THAT(flipped.findings, says("a row is served that is not as it was told"));
    EXPECT_THAT(flipped.findings, says("a flipped bit was not found"));
    EXPECT_LT(flipped.parts.front().found, 25);
}

TEST(StoreCrashes, NameTheSeedOfEachFinding) {
    const auto trial = try_worlds(seed, Ends::power_losses, 60, Defect::synchronous_normal);
    ASSERT_FALSE(trial.findings.empty());
    const auto again =
        try_worlds({.first = trial.findings.front().seed}, Ends::power_losses, 1, Defect::synchronous_normal);
    ASSERT_FALSE(again.findings.empty());
    EXPECT_EQ(again.findings.front().what, trial.findings.front().what);
}

}  // namespace parley::sim::crash
