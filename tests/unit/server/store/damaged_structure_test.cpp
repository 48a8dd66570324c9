#include "protocol/generated/cpp/limits.hpp"
#include "server/store/page_checksum_sqlite.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/vfs_sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace parley::server::test {

namespace {

using sqlite::page_bytes;
using testing::Contains;
using testing::Not;

constexpr int messages_at_first = 400;

// What a page begins with, and where links stand (file format, sections 1.3, 1.5 and 1.6).
constexpr std::uint8_t interior_index_page = 0x02;
constexpr std::uint8_t interior_table_page = 0x05;
constexpr std::int64_t first_free_list_page_at = 32;

/// A store with tables of several pages and with free pages. It is closed in order, and its file can be
/// damaged.
class DamagedStructure : public testing::Test {
  protected:
    DamagedStructure() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        group = world->group(ada, {world->person("bob")});
        for (int i = 0; i < messages_at_first; ++i) {
            EXPECT_TRUE(world->send(ada, group, std::string(80, 'x')));
            EXPECT_TRUE(world->read(ada, group, world->head(group))) << "one that moves, which is remembered";
        }
        leave_free_pages();
        close();
    }

    void leave_free_pages() {
        const auto vfs = sqlite::GuardedVfs::create(on_disk.process().vfs_name(), nullptr);
        ASSERT_TRUE(vfs);
        const auto connection =
            sqlite::Connection::open(database, (*vfs)->name(), sqlite::Access::read_write);
        ASSERT_TRUE(connection);
        ASSERT_TRUE((*connection)
                        ->execute("CREATE TABLE filler (content BLOB) STRICT;"
                                  "INSERT INTO filler VALUES (zeroblob(100000)); DROP TABLE filler"));
        sqlite::Statement list(**connection, "SELECT name, rootpage FROM sqlite_schema");
        for (auto query = list(); query.step();)
            roots[std::string(query.text(0))] = query.integer(1);
    }

    void close() {
        ASSERT_TRUE(on_disk.store().close());
        on_disk.stop();
    }

    void start() {
        ASSERT_TRUE(on_disk.start());
        world->use(on_disk.store());
        on_disk.host.inner.bad_pages.clear();
    }

    sim::MemoryFile& file() { return on_disk.disk().find(database)->file; }
    static std::int64_t begin_of(std::int64_t page) { return (page - 1) * page_bytes; }

    std::int64_t number_at(std::int64_t offset, int bytes) {
        std::int64_t number = 0;
        for (int i = 0; i < bytes; ++i)
            number = number << 8 | file().byte_at(offset + i);
        return number;
    }
    void put_page_number(std::int64_t offset, std::int64_t number) {
        for (int i = 3; i >= 0; --i, number >>= 8)
            file().byte_at(offset + i) = static_cast<std::uint8_t>(number & 0xff);
    }

    Bytes content_of(std::int64_t page) {
        Bytes bytes(page_bytes);
        file().read(begin_of(page), bytes);
        return bytes;
    }

    /// Of those below this page, the one with the first entries.
    std::int64_t first_leaf(std::int64_t page) {
        const auto kind = file().byte_at(begin_of(page));
        if (kind != interior_index_page && kind != interior_table_page) return page;
        const auto first_cell = number_at(begin_of(page) + 12, 2);
        return first_leaf(number_at(begin_of(page) + first_cell, 4));
    }

    /// Everything in the interior page leads to the other one.
    void lead_all(std::int64_t page, std::int64_t to) {
        const auto at = begin_of(page);
        ASSERT_EQ(file().byte_at(at), interior_index_page);
        const auto cells = number_at(at + 3, 2);
        for (std::int64_t cell = 0; cell < cells; ++cell)
            put_page_number(at + number_at(at + 12 + 2 * cell, 2), to);
        put_page_number(at + 8, to);
    }

    /// How many of so many messages were accepted.
    int send(int count) {
        int accepted = 0;
        for (int i = 0; i < count; ++i)
            accepted += world->send(ada, group, std::string(80, 'y')) ? 1 : 0;
        return accepted;
    }

    const std::vector<std::int64_t>& bad_pages() const { return on_disk.host.inner.bad_pages; }

    StoreOnDisk on_disk{11};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    ConversationKey group;
    std::map<std::string, std::int64_t> roots;
};

class DamagedLinks : public DamagedStructure, public testing::WithParamInterface<const char*> {};

/// Pages to which transactions come only because they forget what is old.
class DamagedOldPage : public DamagedStructure, public testing::WithParamInterface<const char*> {};

}  // namespace

TEST_F(DamagedStructure, OfFreePagesLetsNoRowBeWrittenOverAnotherTable) {
    const auto list = number_at(first_free_list_page_at, 4);
    ASSERT_GT(list, 0);
    const auto entries = number_at(begin_of(list) + 4, 4);
    ASSERT_GT(entries, 0);
    const auto devices = roots.at("device");
    const auto before = content_of(devices);
    for (std::int64_t i = 0; i < entries; ++i)
        put_page_number(begin_of(list) + 8 + 4 * i, devices);
    start();
    EXPECT_LT(send(messages_at_first), messages_at_first) << "what needs another page is refused";
    EXPECT_THAT(bad_pages(), Contains(list));
    EXPECT_FALSE(on_disk.store().broken());
    EXPECT_NE(world->snapshot()->accounts().device(ada.device), nullptr);
    close();
    EXPECT_EQ(content_of(devices), before);
}

TEST_P(DamagedLinks, LetNoRowBeWrittenIntoAnotherTable) {
    // Its pages look like those of the indexes.
    const auto members = roots.at("member");
    const auto before = content_of(members);
    const auto root = roots.at(GetParam());
    lead_all(root, members);
    start();
    EXPECT_EQ(send(10), 0);
    EXPECT_THAT(bad_pages(), Contains(root));
    EXPECT_THAT(bad_pages(), Not(Contains(members)));
    EXPECT_FALSE(on_disk.store().broken());
    close();
    EXPECT_EQ(content_of(members), before);
}

INSTANTIATE_TEST_SUITE_P(OfRows, DamagedLinks, testing::Values("row", "row_id"),
                         [](const auto& named) { return std::string(named.param); });

TEST_P(DamagedOldPage, IsReportedAndStopsNobodyFromWriting) {
    const auto root = roots.at(GetParam());
    const auto page = first_leaf(root);
    ASSERT_NE(page, root);
    file().byte_at(begin_of(page + 1) - 1) ^= 1;
    start();
    world->now = world->now + Duration{std::max(limits::command_memory_ms, limits::resume_window_ms)} + hour;
    const auto head = world->head(group);
    for (int i = 1; i <= 10; ++i) {
        const auto sent = world->send(ada, group, "y");
        ASSERT_TRUE(sent) << sent.error().context;
        EXPECT_EQ(sent->seq, head + i) << "decided once";
        const auto read = world->read(ada, group, head + i);
        ASSERT_TRUE(read) << read.error().context;
    }
    EXPECT_THAT(bad_pages(), testing::ElementsAre(page)) << "nothing comes to it again in this run";
    close();
    start();
    EXPECT_EQ(send(10), 10);
    EXPECT_TRUE(world->read(ada, group, head + 20));
    EXPECT_THAT(bad_pages(), testing::ElementsAre(page));
}

INSTANTIATE_TEST_SUITE_P(Of, DamagedOldPage, testing::Values("commits", "command", "command_old"),
                         [](const auto& named) { return std::string(named.param); });

}  // namespace parley::server::test
