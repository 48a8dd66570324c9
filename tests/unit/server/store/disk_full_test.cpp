#include "server/store/page_checksum_sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

namespace {

class DiskFull : public testing::Test {
  protected:
    DiskFull() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        bob = world->person("bob");
        group = world->group(ada, {bob});
    }

    /// Sends until it is refused; how often it was not.
    int fill() {
        for (int sent = 0; sent < 100000; ++sent) {
            const auto answer = world->send(ada, group, std::string(4000, 'x'));
            if (answer) continue;
            EXPECT_EQ(name_of(answer.error().code), name_of(ErrorCode::disk_full));
            return sent;
        }
        ADD_FAILURE() << "the disk is never full";
        return 0;
    }

    /// Until the ballast is gone: then nothing is committed that has no place in the main file.
    void fill_into_the_ballast() {
        on_disk.disk().faults().capacity = on_disk.disk().used();
        fill();
        for (int i = 0; on_disk.disk().find("data/ballast") != nullptr && i < 2000; ++i)
            (void)rename();
        ASSERT_EQ(on_disk.disk().find("data/ballast"), nullptr);
    }

    /// To another name each time; that the command was done is written down.
    Result<Answer> rename() {
        return world->apply(
            world->work(ada, protocol::ProfileSet{.name = "name " + std::to_string(++renamed)}));
    }

    /// Pages that are free inside the main file could take one.
    void send_more_than_the_main_file_has_room_for() {
        for (std::size_t i = 0; i < long_messages; ++i)
            ASSERT_TRUE(world->send(ada, group, std::string(8000, 'x')));
    }

    static constexpr std::size_t long_messages = 8;
    int renamed = 0;
    StoreOnDisk on_disk{1};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    Person bob;
    ConversationKey group;
};

}  // namespace

TEST_F(DiskFull, ReadingAndRemovingGoOnAndServiceRecovers) {
    on_disk.disk().faults().capacity = 3 << 20;
    EXPECT_GT(fill(), 50);
    const auto head = world->head(group);
    // All of these write.
    EXPECT_TRUE(world->read(bob, group, head));
    world->ack(bob, group, head);
    EXPECT_EQ(world->state(ada, group).receipts[0].delivered, head);
    EXPECT_TRUE(world->apply(world->work(bob, protocol::DeviceRevoke{.device = to_id(bob.device)})));
    EXPECT_TRUE(world->remove(ada, group, bob));
    // What was accepted is answered again, and what is new is refused.
    EXPECT_EQ(world->send(ada, group, "no").error().code, ErrorCode::disk_full);
    on_disk.disk().faults().capacity = 64 << 20;
    bool recovered = false;
    for (int i = 0; i < 200 && !recovered; ++i)
        recovered = world->send(ada, group, "yes").has_value();
    EXPECT_TRUE(recovered);
    EXPECT_NE(on_disk.disk().find("data/ballast"), nullptr);
}

TEST_F(DiskFull, AStartGivesUpTheBallastForTheLogOfTheLastRun) {
    send_more_than_the_main_file_has_room_for();
    on_disk.stop();
    // The main file cannot take what stands in the log.
    on_disk.disk().faults().capacity = on_disk.disk().used();
    ASSERT_TRUE(on_disk.start());
    EXPECT_EQ(on_disk.disk().find("data/ballast"), nullptr);
    world->use(on_disk.store());
    EXPECT_EQ(world->all_changes(bob, group).size(), 3U + long_messages);
    EXPECT_EQ(world->send(ada, group, "no").error().code, ErrorCode::disk_full);
    EXPECT_TRUE(world->read(bob, group, world->head(group)));
}

TEST_F(DiskFull, AStartWithoutAnyRoomSaysWhatToDo) {
    on_disk.options.ballast_bytes = 0;
    send_more_than_the_main_file_has_room_for();
    on_disk.stop();
    const auto disk = on_disk.disk().start();
    ASSERT_EQ(disk->remove("data/ballast", true), 0);
    disk->kill();
    on_disk.disk().faults().capacity = on_disk.disk().used();
    EXPECT_FALSE(on_disk.start());
    EXPECT_EQ(on_disk.open_error.code, ErrorCode::disk_full);
    EXPECT_THAT(on_disk.open_error.context, testing::HasSubstr("free at least the size of parley.db-wal"));
    on_disk.disk().faults().capacity.reset();
    EXPECT_TRUE(on_disk.start());
}

