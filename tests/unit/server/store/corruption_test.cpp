#include "protocol/codec.hpp"
#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace parley::server::test {

namespace {

constexpr int messages = 200;

/// Flips one bit of the text wherever it stands in the file: pages keep remains of what has moved to others.
bool flip_in(sim::DiskNode& node, const std::string& text, sim::Random& random) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(node.file.size()));
    node.file.read(0, bytes);
    const std::vector<std::uint8_t> wanted(text.begin(), text.end());
    const auto within = random.between(0, std::ssize(text) - 1);
    const auto bit = static_cast<std::uint8_t>(1 << random.below(8));
    int flipped = 0;
    for (auto from = bytes.begin();; ++flipped) {
        const auto found = std::search(from, bytes.end(), wanted.begin(), wanted.end());
        if (found == bytes.end()) return flipped > 0;
        node.file.byte_at(found - bytes.begin() + within) ^= bit;
        from = found + 1;
    }
}

std::int64_t root_page_of_rows(StoreOnDisk& on_disk) {
    EXPECT_TRUE(on_disk.start());
    const std::int64_t page = [&] {
        const auto connection =
            sqlite::Connection::open(database, on_disk.process().vfs_name(), sqlite::Access::read_only);
        return sqlite::one_number(**connection, "SELECT rootpage FROM sqlite_schema WHERE name = 'row'");
    }();
    EXPECT_TRUE(on_disk.store().close());
    on_disk.stop();
    return page;
}

}  // namespace

TEST(StoreCorruption, OfTwoHundredFlippedBitsInRowsAllAreFoundAndNoneIsServed) {
    StoreOnDisk on_disk(3);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    std::vector<Work> sent;
    const auto first_born = world.head(group) + 1;
    for (int i = 0; i < 2 * messages; ++i) {
        sent.push_back(world.work(ada, message_to(group, marked(i))));
        ASSERT_TRUE(world.apply(sent.back()));
    }
    ASSERT_TRUE(on_disk.store().close());
    on_disk.stop();
    sim::Random random(5);
    const auto node = on_disk.disk().find(database);
    for (int i = 0; i < 2 * messages; i += 2)
        ASSERT_TRUE(flip_in(*node, marked(i), random)) << i;

    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    auto& bad = on_disk.host.inner.bad_rows;
    std::set<std::string> served;
    for (const auto& row : world.all_changes(bob, group)) {
        if (const auto* message = std::get_if<protocol::MessageNew>(&row.payload))
            served.insert(message->text);
    }
    EXPECT_EQ(std::ssize(served), messages);
    for (int i = 1; i < 2 * messages; i += 2)
        EXPECT_TRUE(served.contains(marked(i)));
    EXPECT_EQ(std::ssize(bad), messages) << "each was reported when it was read";
    bad.clear();
    const auto view = world.snapshot();
    std::int64_t rows = 0;
    for (std::int64_t before = 0;;) {
        const auto part = page(*view, bob.account, {.stream = to_id(group), .before = before, .limit = 7});
        ASSERT_TRUE(part);
        rows += std::ssize(part->rows);
        if (!part->more_before) break;
        before = part->from;
    }
    EXPECT_EQ(rows, messages);
    bad.clear();
    std::int64_t scrubbed = 0;
    for (bool more = true; more;) {
        const auto slice = on_disk.store().scrub(64);
        ASSERT_TRUE(slice);
        scrubbed += slice->rows;
        more = !slice->round_ended;
    }
    EXPECT_EQ(std::ssize(bad), 2 * messages) << "the scrubber finds all, by place and by id";
    EXPECT_GT(scrubbed, 4 * messages);
    // A repeat of a message whose row is bad makes no second message, and its sender need not ask again.
    const auto head = world.head(group);
    const auto again = world.apply(sent[0]);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->stream, to_id(group));
    EXPECT_EQ(*again->seq, first_born);
    EXPECT_TRUE(world.apply(sent[1]));
    EXPECT_EQ(world.head(group), head);
}

TEST(StoreCorruption, ABadNewestMessageIsNotShownInTheList) {
    StoreOnDisk on_disk(4);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    ASSERT_TRUE(world.send(ada, group, marked(1)));
    ASSERT_TRUE(on_disk.store().close());
    on_disk.stop();
    sim::Random random(5);
    ASSERT_TRUE(flip_in(*on_disk.disk().find(database), marked(1), random));
    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    EXPECT_FALSE(world.state(ada, group).last);
}

