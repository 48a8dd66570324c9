#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>

#include <map>

namespace parley::server::test {

namespace {

struct Sent {
    Work work;
    StreamId stream;
    std::int64_t born = 0;
};

struct Toll {
    int lives = 0;
    int acknowledged = 0;
    int lost = 0;
    int fatal = 0;
};

/// People who write and read while their server dies again and again.
class Ordeal {
  public:
    explicit Ordeal(std::uint64_t seed) : on_disk_(seed), random_(seed) {}

    /// The first life makes the people and is spared.
    void found() {
        ASSERT_TRUE(on_disk_.start());
        world_ = std::make_unique<StoreWorld>(on_disk_.store());
        for (const auto* name : {"ada", "bob", "cyd"})
            people_.push_back(world_->person(name));
        conversations_.push_back(world_->group(people_[0], {people_[1], people_[2]}));
        conversations_.push_back(world_->group(people_[1], {people_[2]}));
        conversations_.push_back(
            *conversation_key(world_->send_direct(people_[0], people_[1], "hi")->stream.text()));
    }

    void life(std::int64_t operations, bool power) {
        ++toll.lives;
        on_disk_.process().kill_at(random_.between(1, operations));
        while (on_disk_.process().alive())
            act();
        toll.fatal += static_cast<int>(on_disk_.host.inner.fatals.size());
        on_disk_.host.inner.fatals.clear();
        if (power) on_disk_.lose_power();
        // A process may die while it starts; a later one does not.
        on_disk_.disk().faults().sync_failures = 0;
        for (std::int64_t at = 1; at < 12 && power; at += random_.between(1, 4)) {
            on_disk_.start_and_die_at(at);
            on_disk_.lose_power();
        }
        if (!on_disk_.start()) FAIL() << "the store does not open";
        world_->use(on_disk_.store());
        verify();
    }

    sim::MemoryDisk& disk() { return on_disk_.disk(); }

    Toll toll;

  private:
    void act() {
        std::vector<Work> works;
        for (std::uint64_t i = random_.below(5); i < 6; ++i)
            works.push_back(some_work());
        // A repeat of something that was acknowledged must be answered as then, whatever happened in between.
        if (!sent_.empty()) works.push_back(random_.pick(sent_).work);
        auto applied = on_disk_.store().apply(works);
        if (!applied) return;
        std::size_t next = 0;
        for (const auto& effect : applied->effects) {
            const auto* replied = std::get_if<Replied>(&effect);
            if (replied == nullptr) continue;
            while (std::holds_alternative<Acks>(works[next].command))
                ++next;
            const auto& work = works[next++];
            if (!replied->answer || !std::holds_alternative<protocol::MessageSend>(work.command)) continue;
            ++toll.acknowledged;
            sent_.push_back({.work = work, .stream = replied->answer->stream, .born = *replied->answer->seq});
        }
    }

    Work some_work() {
        const auto& by = random_.pick(people_);
        const auto to = random_.pick(conversations_);
        switch (random_.below(5)) {
            case 0:
                return world_->work(
                    by, protocol::Read{.target = {.stream = to_id(to)}, .upto = random_.between(1, 40)});
            case 1:
                return {.origin = {},
                        .command = Acks{.epoch = world_->store().epoch(),
                                        .acks = {{.account = by.account,
                                                  .device = by.device,
                                                  .conversation = to,
                                                  .seq = random_.between(1, 40)}}},
                        .at = world_->now};
            default: {
                const auto size = static_cast<std::size_t>(random_.below(6) == 0 ? 3000 : 40);
                return world_->work(
                    by, message_to(to, std::string(size, static_cast<char>('a' + random_.below(26)))));
            }
        }
    }

    void verify() {
        const auto view = world_->snapshot();
        for (const auto& sent : sent_) {
            const auto found = view->rows().message(sent.work.origin.account, *sent.work.origin.command);
            const bool there = found && found->change && found->change->born == sent.born &&
                               StreamKey(*conversation_key(sent.stream.text())) == found->stream;
            if (!there) ++toll.lost;
        }
        ASSERT_TRUE(view->status());
        ASSERT_TRUE(on_disk_.store().check());
        ASSERT_TRUE(on_disk_.host.inner.bad_rows.empty());
        for (const auto key : conversations_) {
            for (const auto& person : people_)
                verify_counts(*view, key, person);
        }
    }

    /// Numbers without a gap, and the count equal to a recount.
    void verify_counts(Snapshot& view, ConversationKey key, const Person& person) {
        const auto* member = view.conversations().member(key, person.account);
        if (member == nullptr || !member->present) return;
        const auto rows = world_->all_changes(person, key);
        std::int64_t unread = 0;
        std::int64_t last = 0;
        for (const auto& row : rows) {
            EXPECT_EQ(row.seq, last + 1);
            last = row.seq;
            const auto* message = std::get_if<protocol::MessageNew>(&row.payload);
            if (message != nullptr && message->sender != person.id() && row.born > member->read) ++unread;
        }
        const auto state = world_->state(person, key);
        EXPECT_EQ(state.head, last);
        EXPECT_EQ(state.unread, unread);
    }

