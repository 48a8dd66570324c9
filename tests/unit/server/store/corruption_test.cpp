#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace parley::server::test {

namespace {

constexpr int messages = 200;

std::string marked(int number) {
    return "marker " + std::to_string(10000 + number) + " and what follows it";
}

/// Flips one bit of the text wherever it stands in the file: pages keep remains of what has moved to others.
bool flip_in(sim::DiskNode& node, const std::string& text, sim::Random& random) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(node.file.size()));
    node.file.read(0, bytes);
    const auto within = random.between(0, std::ssize(text) - 1);
    const auto bit = static_cast<std::uint8_t>(1 << random.below(8));
    int flipped = 0;
    for (auto from = bytes.begin();; ++flipped) {
        const auto found = std::search(from, bytes.end(), text.begin(), text.end());
        if (found == bytes.end()) return flipped > 0;
        node.file.byte_at(found - bytes.begin() + within) ^= bit;
        from = found + 1;
    }
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
    for (int i = 0; i < 2 * messages; ++i) {
        sent.push_back(world.work(ada, message_to(group, marked(i))));
        ASSERT_TRUE(world.apply(sent.back()));
    }
    ASSERT_TRUE(on_disk.store().close());
    on_disk.stop();
    sim::Random random(5);
    const auto node = on_disk.disk().find("data/parley.db");
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
    for (std::int64_t more = 1; more > 0; scrubbed += more) {
        more = *on_disk.store().scrub(64);
    }
    EXPECT_EQ(std::ssize(bad), messages) << "the scrubber finds all";
    EXPECT_GT(scrubbed, 2 * messages);
    // A repeat of a message whose row is bad gets neither the first answer nor a second message.
    const auto head = world.head(group);
    EXPECT_EQ(world.apply(sent[0]).error().code, ErrorCode::internal);
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
    ASSERT_TRUE(flip_in(*on_disk.disk().find("data/parley.db"), marked(1), random));
    ASSERT_TRUE(on_disk.start());
    world.use(on_disk.store());
    EXPECT_FALSE(world.state(ada, group).last);
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
    const auto node = on_disk.disk().find("data/parley.db");
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(node->file.size()));
    node->file.read(0, bytes);
    const auto text = marked(100);
    const auto page = (std::ranges::search(bytes, text).begin() - bytes.begin()) / 4096 * 4096;
    for (int i = 0; i < 8; ++i)
        node->file.byte_at(page + i) = 0xff;
    ASSERT_TRUE(on_disk.start());
    EXPECT_FALSE(on_disk.store().check());
    // What cannot be read is an error, not an empty answer.
    const auto view = on_disk.store().snapshot();
    EXPECT_FALSE(changes(**view, ada.account, {.stream = to_id(group)}));
}

}  // namespace parley::server::test
