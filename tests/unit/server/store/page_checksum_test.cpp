#include "server/store/backup.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <set>

namespace parley::server::test {

namespace {

using sqlite::page_bytes;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t reserved_bytes_at = 20;
constexpr int messages_written = 300;

std::string filling(int number) {
    return "filling " + std::to_string(10000 + number) + std::string(60, '.');
}

/// Ada writes into a group with Bob; then the store is closed in order, and its file can be damaged.
class DamagedPage : public testing::Test {
  protected:
    void make(bool page_checksums = true) {
        on_disk.options.page_checksums = page_checksums;
        ASSERT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada-of-these-tests");
        bob = world->person("bob-of-these-tests");
        group = world->group(ada, {bob});
        for (int i = 0; i < messages_written; ++i)
            ASSERT_TRUE(world->send(ada, group, filling(i)));
        close();
        on_disk.options.page_checksums = true;
    }

    void close() {
        ASSERT_TRUE(on_disk.store().close());
        on_disk.stop();
    }

    bool start() {
        if (!on_disk.start()) return false;
        world->use(on_disk.store());
        return true;
    }

    sim::MemoryFile& file() { return on_disk.disk().find(database)->file; }

    /// Where the text stands in the file, from a place on; negative: nowhere.
    std::int64_t find(const std::string& text, std::int64_t from = 0) {
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file().size()));
        file().read(0, bytes);
        const auto found = std::search(bytes.begin() + from, bytes.end(), text.begin(), text.end());
        return found == bytes.end() ? -1 : found - bytes.begin();
    }

    /// A whole round; the pages that were found damaged.
    std::set<std::int64_t> scrub() {
        std::set<std::int64_t> found;
        for (bool more = true; more;) {
            const auto slice = on_disk.store().scrub(64);
            EXPECT_TRUE(slice);
            if (!slice) break;
            pages_scrubbed += slice->pages;
            found.insert(slice->damaged_pages.begin(), slice->damaged_pages.end());
            more = !slice->round_ended;
        }
        return found;
    }

    std::int64_t texts_served() { return std::ssize(world->all_changes(bob, group)); }

    StoreOnDisk on_disk{9};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    Person bob;
    ConversationKey group;
    std::int64_t pages_scrubbed = 0;
};

}  // namespace

TEST(PageChecksum, FitsOneContentInOnePlace) {
    std::array<std::uint8_t, page_bytes> page{};
    for (std::size_t i = 0; i < page.size(); ++i)
        page.at(i) = static_cast<std::uint8_t>(i * 7);
    sqlite::put_page_checksum(page, 5);
    EXPECT_TRUE(sqlite::page_checksum_fits(page, 5));
    EXPECT_FALSE(sqlite::page_checksum_fits(page, 6));
    for (std::size_t at = 0; at < page.size(); at += 5) {
        page.at(at) ^= 0x10;
        EXPECT_FALSE(sqlite::page_checksum_fits(page, 5)) << at;
        page.at(at) ^= 0x10;
    }
    EXPECT_FALSE(sqlite::page_checksum_fits(std::array<std::uint8_t, page_bytes>{1}, 5));
    EXPECT_TRUE(sqlite::page_checksum_fits(std::array<std::uint8_t, page_bytes>{}, 5)) << "never written";
}

TEST_F(DamagedPage, IsFoundByTheScrubberAndTheCheckWhateverItHolds) {
    make();
    const auto at = find("ada-of-these-tests");
    file().byte_at(at + 2) ^= 0x04;
    ASSERT_TRUE(start());
    EXPECT_THAT(scrub(), testing::ElementsAre(at / page_bytes + 1));
    EXPECT_EQ(pages_scrubbed, file().size() / page_bytes);
    EXPECT_THAT(on_disk.host.inner.bad_pages, Contains(at / page_bytes + 1));
    EXPECT_FALSE(on_disk.store().check());
}

TEST_F(DamagedPage, OfAccountsIsServedToNobody) {
    make();
    std::vector<std::int64_t> places;
    for (auto at = find("ada-of-these-tests"); at >= 0; at = find("ada-of-these-tests", at + 1))
        places.push_back(at);
    for (const auto at : places)
        file().byte_at(at + 2) ^= 0x04;
    ASSERT_TRUE(start());
    const auto view = world->snapshot();
    EXPECT_FALSE(view->accounts().by_handle("ada-of-these-tests"));
    EXPECT_FALSE(view->status()) << "it is not that there is nobody of this name";
    EXPECT_FALSE(on_disk.host.inner.bad_pages.empty());
}

