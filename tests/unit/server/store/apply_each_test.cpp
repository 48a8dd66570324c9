#include "server/store/apply_each.hpp"

#include "protocol/field.hpp"
#include "server/store/sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

namespace parley::server::test {

namespace {

using testing::ElementsAre;

/// A store that cannot take a message with this in it: SQLite refuses the row, as it would one that breaks a
/// rule of the schema.
constexpr std::string_view poison = "poison";
constexpr const char* make_poisonous =
    "CREATE TRIGGER poisonous BEFORE INSERT ON row WHEN instr(NEW.body, x'706f69736f6e') > 0"
    " BEGIN SELECT RAISE(ABORT, 'poisoned'); END";

class ApplyEachTest : public testing::Test {
  protected:
    ApplyEachTest() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        group = world->group(ada, {});
        execute(make_poisonous);
    }

    void execute(const char* sql) {
        auto connection =
            sqlite::Connection::open(database, on_disk.process().vfs_name(), sqlite::Access::read_write);
        ASSERT_TRUE(connection);
        ASSERT_TRUE((*connection)->execute(sql));
    }

    void apply(const std::vector<Work>& works) {
        batches.clear();
        failures.clear();
        apply_each(on_disk.store(), works,
                   {.applied =
                        [&](Batch batch, std::size_t count) {
                            sizes.push_back(count);
                            batches.push_back(std::move(batch));
                        },
                    .failed =
                        [&](Batch batch, const Error& why) {
                            failures.push_back(why.code);
                            batches.push_back(std::move(batch));
                        }});
    }

    /// The codes of the refusals, and "ok" for each success, in the order told.
    std::vector<std::string> answers() const {
        std::vector<std::string> all;
        for (const Batch& batch : batches) {
            for (const Effect& effect : batch.effects) {
                const auto* replied = std::get_if<Replied>(&effect);
                if (replied == nullptr) continue;
                all.emplace_back(replied->answer ? "ok" : name_of(replied->answer.error().code));
            }
        }
        return all;
    }

    std::vector<std::string> texts() {
        std::vector<std::string> all;
        for (const auto& row : world->all_changes(ada, group)) {
            if (const auto* message = std::get_if<protocol::MessageNew>(&row.payload))
                all.push_back(message->text);
        }
        return all;
    }

    Work send(std::string text) { return world->work(ada, message_to(group, std::move(text))); }

    StoreOnDisk on_disk{1};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    ConversationKey group;
    std::vector<Batch> batches;
    std::vector<std::size_t> sizes;
    std::vector<ErrorCode> failures;
};

}  // namespace

TEST_F(ApplyEachTest, TakesOneTransactionWhereNothingFails) {
    apply({send("1"), send("2"), send("3")});
    EXPECT_THAT(sizes, ElementsAre(3u));
    EXPECT_THAT(texts(), ElementsAre("1", "2", "3"));
}

TEST_F(ApplyEachTest, LetsAWorkThatCannotBeCarriedOutFailAlone) {
    for (std::size_t bad = 0; bad < 7; ++bad) {
        const auto before = texts();
        std::vector<Work> works;
        works.reserve(7);
        std::vector<std::string> expected(7, "ok");
        for (std::size_t i = 0; i < 7; ++i)
            works.push_back(send(i == bad ? std::string(poison) : std::to_string(i)));
        expected[bad] = "internal";
        apply(works);
        EXPECT_EQ(answers(), expected) << bad;
        EXPECT_THAT(failures, ElementsAre(ErrorCode::internal));
        EXPECT_EQ(texts().size(), before.size() + 6);
    }
    EXPECT_FALSE(on_disk.store().broken());
    EXPECT_TRUE(world->send(ada, group, "and life goes on"));
}

TEST_F(ApplyEachTest, LetsAnAnswerThatCouldNotBeReadAgainFailAlone) {
    // No decoder lets this through, and nothing behind it looks again.
    const auto endless = world->work(ada, protocol::InviteCreate{.lasts_ms = protocol::int_max});
    const auto good = world->work(ada, protocol::InviteCreate{.lasts_ms = hour.ms});
    apply({send("1"), endless, send("2"), good});
    EXPECT_THAT(answers(), ElementsAre("ok", "internal", "ok", "ok"));
    EXPECT_THAT(texts(), ElementsAre("1", "2"));
    apply({endless});
    EXPECT_THAT(answers(), ElementsAre("internal")) << "it is not remembered";
    EXPECT_FALSE(on_disk.store().broken());
}

TEST_F(ApplyEachTest, LeavesNumbersWithoutAHoleBehindAFailure) {
    const auto head = world->head(group);
    apply({send("1"), send(std::string(poison)), send("2")});
    EXPECT_EQ(world->head(group), head + 2);
    ASSERT_EQ(batches.size(), 3u);
    EXPECT_LT(batches[1].last_position, batches[1].first_position) << "it took no position";
    EXPECT_EQ(batches[2].first_position, batches[0].last_position + 1);
}

TEST_F(ApplyEachTest, AsksABrokenStoreNoFurther) {
    on_disk.disk().faults().sync_failures = 1'000;
    std::vector<Work> works;
    works.reserve(64);
    for (int i = 0; i < 64; ++i)
        works.push_back(send(std::to_string(i)));
    apply(works);
    EXPECT_TRUE(on_disk.store().broken());
    EXPECT_EQ(failures.size(), 1u);
    EXPECT_EQ(answers(), std::vector<std::string>(64, "internal"));
}

TEST_F(ApplyEachTest, OfAStoreThatTakesNothingAtAllFindsItBroken) {
    // Not even the store's own mark can be written.
    execute("CREATE TRIGGER closed BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'closed'); END");
    apply({send("1"), send("2")});
    EXPECT_TRUE(on_disk.store().broken());
    EXPECT_EQ(answers(), std::vector<std::string>(2, "internal"));
}

}  // namespace parley::server::test
