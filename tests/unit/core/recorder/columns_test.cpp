// What the recorder hides of the local database, and what it must not.

#include "core/recorder/columns.hpp"

#include "core/local_database.hpp"
#include "core/schema.hpp"
#include "tests/support/failing_database.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::test {
namespace {

std::vector<std::string> text_columns_of_conversations() {
    FailingDatabase database;
    core::LocalDatabase local(database);
    EXPECT_TRUE(core::migrate(local));
    std::vector<std::string> names;
    auto query = local.read("SELECT name FROM pragma_table_info('conversation') WHERE type = 'TEXT'");
    EXPECT_TRUE(query);
    while (query && query->step().value_or(false))
        names.emplace_back(query->text(0));
    return names;
}

// What people say stands in blobs; the texts beside them are places and ids, without which nothing can be
// played again.
TEST(Columns, OfAConversationHideNoPlaces) {
    const auto names = text_columns_of_conversations();
    EXPECT_GE(names.size(), 4u);
    for (const std::string& name : names) {
        const auto columns = core::columns_of("SELECT " + name + " FROM conversation");
        EXPECT_EQ(columns, std::vector{core::Column::shown}) << name;
    }
}

}  // namespace
}  // namespace parley::test