TEST_F(DamagedPage, OfRowsCostsNoMoreThanTheBadRow) {
    make();
    const auto at = find(filling(100));
    file().byte_at(at + 3) ^= 0x01;
    ASSERT_TRUE(start());
    const auto all = texts_served();
    EXPECT_THAT(scrub(), testing::ElementsAre(at / page_bytes + 1));
    on_disk.stop();
    file().byte_at(at + 3) ^= 0x01;
    ASSERT_TRUE(start());
    EXPECT_EQ(texts_served(), all + 1);
    EXPECT_THAT(scrub(), IsEmpty());
    EXPECT_TRUE(on_disk.store().check());
}

TEST_F(DamagedPage, ThatStandsInAnothersPlaceIsFound) {
    make();
    const auto first = find(filling(20)) / page_bytes;
    const auto second = find(filling(200)) / page_bytes;
    ASSERT_NE(first, second);
    for (std::int64_t i = 0; i < page_bytes; ++i)
        std::swap(file().byte_at(first * page_bytes + i), file().byte_at(second * page_bytes + i));
    ASSERT_TRUE(start());
    EXPECT_EQ(scrub(), (std::set{first + 1, second + 1}));
}

TEST_F(DamagedPage, ThatSaysThatThereAreNoChecksumsLetsNoStoreOpen) {
    make();
    ASSERT_EQ(file().byte_at(reserved_bytes_at), sqlite::page_checksum_bytes);
    file().byte_at(reserved_bytes_at) ^= 8;
    EXPECT_FALSE(start());
    EXPECT_THAT(on_disk.open_error.context, HasSubstr("restore a backup"));
}

TEST_F(DamagedPage, ThatSaysThatThereAreNoChecksumsHidesNothingFromAStoreThatRuns) {
    make();
    ASSERT_TRUE(start());
    ASSERT_THAT(scrub(), IsEmpty());
    const auto at = find("ada-of-these-tests");
    file().byte_at(at + 2) ^= 0x04;
    file().byte_at(reserved_bytes_at) ^= 8;
    pages_scrubbed = 0;
    EXPECT_EQ(scrub(), (std::set<std::int64_t>{1, at / page_bytes + 1}));
    EXPECT_EQ(pages_scrubbed, file().size() / page_bytes);
    EXPECT_THAT(on_disk.host.inner.bad_pages, Contains(1));
    const auto copied = copy_store("data", on_disk.process().vfs_name(), "data/copy.db");
    ASSERT_FALSE(copied);
    EXPECT_THAT(copied.error().context, HasSubstr("first page"));
}

TEST_F(DamagedPage, OfAnOlderFileIsFoundFromItsNextStartOn) {
    make(false);
    const auto bytes_before = file().size();
    ASSERT_GT(bytes_before, 10 * page_bytes);
    ASSERT_TRUE(start());
    EXPECT_EQ(texts_served(), messages_written + 3);
    EXPECT_THAT(scrub(), IsEmpty());
    EXPECT_EQ(pages_scrubbed, file().size() / page_bytes);
    close();
    const auto at = find("ada-of-these-tests");
    file().byte_at(at + 2) ^= 0x04;
    ASSERT_TRUE(start());
    EXPECT_THAT(scrub(), testing::ElementsAre(at / page_bytes + 1));
}

TEST_F(DamagedPage, IsNotMadeByDyingWhileAnOlderFileIsWrittenAnew) {
    make(false);
    const auto older = on_disk.disk().copy("older");
    for (const bool power : {false, true}) {
        // One life for each disk operation of the start, until one survives them all.
        for (std::int64_t at = 1;; at += 3) {
            on_disk.stop();
            on_disk.disk().become(*older);
            on_disk.start_and_die_at(at);
            const bool died = on_disk.died_starting;
            if (power) on_disk.lose_power();
            ASSERT_TRUE(start()) << "after dying at " << at << ": " << on_disk.open_error.context;
            ASSERT_EQ(texts_served(), messages_written + 3) << "after dying at " << at;
            ASSERT_THAT(scrub(), IsEmpty()) << "after dying at " << at;
            ASSERT_TRUE(on_disk.store().check());
            if (!died) break;
            ASSERT_LT(at, 2000);
        }
    }
}

}  // namespace parley::server::test
