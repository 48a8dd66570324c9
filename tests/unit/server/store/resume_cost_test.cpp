#include "protocol/codec.hpp"
#include "server/store/connections_sqlite.hpp"
#include "server/store/stretches_sqlite.hpp"
#include "tests/unit/server/store/steps_sqlite.hpp"
#include "tests/unit/server/store/store_on_disk.hpp"

#include <gmock/gmock.h>

#include <map>

namespace parley::server::test {

namespace {

/// A snapshot over a connection of the test's own, which can be counted.
class OwnSnapshot final : public Snapshot {
  public:
    OwnSnapshot(StoreOnDisk& on_disk, StoreHost& host) {
        auto opened = sqlite::open_reader(database, on_disk.process().vfs_name());
        EXPECT_TRUE(opened);
        tables_ = std::make_unique<sqlite::Tables>(std::move(*opened), host);
        meta_ = tables_->read_meta();
    }
    sqlite::Connection& connection() { return *tables_->connection; }

    Rows& rows() override { return tables_->rows; }
    EarlierTexts& earlier_texts() override { return tables_->earlier_texts; }
    Conversations& conversations() override { return tables_->conversations; }
    Accounts& accounts() override { return tables_->accounts; }
    Links& links() override { return tables_->links; }
    Blocks& blocks() override { return tables_->blocks; }
    Commands& commands() override { return tables_->commands; }
    std::int64_t epoch() override { return meta_.epoch; }
    std::int64_t position() override { return meta_.position; }
    std::int64_t life() override { return tables_->lives.last(); }
    Shared shared_with(std::int64_t life) override {
        return tables_->lives.shared_with(life, meta_.position);
    }
    Status status() override { return tables_->connection->status(); }

  private:
    std::unique_ptr<sqlite::Tables> tables_;
    sqlite::Meta meta_;
};

struct Cost {
    std::int64_t steps = 0;
    std::int64_t bytes = 0;
    std::size_t states = 0;
};

class ResumeCost : public testing::Test {
  protected:
    ResumeCost() {
        EXPECT_TRUE(on_disk.start());
        world = std::make_unique<StoreWorld>(on_disk.store());
        ada = world->person("ada");
        bob = world->person("bob");
    }

    std::vector<ConversationKey> make(int count) {
        std::vector<ConversationKey> made;
        made.reserve(static_cast<std::size_t>(count));
        for (int i = 0; i < count; ++i)
            made.push_back(world->group(ada, {bob}, "g" + std::to_string(i)));
        return made;
    }
    void send(const std::vector<ConversationKey>& where, int count) {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(world->send(bob, where[static_cast<std::size_t>(i)], "x"));
    }
    /// Others talk, so that what was made before lies in earlier stretches.
    void pass_time() {
        const auto cleo = world->person("cleo" + std::to_string(on_disk.store().position()));
        const auto end = on_disk.store().position() + 2 * sqlite::stretch_positions;
        while (on_disk.store().position() < end) {
            std::vector<Work> works;
            works.reserve(500);
            for (int i = 0; i < 500; ++i)
                works.push_back(world->work(cleo, protocol::ConversationCreate{.title = "t"}));
            ASSERT_TRUE(world->apply(works));
        }
    }

    /// All parts of a resume; the token is moved on.
    Cost resume(const Person& person, std::optional<SyncToken>& token) {
        OwnSnapshot snapshot(on_disk, on_disk.host);
        const SqliteSteps steps(snapshot.connection());
        Cost cost;
        for (bool finished = false; !finished;) {
            const auto part = resume_part(snapshot, person.account, token);
            EXPECT_TRUE(part);
            if (!part) break;
            for (const auto& envelope : part->envelopes) {
                std::string text;
                protocol::append_envelope(text, envelope, protocol::Encoding::json);
                cost.bytes += static_cast<std::int64_t>(text.size());
                cost.states += std::holds_alternative<protocol::ConversationState>(envelope.payload) ? 1 : 0;
            }
            token = part->token;
            finished = part->finished;
        }
        cost.steps = steps.count();
        return cost;
    }

    StoreOnDisk on_disk{1};
    std::unique_ptr<StoreWorld> world;
    Person ada;
    Person bob;
};

}  // namespace

class RowsCost : public ResumeCost {};

TEST_F(RowsCost, OfTheSettingsDoesNotGrowWithTheMembers) {
    std::vector<Person> members;
    members.reserve(200);
    for (int i = 0; i < 200; ++i)
        members.push_back(world->person("member" + std::to_string(i)));
    const auto small = world->group(ada, {bob});
    const auto large = world->group(ada, members);
    const auto steps_for = [&](ConversationKey conversation) {
        OwnSnapshot snapshot(on_disk, on_disk.host);
        const SqliteSteps steps(snapshot.connection());
        const auto found =
            rows(snapshot, ada.account, {.stream = to_id(conversation), .kind = protocol::RowKind::settings});
        EXPECT_TRUE(found);
        EXPECT_EQ(found ? found->rows.size() : 0, 1u);
        return steps.count();
    };
    EXPECT_EQ(steps_for(large), steps_for(small));
}

TEST_F(ResumeCost, IsThatOfTheTenConversationsThatMovedOfTwoThousand) {
    const auto all = make(2'000);
    std::optional<SyncToken> token;
    const Cost fresh = resume(ada, token);
    EXPECT_EQ(fresh.states, 2'000u);
    pass_time();
    send(all, 10);
    const Cost moved = resume(ada, token);
    EXPECT_EQ(moved.states, 10u);
    EXPECT_LT(moved.bytes, 10 * 1'000);
    // What is still read of all is the list of what is open, some six steps each, and no bytes of it are
    // sent; of the stretch in which the token was given, those are looked at too that moved before it.
    constexpr std::int64_t open_steps = 2'000 * 6;
    constexpr std::int64_t stretch_steps = sqlite::stretch_positions / 3 * 16;
    // Each of the ten costs a little more than one of the fresh ones, in which nothing had been said.
    EXPECT_LT(moved.steps, open_steps + stretch_steps + 15 * fresh.steps / 2'000);
    RecordProperty("resume_steps", static_cast<int>(moved.steps));
    RecordProperty("resume_bytes", static_cast<int>(moved.bytes));
    RecordProperty("fresh_steps", static_cast<int>(fresh.steps));
}

TEST_F(ResumeCost, DoesNotGrowWithWhatDidNotMove) {
    std::map<int, Cost> costs;
    std::vector<ConversationKey> all;
    for (const int count : {100, 1'000}) {
        const auto more = make(count - static_cast<int>(all.size()));
        all.insert(all.end(), more.begin(), more.end());
        std::optional<SyncToken> token;
        resume(ada, token);
        pass_time();
        send(all, 10);
        costs[count] = resume(ada, token);
        EXPECT_EQ(costs[count].states, 10u);
    }
    // Besides the list of what is open.
    EXPECT_LT(costs[1'000].steps - 900 * 8, 2 * costs[100].steps);
}

}  // namespace parley::server::test
