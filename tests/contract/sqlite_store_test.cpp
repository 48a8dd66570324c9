#include "server/store/sqlite_store.hpp"

#include "tests/contract/store_contract.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace parley::server::test {

namespace {

/// Memory, where there is a file system of it: what survives a power loss is the simulator's to test.
std::filesystem::path scratch() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
}

/// A directory of its own, gone afterwards.
class SqliteUnderTest final : public StoreUnderTest {
  public:
    SqliteUnderTest() {
        auto pattern = (scratch() / "parley-store-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
    }
    ~SqliteUnderTest() override {
        std::filesystem::remove_all(directory_);
        std::filesystem::remove_all(copy());
    }

    void keep_copy() override { std::filesystem::copy(directory_, copy()); }
    void put_copy_back() override {
        std::filesystem::remove_all(directory_);
        std::filesystem::copy(copy(), directory_);
    }

    std::unique_ptr<Store> open(const Rules& rules, StoreHost& host) override {
        auto opened = open_sqlite_store({.directory = directory_, .ballast_bytes = 1 << 16}, rules, host);
        if (!opened) {
            ADD_FAILURE() << opened.error().context;
            return nullptr;
        }
        return std::move(*opened);
    }

    std::string dump() override {
        std::string text;
        sqlite3* database = nullptr;
        EXPECT_EQ(
            sqlite3_open_v2((directory_ + "/parley.db").c_str(), &database, SQLITE_OPEN_READWRITE, nullptr),
            SQLITE_OK);
        for (const auto* table : {"row", "account", "former_handle", "device", "invite", "conversation",
                                  "member", "interval", "mention", "mention_of_all", "deletion",
                                  "earlier_text", "reaction", "link", "command", "commits", "meta"}) {
            text.append(table) += '\n';
            dump_table(database, table, text);
        }
        sqlite3_close(database);
        return text;
    }

  private:
    static void dump_table(sqlite3* database, const std::string& table, std::string& text) {
        sqlite3_stmt* statement = nullptr;
        const auto sql = "SELECT * FROM " + table + " ORDER BY 1, 2";
        EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            for (int column = 0; column < sqlite3_column_count(statement); ++column) {
                const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
                text.append(bytes != nullptr ? bytes : "",
                            static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
                text += '|';
            }
            text += '\n';
        }
        sqlite3_finalize(statement);
    }

    std::string copy() const { return directory_ + ".copy"; }

    std::string directory_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract,
                         testing::Values(StoreKind{"Sqlite",
                                                   [] {
                                                       return std::make_unique<SqliteUnderTest>();
                                                   }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace

}  // namespace parley::server::test
