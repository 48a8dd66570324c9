#include "core/rows.hpp"

#include "core/local_database.hpp"
#include "core/schema.hpp"
#include "tests/unit/core/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {
namespace {

using testing::ElementsAre;

class Rows : public testing::Test {
  protected:
    Rows() { EXPECT_TRUE(core::migrate(local)); }

    void apply(std::int64_t seq, protocol::ChangePayload payload,
               std::optional<std::int64_t> born = std::nullopt) {
        EXPECT_TRUE(rows.apply(1, Script::row(seq, std::move(payload), born), AccountId("me")));
    }
    std::vector<std::string> members() {
        std::vector<std::string> names;
        for (const auto& seat : *rows.seats(1))
            names.push_back(seat.account.text());
        return names;
    }

    FailingDatabase database;
    core::LocalDatabase local{database};
    core::Rows rows{local};
};

TEST_F(Rows, MembersAreWhatTheLatestRowsSay) {
    apply(1, Script::member("ada"));
    EXPECT_THAT(members(), ElementsAre("ada"));
    apply(2, Script::member("ben"));
    apply(3, Script::said("text"));
    EXPECT_THAT(members(), ElementsAre("ada", "ben"));
    apply(4, Script::member("ada", false), 1);
    EXPECT_THAT(members(), ElementsAre("ben"));
    apply(5, Script::member("ada", true, 5), 1);
    EXPECT_THAT(members(), ElementsAre("ada", "ben"));
    EXPECT_EQ(rows.seats(1)->front().sees_from, 5);
}

TEST_F(Rows, AMemberWhoseRowIsTakenBackIsNone) {
    apply(1, Script::member("ada"));
    ASSERT_TRUE(local.commit());
    apply(2, Script::member("ben"));
    EXPECT_THAT(members(), ElementsAre("ada", "ben"));
    local.rollback();
    EXPECT_THAT(members(), ElementsAre("ada"));
}

TEST_F(Rows, AMemberWhomTheServerLostIsNone) {
    for (const std::int64_t seq : {1, 2, 3})
        apply(seq, Script::member("m" + std::to_string(seq)));
    EXPECT_THAT(members(), ElementsAre("m1", "m2", "m3"));
    EXPECT_TRUE(rows.mark_not_on_server(1, 2));
    EXPECT_THAT(members(), ElementsAre("m1", "m2"));
    EXPECT_TRUE(rows.mark_older_not_on_server(1, 2));
    EXPECT_THAT(members(), ElementsAre("m2"));
    apply(4, Script::said("at a place that was another's"), 2);
    EXPECT_THAT(members(), ElementsAre());
}

TEST_F(Rows, ManyStreamsAreToldApart) {
    for (std::int64_t stream = 2; stream < 100; ++stream) {
        EXPECT_TRUE(rows.apply(stream, Script::row(stream, Script::member("ada")), AccountId("me")));
        EXPECT_EQ(rows.seats(stream)->front().sees_from, stream);
    }
    for (std::int64_t stream = 2; stream < 100; ++stream)
        EXPECT_EQ(rows.seats(stream)->front().sees_from, stream);
}

}  // namespace
}  // namespace parley::test