TEST(DiskFullOfOlderFile, LeavesTheRoomThatWritingItAnewWantedForOthers) {
    StoreOnDisk older{2};
    older.options.page_checksums = false;
    ASSERT_TRUE(older.start());
    StoreWorld world(older.store());
    const auto writer = world.person("ada");
    const auto group = world.group(writer, {});
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(world.send(writer, group, std::string(8000, 'x')));
    ASSERT_TRUE(older.store().close());
    older.stop();
    older.options.page_checksums = true;
    const auto before = older.disk().used();
    // Room for half of the new file in the log; temporary files lie elsewhere.
    const auto bytes = older.disk().find("data/parley.db")->file.size();
    ASSERT_GT(bytes, 2 * older.options.ballast_bytes);
    older.disk().faults().capacity = before + bytes / 2;
    EXPECT_FALSE(older.start());
    EXPECT_EQ(older.open_error.code, ErrorCode::disk_full);
    EXPECT_THAT(older.open_error.context, testing::HasSubstr("free twice the size of"));
    EXPECT_LE(older.disk().used(), before);
    older.disk().faults().capacity.reset();
    std::vector<LongWork> told;
    older.options.progress = [&](const LongWork& work) {
        told.push_back(work);
    };
    ASSERT_TRUE(older.start());
    world.use(older.store());
    EXPECT_EQ(world.head(group), 102);
    ASSERT_GT(told.size(), 100U);
    EXPECT_EQ(told.front().bytes_written, 0) << "before it begins";
    const auto& last = told.back();
    EXPECT_GT(last.bytes_written, last.bytes_expected / 2);
    EXPECT_LT(last.bytes_written, last.bytes_expected * 5 / 4);
    ASSERT_TRUE(older.store().close());
    told.clear();
    ASSERT_TRUE(older.start());
    EXPECT_TRUE(told.empty()) << "it is done once";
    older.stop();
}

TEST_F(DiskFull, AfterACrashOnAFullDiskItStartsWithoutABallast) {
    on_disk.disk().faults().capacity = 3 << 20;
    fill();
    // Into the ballast: reading and removing write too.
    for (int i = 0; on_disk.disk().find("data/ballast") != nullptr && i < 2000; ++i)
        (void)rename();
    ASSERT_EQ(on_disk.disk().find("data/ballast"), nullptr);
    on_disk.disk().faults().capacity = on_disk.disk().used();
    for (int i = 0; i < 3; ++i) {
        on_disk.lose_power();
        ASSERT_TRUE(on_disk.start()) << on_disk.open_error.context;
        world->use(on_disk.store());
        ASSERT_TRUE(world->read(bob, group, world->head(group) - 10 + i));
    }
}

TEST_F(DiskFull, WhatGrowsTheStoreBitByBitTakesNoRoomThatTheNextStartNeeds) {
    fill_into_the_ballast();
    on_disk.disk().faults().capacity = on_disk.disk().used() + (48 << 10);
    // Until there is no place for it.
    int done = 0;
    for (int life = 0; life < 60; ++life) {
        for (int i = 0; i < 10; ++i)
            done += rename() ? 1 : 0;
        on_disk.lose_power();
        ASSERT_TRUE(on_disk.start()) << "life " << life << ": " << on_disk.open_error.context;
        world->use(on_disk.store());
    }
    EXPECT_GT(done, 20);
    EXPECT_LT(done, 600);
}

TEST_F(DiskFull, WhatAPowerLossFreesMayBeTakenByOthers) {
    fill_into_the_ballast();
    // Longer than the log is in any of the lives that follow.
    on_disk.options.log_bytes_max = 1 << 18;
    // What was committed has its place in the main file for good.
    for (int life = 0; life < 60; ++life) {
        on_disk.disk().faults().capacity = on_disk.disk().used() + (240 << 10);
        for (int i = 0; i < 4; ++i)
            ASSERT_TRUE(rename());
        on_disk.lose_power();
        on_disk.disk().faults().capacity = on_disk.disk().used();
        ASSERT_TRUE(on_disk.start()) << "life " << life << ": " << on_disk.open_error.context;
        world->use(on_disk.store());
    }
}

TEST_F(DiskFull, ReadsAndAcksThatMoveNothingNeedNoDisk) {
    ASSERT_TRUE(world->send(ada, group, "text"));
    const auto head = world->head(group);
    ASSERT_TRUE(world->read(bob, group, head));
    world->ack(bob, group, head);
    fill_into_the_ballast();
    on_disk.disk().faults().capacity = on_disk.disk().used();
    const auto writes = on_disk.disk().counts().writes;
    for (std::int64_t upto = 1; upto <= head; ++upto) {
        const auto read = world->read(bob, group, upto);
        ASSERT_TRUE(read);
        EXPECT_EQ(std::get<protocol::ReadOk>(read->payload).upto, head);
        world->ack(bob, group, upto);
    }
    EXPECT_EQ(on_disk.disk().counts().writes, writes);
}