    StoreOnDisk on_disk_;
    sim::Random random_;
    std::unique_ptr<StoreWorld> world_;
    std::vector<Person> people_;
    std::vector<ConversationKey> conversations_;
    std::vector<Sent> sent_;
};

}  // namespace

TEST(StoreCrash, NothingAcknowledgedIsLostByKillsAndPowerLosses) {
    Toll toll;
    for (std::uint64_t seed = 1; seed <= 40 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Ordeal ordeal(seed);
        ordeal.found();
        for (int life = 0; life < 6; ++life)
            ordeal.life(150, seed % 4 != 0);
        EXPECT_EQ(ordeal.toll.lost, 0);
        toll.lives += ordeal.toll.lives;
        toll.acknowledged += ordeal.toll.acknowledged;
    }
    EXPECT_EQ(toll.lives, 240);
    EXPECT_GT(toll.acknowledged, 2000);
}

TEST(StoreCrash, AFailedSyncEndsTheProcessAndLosesNothing) {
    Toll toll;
    for (std::uint64_t seed = 1; seed <= 60 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Ordeal ordeal(seed);
        ordeal.found();
        for (int life = 0; life < 3; ++life) {
            ordeal.disk().faults().sync_failures = 50;
            ordeal.life(600, true);
        }
        EXPECT_EQ(ordeal.toll.lost, 0);
        toll.fatal += ordeal.toll.fatal;
    }
    EXPECT_GT(toll.fatal, 60);
}

TEST(StoreCrash, ALogWhoseSyncFailedIsMadeDurableBeforeItIsCopiedBack) {
    // After the failed sync the system shows all of the log, and the disk has only parts of it. A start that
    // copies it back, and loses the power meanwhile, must not leave a file that is half new.
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        StoreOnDisk on_disk(seed);
        ASSERT_TRUE(on_disk.start());
        StoreWorld world(on_disk.store());
        const auto ada = world.person("ada");
        const auto group = world.group(ada, {});
        std::vector<Work> sent;
        const auto send = [&] {
            auto work = world.work(ada, message_to(group, std::string(9000, 'x')));
            if (world.apply(work)) sent.push_back(std::move(work));
        };
        for (int i = 0; i < 5; ++i)
            send();
        // The log begins anew, so that nothing in it could mend what the cut start leaves in the main file.
        ASSERT_TRUE(on_disk.store().checkpoint());
        on_disk.disk().faults().sync_failures = 400;
        while (on_disk.process().alive())
            send();
        on_disk.disk().faults().sync_failures = 0;
        on_disk.start_and_die_at(static_cast<std::int64_t>(seed % 20) + 1);
        on_disk.lose_power();
        ASSERT_TRUE(on_disk.start());
        world.use(on_disk.store());
        const auto checked = on_disk.store().check();
        EXPECT_TRUE(checked) << checked.error().context;
        for (const auto& work : sent)
            EXPECT_TRUE(world.snapshot()->rows().message(ada.account, *work.origin.command));
    }
}

TEST(StoreCrash, AFailedSyncOfTheBallastEndsTheProcessToo) {
    StoreOnDisk on_disk(1);
    ASSERT_TRUE(on_disk.start());
    on_disk.stop();
    const auto ballast = on_disk.disk().start();
    ASSERT_EQ(ballast->remove("data/ballast", true), 0);
    ballast->kill();
    on_disk.start_and_fail_sync("data/ballast");
    EXPECT_EQ(on_disk.host.inner.fatals.size(), 1U);
    EXPECT_TRUE(on_disk.start());
}

TEST(StoreCrash, ATestThatCanFailFindsADiskThatLies) {
    int lost = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Ordeal ordeal(seed);
        ordeal.found();
        ordeal.disk().faults().syncs_lie = true;
        // The checks inside would fail as they should; only the toll is looked at.
        testing::TestPartResultArray ignored;
        const testing::ScopedFakeTestPartResultReporter reporter(&ignored);
        ordeal.life(300, true);
        lost += ordeal.toll.lost;
    }
    EXPECT_GT(lost, 0);
}

TEST(StoreCrash, AnEndInOrderIsToldFromOneWithout) {
    StoreOnDisk on_disk(1);
    ASSERT_TRUE(on_disk.start());
    EXPECT_FALSE(on_disk.store().unclean_start());
    ASSERT_TRUE(on_disk.start());
    EXPECT_TRUE(on_disk.store().unclean_start());
    EXPECT_TRUE(on_disk.store().check());
    ASSERT_TRUE(on_disk.store().close());
    EXPECT_FALSE(on_disk.store().apply({}));
    ASSERT_TRUE(on_disk.start());
    EXPECT_FALSE(on_disk.store().unclean_start());
}

TEST(StoreCrash, TheLogIsCopiedBackBeforeItGrowsLong) {
    StoreOnDisk on_disk(1);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const auto log_size = [&] {
        return on_disk.disk().find("data/parley.db-wal")->file.size();
    };
    std::int64_t longest = 0;
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(world.send(ada, group, std::string(1000, 'x')));
        longest = std::max(longest, log_size());
    }
    EXPECT_LT(longest, 2 * on_disk.options.log_bytes_max);
    // A reader who does not end keeps the log from beginning anew, and nothing else.
    const auto view = world.snapshot();
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(world.send(ada, group, std::string(1000, 'x')));
    EXPECT_GT(log_size(), longest);
    EXPECT_EQ(changes(*view, ada.account, {.stream = to_id(group)})->head, 202);
}

}  // namespace parley::server::test
