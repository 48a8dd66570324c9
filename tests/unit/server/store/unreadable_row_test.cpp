#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace parley::server::test {

/// A row whose record cannot even be taken apart: SQLite says that the whole file is malformed.
class UnreadableRow : public testing::Test {
  protected:
    UnreadableRow() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        bob = world->person("bob");
        group = world->group(ada, {bob});
        for (int i = 0; i < 20; ++i) {
            sent.push_back(world->work(ada, message_to(group, marked(i))));
            EXPECT_TRUE(world->apply(sent.back()));
        }
        EXPECT_TRUE(on_disk.store().close());
        on_disk.stop();
    }

    /// The record's header says where its columns begin; it stands in front of the first of them.
    void damage(int number) {
        auto& file = on_disk.disk().find(database)->file;
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
        file.read(0, bytes);
        const auto text = marked(number);
        int damaged = 0;
        for (auto from = bytes.begin();; ++damaged) {
            const auto found = std::search(from, bytes.end(), text.begin(), text.end());
            if (found == bytes.end()) break;
            const std::vector<std::uint8_t> stream = stream_column();
            const auto record = std::find_end(bytes.begin(), found, stream.begin(), stream.end());
            file.byte_at(record - bytes.begin() - 1) ^=
                0x40;  // the last type: that of the body, and its size
            from = found + 1;
        }
        EXPECT_EQ(damaged, 1);
        EXPECT_TRUE(on_disk.start());
        world->use(on_disk.store());
    }

    std::vector<std::uint8_t> stream_column() const {
        std::vector<std::uint8_t> column;
        for (int shift = 40; shift >= 0; shift -= 8)
            column.push_back(static_cast<std::uint8_t>(group.value >> shift));
        return column;
    }

    std::vector<std::string> texts(const std::vector<protocol::Change>& rows) {
        std::vector<std::string> found;
        for (const auto& row : rows) {
            if (const auto* message = std::get_if<protocol::MessageNew>(&row.payload))
                found.push_back(message->text);
        }
        return found;
    }
    std::vector<std::string> all_but(int number) {
        std::vector<std::string> rest;
        for (int i = 0; i < 20; ++i) {
            if (i != number) rest.push_back(marked(i));
        }
        return rest;
    }

    StoreOnDisk on_disk{7};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    Person bob;
    ConversationKey group;
    std::vector<Work> sent;
};

TEST_F(UnreadableRow, IsLeftOutAndEverythingElseIsServed) {
    damage(7);
    EXPECT_EQ(texts(world->all_changes(bob, group)), all_but(7));
    const auto view = world->snapshot();
    const auto up = page(*view, bob.account, {.stream = to_id(group), .after = 0});
    ASSERT_TRUE(up);
    EXPECT_EQ(texts(up->rows), all_but(7));
    const auto down = page(*view, bob.account, {.stream = to_id(group), .before = 0});
    ASSERT_TRUE(down);
    EXPECT_EQ(texts(down->rows), all_but(7));
    EXPECT_FALSE(on_disk.host.inner.bad_rows.empty());
}

TEST_F(UnreadableRow, AsTheNewestLetsADeviceResume) {
    damage(19);
    const auto state = world->state(bob, group);
    ASSERT_TRUE(state.last);
    EXPECT_EQ(state.last->text, marked(18));
    EXPECT_EQ(state.unread, 20);
}

TEST_F(UnreadableRow, StopsNoWriter) {
    damage(7);
    const auto head = world->head(group);
    // A repeat, a reply, reading up to places around it: each meets the row in its own way.
    const auto again = world->apply(sent[7]);
    ASSERT_TRUE(again) << again.error().context;
    auto reply = message_to(group, "answer");
    reply.reply_to = sent[7].origin.command;
    EXPECT_TRUE(world->apply(world->work(bob, reply)));
    EXPECT_TRUE(world->read(bob, group, *again->seq - 1));
    EXPECT_EQ(world->state(bob, group).unread, 13);
    EXPECT_TRUE(world->read(bob, group, *again->seq + 1));
    EXPECT_EQ(world->state(bob, group).unread, 11);
    EXPECT_EQ(world->head(group), head + 1);
}

TEST_F(UnreadableRow, IsFoundByTheScrubber) {
    damage(7);
    std::set<std::int64_t> found;
    for (bool more = true; more;) {
        const auto slice = on_disk.store().scrub(8);
        ASSERT_TRUE(slice);
        more = !slice->round_ended;
    }
    for (const auto& bad : on_disk.host.inner.bad_rows)
        found.insert(bad.born);
    EXPECT_THAT(found, testing::ElementsAre(*world->apply(sent[7])->seq));
}

}  // namespace parley::server::test