TEST_F(DiskFull, RoomThatWasMadeForWhatNeverCameIsNotTakenForDamage) {
    // What a power loss leaves of a page that was written for the first transaction of a life: the log says
    // nothing of it.
    const Bytes half(sim::MemoryFile::sector_bytes, 0xb5);
    const Bytes nothing(static_cast<std::size_t>(sqlite::page_bytes) - half.size(), 0);
    for (int life = 0; life < 10; ++life) {
        ASSERT_TRUE(on_disk.store().close());
        on_disk.stop();
        auto& file = on_disk.disk().find(database)->file;
        const auto before = file.size();
        file.write(before, half);
        file.write(before + std::ssize(half), nothing);
        file.sync();
        ASSERT_TRUE(on_disk.start());
        EXPECT_EQ(on_disk.disk().find(database)->file.size(), before);
        for (bool ended = false; !ended;)
            ended = on_disk.store().scrub(1000)->round_ended;
        EXPECT_THAT(on_disk.host.inner.bad_pages, testing::IsEmpty());
        on_disk.lose_power();
        EXPECT_EQ(on_disk.disk().find(database)->file.size(), before) << "it has come back";
        ASSERT_TRUE(on_disk.start());
    }
}

TEST_F(DiskFull, ALogThatAReaderKeepsGrowsIntoNoRoomThatTheNextStartNeeds) {
    auto view = on_disk.store().snapshot();
    ASSERT_TRUE(view);
    // Longer than the ballast.
    while (on_disk.disk().find("data/parley.db-wal")->file.size() < 2 * on_disk.options.ballast_bytes)
        ASSERT_TRUE(world->send(ada, group, std::string(8000, 'x')));
    const auto head = world->head(group);
    on_disk.disk().faults().capacity = on_disk.disk().used();
    view->reset();
    on_disk.lose_power();
    ASSERT_TRUE(on_disk.start()) << on_disk.open_error.context;
    world->use(on_disk.store());
    EXPECT_EQ(world->head(group), head);
}

TEST_F(DiskFull, NewMessagesAreRefusedBeforeTheDiskIsFull) {
    const auto accepted = world->work(ada, message_to(group, "early"));
    ASSERT_TRUE(world->apply(accepted));
    on_disk.disk().faults().capacity = on_disk.disk().used() + (16 << 10);
    bool refused = false;
    for (int i = 0; i < 200 && !refused; ++i)
        refused = !world->send(ada, group, "x");
    EXPECT_TRUE(refused);
    EXPECT_NE(on_disk.disk().find("data/ballast"), nullptr) << "the ballast is for later";
    EXPECT_TRUE(world->apply(accepted));
    EXPECT_EQ(world->apply(world->work(ada, protocol::ConversationCreate{.title = "t"})).error().code,
              ErrorCode::disk_full);
    EXPECT_TRUE(world->leave(bob, group));
}

TEST_F(DiskFull, WhatFindsNothingToDoTakesNoRoomEither) {
    const auto said = world->work(ada, message_to(group, "text"));
    ASSERT_TRUE(world->apply(said));
    ASSERT_TRUE(world->leave(bob, group));
    on_disk.disk().faults().capacity = on_disk.disk().used() + (16 << 10);
    for (int i = 0; i < 200; ++i) {
        if (!world->send(ada, group, "x")) break;
    }
    const protocol::Target target{.stream = to_id(group)};
    const auto refused = [&](Command command) {
        const auto answer = world->apply(world->work(ada, std::move(command)));
        return answer ? std::nullopt : std::optional(answer.error().code);
    };
    EXPECT_EQ(
        refused(protocol::MessagePin{.target = target, .message = *said.origin.command, .remove = true}),
        ErrorCode::disk_full)
        << "what is not pinned";
    EXPECT_EQ(refused(protocol::MemberRemove{.target = target, .account = to_id(bob.account)}),
              ErrorCode::disk_full)
        << "who is not there";
    EXPECT_TRUE(world->apply(
        world->work(ada, protocol::MessageDelete{.target = target, .message = *said.origin.command})));
}

}  // namespace parley::server::test