TEST(StoreCorruption, WhatOneHasSetIsNotTakenForNothingWhereItsRowIsBad) {
    StoreOnDisk on_disk(6);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    const protocol::Target target{.stream = to_id(group)};
    const protocol::PreferencesChanged muted{.conversation = to_id(group),
                                             .muted_until = WallTime{1'999'888'777'666},
                                             .notify = protocol::Notify::all};
    ASSERT_TRUE(world.apply(
        world.work(ada, protocol::PreferencesSet{.target = target, .muted_until = muted.muted_until})));
    ASSERT_TRUE(world.apply(world.work(ada, protocol::DraftSet{.target = target, .text = marked(1)})));
    ASSERT_TRUE(on_disk.store().close());
    on_disk.stop();
    sim::Random random(5);
    const auto node = on_disk.disk().find(database);
    ASSERT_TRUE(flip_in(*node, protocol::encode(muted, protocol::Encoding::cbor), random));
    ASSERT_TRUE(flip_in(*node, marked(1), random));

    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    protocol::PreferencesSet set{.target = target, .archived = true};
    const auto refused = world.apply(world.work(ada, set));
    ASSERT_FALSE(refused) << "nobody knows what else was set";
    EXPECT_EQ(refused.error().code, ErrorCode::damaged);
    set.muted_until = WallTime{};
    set.pinned = set.marked_unread = false;
    set.notify = protocol::Notify::all;
    EXPECT_TRUE(world.apply(world.work(ada, set)));
    set = {.target = target, .archived = false};
    EXPECT_TRUE(world.apply(world.work(ada, set))) << "all of it was said anew";
    const auto cleared = world.apply(world.work(ada, protocol::DraftSet{.target = target, .text = {}}));
    ASSERT_TRUE(cleared);
    EXPECT_TRUE(cleared->seq) << "there may have been a text";
}

TEST(StoreCorruption, ABrokenFileIsNoticedByTheCheck) {
    StoreOnDisk on_disk(5);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto group = world.group(ada, {});
    for (int i = 0; i < messages; ++i)
        ASSERT_TRUE(world.send(ada, group, marked(i)));
    ASSERT_TRUE(on_disk.store().close());
    on_disk.stop();
    const auto node = on_disk.disk().find(database);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(node->file.size()));
    node->file.read(0, bytes);
    const auto text = marked(100);
    const auto page = (std::ranges::search(bytes, text).begin() - bytes.begin()) / 4096 * 4096;
    for (int i = 0; i < 8; ++i)
        node->file.byte_at(page + i) = 0xff;
    ASSERT_TRUE(on_disk.start());
    EXPECT_FALSE(on_disk.store().check());
    // One page of many: what stands on it is left out and reported, everything else is served.
    world.use(on_disk.store());
    const auto rows = std::ssize(world.all_changes(ada, group));
    EXPECT_GT(rows, messages / 2);
    EXPECT_LT(rows, messages);
    EXPECT_FALSE(on_disk.host.inner.bad_rows.empty());
}

TEST(StoreCorruption, ADamagedLinkShowsNobodyTheRowsOfOthers) {
    StoreOnDisk on_disk(6);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto hers = world.group(ada, {});
    const auto his = world.group(bob, {});
    for (int i = 0; i < 2 * messages; ++i)
        ASSERT_TRUE(world.send(i < messages ? ada : bob, i < messages ? hers : his, marked(i)));
    ASSERT_TRUE(on_disk.store().close());
    on_disk.stop();
    // The root of the table, with a link to each page of rows: an early one and a late one change places.
    auto& file = on_disk.disk().find(database)->file;
    const auto root = (root_page_of_rows(on_disk) - 1) * 4096;
    ASSERT_EQ(file.byte_at(root), 0x02);
    const auto cells = file.byte_at(root + 3) * 256 + file.byte_at(root + 4);
    ASSERT_GT(cells, 6);
    const auto link_at = [&](std::int64_t cell) {
        return root + file.byte_at(root + 12 + 2 * cell) * 256 + file.byte_at(root + 13 + 2 * cell);
    };
    for (int i = 0; i < 4; ++i)
        std::swap(file.byte_at(link_at(2) + i), file.byte_at(link_at(cells - 2) + i));

    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    for (const auto& [reader, group, first] : {std::tuple(ada, hers, 0), std::tuple(bob, his, messages)}) {
        std::set<std::string> own;
        for (int i = first; i < first + messages; ++i)
            own.insert(marked(i));
        const auto view = world.snapshot();
        const auto read_page = page(*view, reader.account, {.stream = to_id(group), .after = 0});
        const auto read_changes = changes(*view, reader.account, {.stream = to_id(group)});
        for (const auto& rows : {read_page ? read_page->rows : std::vector<protocol::Change>(),
                                 read_changes ? read_changes->rows : std::vector<protocol::Change>()}) {
            for (const auto& row : rows) {
                const auto* message = std::get_if<protocol::MessageNew>(&row.payload);
                EXPECT_TRUE(message == nullptr || own.contains(message->text)) << message->text;
            }
        }
    }
    EXPECT_FALSE(on_disk.host.inner.bad_rows.empty());
    // Rows that stand out of order lead no round of the scrubber in a circle.
    for (std::int64_t slice = 1; slice < 80; ++slice) {
        std::int64_t slices = 0;
        for (bool more = true; more && slices < 2000; ++slices)
            more = !on_disk.store().scrub(slice)->round_ended;
        EXPECT_LT(slices, 2000) << "in slices of " << slice;
    }
}

TEST(StoreCorruption, ADamagedIndexShowsNobodyWhatHeMayNotSee) {
    StoreOnDisk on_disk(8);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const auto ada = world.person("ada");
    const auto bob = world.person("bob");
    const auto group = world.group(ada, {bob});
    ASSERT_TRUE(world.remove(ada, group, bob));
    ASSERT_TRUE(world.send(ada, group, "between us"));
    ASSERT_TRUE(world.add(ada, group, {bob}));
    ASSERT_TRUE(world.send(ada, group, "hello again"));
    ASSERT_TRUE(on_disk.store().close());
    // The index of what everybody sees leads to messages too.
    ASSERT_TRUE(on_disk.start());
    {
        const auto connection =
            sqlite::Connection::open(database, on_disk.process().vfs_name(), sqlite::Access::read_write);
        constexpr const char* lead_to_all =
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX row_fixed ON row (stream, born)'"
            " WHERE name = 'row_fixed'; PRAGMA writable_schema = RESET; REINDEX row_fixed;"
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX row_fixed ON row (stream, born) WHERE kind <> 42'"
            " WHERE name = 'row_fixed'; PRAGMA writable_schema = RESET";
        ASSERT_TRUE((*connection)->execute(lead_to_all));
    }
    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    std::vector<std::string> texts;
    for (const auto& row : world.all_changes(bob, group)) {
        const auto* message = std::get_if<protocol::MessageNew>(&row.payload);
        if (message != nullptr) texts.push_back(message->text);
    }
    EXPECT_THAT(texts, testing::ElementsAre("hello again"));
    EXPECT_FALSE(on_disk.host.inner.bad_indexes.empty());
}

TEST(StoreCorruption, TheIdOfAMessageThatLeadsToAnotherOneIsNotAnsweredWithItsPlace) {
    StoreOnDisk on_disk(9);
    ASSERT_TRUE(on_disk.start());
    StoreWorld world(on_disk.store());
    const Person ada = world.person("ada");
    const ConversationKey group = world.group(ada, {});
    const Work first = world.work(ada, message_to(group, "one"));
    const Work second = world.work(ada, message_to(group, "two"));
    const auto answered = world.apply(first);
    ASSERT_TRUE(answered);
    ASSERT_TRUE(world.apply(second));
    ASSERT_TRUE(on_disk.store().close());
    ASSERT_TRUE(on_disk.start());
    const auto in_sql = [](const Work& work) {
        std::string text = "x'";
        for (const auto byte : work.origin.command->bytes) {
            constexpr std::string_view digits = "0123456789abcdef";
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
        return text + "'";
    };
    {
        const auto connection =
            sqlite::Connection::open(database, on_disk.process().vfs_name(), sqlite::Access::read_write);
        const std::string exchanged = "CASE id WHEN " + in_sql(first) + " THEN " + in_sql(second) + " WHEN " +
                                      in_sql(second) + " THEN " + in_sql(first) + " ELSE id END";
        const auto defined_as = [](std::string id) {
            for (auto at = id.find('\''); at != std::string::npos; at = id.find('\'', at + 2))
                id.insert(at, "'");
            return "PRAGMA writable_schema = ON; UPDATE sqlite_schema"
                   " SET sql = 'CREATE UNIQUE INDEX row_id ON row (" +
                   id +
                   ", author) WHERE id IS NOT NULL' WHERE name = 'row_id'; PRAGMA writable_schema = RESET;";
        };
        const std::string sql = defined_as(exchanged) + "REINDEX row_id;" + defined_as("id");
        ASSERT_TRUE((*connection)->execute(sql.c_str())) << (*connection)->status().error().context;
    }
    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    const auto again = world.apply(first);
    ASSERT_FALSE(again) << "it would be told the place of the other: " << answered->seq.value_or(0) << " and "
                        << again->seq.value_or(0);
    // Asking once more would not help.
    EXPECT_EQ(again.error().code, ErrorCode::id_reused);
    EXPECT_EQ(class_of(again.error().code), ErrorClass::permanent);
    EXPECT_FALSE(on_disk.host.inner.bad_indexes.empty());
}

}  // namespace parley::server::test
