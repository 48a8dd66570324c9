#include "core/lease.hpp"
#include "core/local_database.hpp"
#include "core/schema.hpp"
#include "tests/unit/core/script.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace parley::test {
namespace {

using core::Connection;

TEST(Schema, EveryOlderVersionIsBroughtUpAndKeepsItsRows) {
    for (std::size_t version = 1; version < core::migrations().size(); ++version) {
        FailingDatabase database;
        core::LocalDatabase local(database);
        ASSERT_TRUE(core::migrate(local, core::migrations().first(version)));
        EXPECT_EQ(database.number("PRAGMA user_version"), static_cast<std::int64_t>(version));
        ASSERT_TRUE(database.execute("INSERT INTO settled (id, stream, at) VALUES (x'00', 'c1', 5)"));
        ASSERT_TRUE(core::migrate(local));
        EXPECT_EQ(database.number("PRAGMA user_version"),
                  static_cast<std::int64_t>(core::migrations().size()));
        EXPECT_EQ(database.number("SELECT at FROM settled WHERE stream = 'c1'"), 5);
        SeededPrimitives primitives(1);
        EXPECT_TRUE(core::Client::open({}, database, primitives, {}));
    }
}

/// Every column and index with all that is said of them.
std::vector<std::string> shape_of(FailingDatabase& database) {
    return database.texts(
        "SELECT m.name || ' ' || m.type || ' ' || x.cid || ' ' || x.name || ' ' || x.type || ' ' ||"
        " x.\"notnull\" || ' ' || quote(x.dflt_value) || ' ' || x.pk || ' ' || x.hidden || ' ' || l.wr ||"
        " ' ' || l.strict"
        " FROM sqlite_master m JOIN pragma_table_xinfo(m.name) x JOIN pragma_table_list(m.name) l"
        " WHERE m.type = 'table' "
        "UNION ALL SELECT m.name || ' ' || i.name || ' ' || i.\"unique\" || ' ' || i.origin || ' ' ||"
        " i.partial || ' ' || (SELECT group_concat(c.seqno || c.name || c.\"desc\" || c.coll)"
        " FROM pragma_index_xinfo(i.name) c WHERE c.key = 1) || ' ' ||"
        " ifnull((SELECT s.sql FROM sqlite_master s WHERE s.name = i.name), '')"
        " FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' ORDER BY 1");
}

TEST(Schema, ADatabaseMadeAtOnceEqualsOneThatWasBroughtUp) {
    FailingDatabase old_one;
    FailingDatabase fresh;
    {
        core::LocalDatabase local(old_one);
        ASSERT_TRUE(core::migrate(local, core::migrations().first(1)));
        ASSERT_TRUE(core::migrate(local));
    }
    {
        core::LocalDatabase local(fresh);
        ASSERT_TRUE(core::migrate(local));
    }
    EXPECT_GT(shape_of(fresh).size(), 60u);
    EXPECT_EQ(shape_of(fresh), shape_of(old_one));
    EXPECT_EQ(fresh.contents(), old_one.contents());
    EXPECT_EQ(fresh.number("PRAGMA user_version"), old_one.number("PRAGMA user_version"));
    // What a table checks stands in its text only.
    const std::string checks = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%CHECK%'";
    EXPECT_EQ(fresh.number(checks), old_one.number(checks));
}

TEST(Schema, TheThirdVersionLetsTwoPersonsUseOneMessageId) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local, core::migrations().first(2)));
    const std::string row =
        "INSERT INTO stream_row (stream, born, seq, type, id, counts, own, not_on_server, body) VALUES (1, ";
    ASSERT_TRUE(database.execute(row + "1, 1, 42, x'0102', 1, 0, 0, x'a0')"));
    ASSERT_FALSE(database.execute(row + "2, 2, 42, x'0102', 1, 0, 0, x'a0')"));
    ASSERT_TRUE(core::migrate(local));
    EXPECT_TRUE(database.execute(row + "2, 2, 42, x'0102', 1, 0, 0, x'a0')"));
    EXPECT_EQ(database.number("SELECT count(*) FROM stream_row"), 2);
}

TEST(Schema, TheFourthVersionIndexesIdsOnlyOfWhatARestoreTookAway) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local, core::migrations().first(3)));
    const std::string row = "INSERT INTO stream_row VALUES (1, ";
    ASSERT_TRUE(database.execute(row + "1, 1, 42, x'0102', 1, 0, 0, x'a0')"));
    ASSERT_TRUE(database.execute(row + "2, 2, 42, x'0103', 1, 0, 1, x'a0')"));
    ASSERT_TRUE(core::migrate(local));
    EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_master WHERE name = 'stream_row_id'"), 0);
    EXPECT_EQ(database.number("SELECT born FROM stream_row INDEXED BY stream_row_lost"
                              " WHERE stream = 1 AND id = x'0103' AND not_on_server = 1"),
              2);
}

TEST(Schema, TheSeventhVersionKeepsWhatHasReachedEverybody) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local, core::migrations().first(6)));
    for (const std::string row : {"1, 'c1', 9, 5", "2, 'c2', 3, 0", "3, 'c3', 0, 0"}) {
        ASSERT_TRUE(database.execute(
            "INSERT INTO conversation (number, stream, delivered_to_all, read_by_all, known, present, origin,"
            " until, summary, head, cursor, solid, base, ranges, removed_upto, newest_owed, settings_owed,"
            " read, triple_read, unread, mentions, as_of_conversation, as_of_account, acked) VALUES (" +
            row + ", 0, 0, 0, 0, x'a0', 0, 0, 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)"));
    }
    ASSERT_TRUE(core::migrate(local));
    for (const std::string row : {"1 AND delivered_places = '1-9' AND read_places = '1-5'",
                                  "2 AND delivered_places = '1-3' AND read_places = ''",
                                  "3 AND delivered_places = '' AND read_places = ''"})
        EXPECT_EQ(database.number("SELECT count(*) FROM conversation WHERE number = " + row), 1) << row;
}

TEST(Schema, TheEighthVersionTakesWhatWaitsForSent) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local, core::migrations().first(7)));
    const std::string command =
        "INSERT INTO command (id, type, lane, made_at, upto, body) VALUES (x'01', 10, 'c:c1', 5, 0, x'a0')";
    ASSERT_TRUE(database.execute(command));
    ASSERT_TRUE(core::migrate(local));
    EXPECT_EQ(database.number("SELECT attempted FROM command"), 1);
}

TEST(Schema, TheNinthVersionKeepsRowsAsReactionsToNothing) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local, core::migrations().first(8)));
    ASSERT_TRUE(
        database.execute("INSERT INTO stream_row (stream, born, seq, type, counts, own, not_on_server, body)"
                         " VALUES (1, 4, 5, 42, 1, 0, 0, x'a0')"));
    ASSERT_TRUE(core::migrate(local));
    EXPECT_EQ(database.number("SELECT count(*) FROM stream_row WHERE message = 0 AND emoji IS NULL"), 1);
    EXPECT_EQ(database.number("SELECT count(*) FROM stream_row INDEXED BY stream_row_reaction"
                              " WHERE stream = 1 AND message > 0"),
              0);
}

TEST(Schema, TheTenthVersionFindsDeletionsOfWhatNamedEverybody) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local, core::migrations().first(9)));
    ASSERT_TRUE(core::migrate(local));
    ASSERT_TRUE(
        database.execute("INSERT INTO stream_row (stream, born, seq, type, counts, own, not_on_server, body)"
                         " VALUES (1, 4, 5, 42, 4, 0, 0, x'a0')"));
    EXPECT_EQ(database.number("SELECT count(*) FROM stream_row INDEXED BY stream_row_deleted"
                              " WHERE stream = 1 AND counts >= 3"),
              1);
}

TEST(Schema, AMigrationThatFailsLeavesEverythingAsItWas) {
    for (std::int64_t call = 1; call < 12; ++call) {
        FailingDatabase database;
        {
            core::LocalDatabase local(database);
            database.fail_at(call);
            (void)core::migrate(local);
        }
        database.fail_at(std::nullopt);
        database.crash();
        core::LocalDatabase local(database);
        EXPECT_TRUE(core::migrate(local));
    }
}

TEST(Schema, ANewerDatabaseIsNotTouched) {
    FailingDatabase database;
    {
        core::LocalDatabase local(database);
        ASSERT_TRUE(core::migrate(local));
    }
    const std::int64_t newer = database.number("PRAGMA user_version") + 1;
    ASSERT_TRUE(database.execute("PRAGMA user_version = " + std::to_string(newer)));
    const std::int64_t shape = database.number("PRAGMA schema_version");
    const std::int64_t changes = database.number("SELECT total_changes()");
    SeededPrimitives primitives(1);
    EXPECT_FALSE(core::Client::open({}, database, primitives, {}));
    EXPECT_EQ(database.number("PRAGMA user_version"), newer);
    EXPECT_EQ(database.number("SELECT generation FROM lease"), 0);
    EXPECT_EQ(database.number("PRAGMA schema_version"), shape) << "the tables are as they were";
    EXPECT_EQ(database.number("SELECT total_changes()"), changes) << "and so is every row";
}

/// What a device does day by day: rows that come in, by pushes, pulls and pages, and everything that is
/// shown.
void use_everything(Script& script) {
    script.go_live();
    script.join("c1");
    script.give({Script::pushed("c1", 1, Script::member("you")), Script::pushed("c1", 2, Script::said("a"))});
    script.give({script.state("c1", 5)});
    script.give(protocol::ChangesOk{2, 5, 5, false, {Script::row(5, Script::said("b"))}},
                script.sent_of<protocol::Changes>().back().id);
    script.say("c1", "mine");
    script.submit(protocol::Read{to_stream(StreamId("c1")), 5});
    script.give({Script::joined("late", 9)});
    for (const auto& pull : script.sent_of<protocol::Changes>())
        script.give(protocol::ChangesOk{1, 9, 9, false, {}}, pull.id);
    EXPECT_TRUE(script.core().conversations(0, 9) && script.core().members(StreamId("c1")) &&
                script.core().devices() && script.core().outbox());
    for (const core::WindowQuery query : {core::WindowQuery{}, {.around = 2}, {.before = 5}, {.after = 1}})
        EXPECT_TRUE(script.core().window(StreamId("c1"), query));
    script.take();
}

TEST(Schema, NothingThatHappensEveryDayReadsAWholeConversation) {
    Script script;
    use_everything(script);
    int looked_at = 0;
    for (const std::string& sql : script.database().prepared()) {
        for (const std::string& step : script.database().plan_of(sql)) {
            if (step.find("stream_row") == std::string::npos) continue;
            ++looked_at;
            EXPECT_FALSE(step.starts_with("SCAN") || step.ends_with("PRIMARY KEY (stream=?)")) << sql << "\n"
                                                                                               << step;
        }
    }
    EXPECT_GT(looked_at, 5);
}

TEST(Lease, TheEarlierOwnerWritesNothingOnceAnotherHasOpened) {
    Script script;
    script.go_live();
    script.join("c1");
    SeededPrimitives primitives(5);
    auto other = core::Client::open({}, script.database(), primitives, script.now());
    ASSERT_TRUE(other);
    script.forget();
    EXPECT_FALSE(
        script.core().submit(protocol::MessageSend{to_stream(StreamId("c1")), "late", {}, {}}, script.now()));
    script.take();
    EXPECT_EQ(script.core().connection(), Connection::lease_lost);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM command"), 0);
    EXPECT_EQ(script.closed, 1);
    EXPECT_TRUE(script.sent.empty());
    EXPECT_TRUE(
        (*other)->submit(protocol::MessageSend{to_stream(StreamId("c1")), "mine now", {}, {}}, script.now()));
}

TEST(Lease, TheEarlierOwnerSendsNoRowItWasGivenAfterwards) {
    Script script;
    script.go_live();
    script.join("c1");
    SeededPrimitives primitives(5);
    auto other = core::Client::open({}, script.database(), primitives, script.now());
    ASSERT_TRUE(other);
    script.forget();
    script.give({Script::pushed("c1", 1, Script::said("text"))});
    EXPECT_EQ(script.core().connection(), Connection::lease_lost);
    EXPECT_EQ(script.database().number("SELECT count(*) FROM stream_row WHERE type = 42"), 0);
    EXPECT_TRUE(script.sent_of<protocol::Ack>().empty());
}

TEST(Lease, TheEarlierOwnerNeitherConnectsNorRenewsTokensNorAsks) {
    const std::vector<std::function<void(Script&)>> wakings = {
        // Its heartbeat is due, or its connection was silent for long.
        [](Script& script) { script.wait(60'000); },
        [](Script& script) { script.disconnect(4002); },
        [](Script& script) {
            script.disconnect();
            script.wait(60'000);
        },
        [](Script& script) { script.give(protocol::TokenExpiring{WallTime{1}}); },
        [](Script& script) { script.core().sign_out(script.now()); },
    };
    for (const auto& wake : wakings) {
        Script script;
        script.go_live();
        SeededPrimitives primitives(5);
        auto other = core::Client::open({}, script.database(), primitives, script.now());
        ASSERT_TRUE(other);
        script.forget();
        wake(script);
        script.take();
        EXPECT_EQ(script.core().connection(), Connection::lease_lost);
        EXPECT_EQ(script.opened, 0);
        EXPECT_TRUE(script.sent.empty());
        EXPECT_TRUE(script.calls.empty());
        EXPECT_EQ((*other)->account(), AccountId("me"));
    }
}

TEST(Database, ACommitThatFailsTellsNothingAndLosesNothingThatWasCommitted) {
    for (const bool took_effect : {false, true}) {
        Script script;
        script.go_live();
        script.join("c1");
        const Uuid before = script.say("c1", "before");
        script.forget();
        script.database().fail_next_commit(took_effect);
        const protocol::MessageSend send{to_stream(StreamId("c1")), "text", std::nullopt, {}};
        EXPECT_FALSE(script.core().submit(send, script.now(), Script::id_of(77)));
        script.take();
        EXPECT_TRUE(script.sent.empty());
        ASSERT_EQ(script.notices.size(), 1u);
        EXPECT_EQ(std::get<core::ConnectionChanged>(script.notices[0]).now, Connection::broken);
        // What stands in memory was not committed, so that nobody may see it.
        for (const bool seen :
             {script.core().outbox().has_value(), script.core().conversations(0, 9).has_value(),
              script.core().conversation(StreamId("c1")).has_value(),
              script.core().window(StreamId("c1"), {}).has_value(),
              script.core().members(StreamId("c1")).has_value(), script.core().devices().has_value(),
              script.core().account().has_value(), script.core().submit(send, script.now()).has_value()})
            EXPECT_FALSE(seen);
        EXPECT_FALSE(script.core().idle());

        script.open();
        EXPECT_EQ(script.core().outbox()->size(), took_effect ? 2u : 1u);
        EXPECT_EQ(script.core().outbox()->front().id, before);
        // Whoever was not told gives it again.
        EXPECT_TRUE(script.core().submit(send, script.now(), Script::id_of(77)));
        EXPECT_EQ(script.core().outbox()->size(), 2u);
        script.connect();
        script.auth_ok();
        EXPECT_EQ(script.sent_of<protocol::MessageSend>().size(), 2u);
    }
}

TEST(Database, ATokenWhoseCommitFailedIsNeverUsedBeforeItIsCommitted) {
    for (const bool took_effect : {false, true}) {
        Script script;
        script.go_live();
        script.disconnect(4002);
        const auto call = script.calls.back();
        script.forget();
        script.database().fail_next_commit(took_effect);
        script.answer(call, 200, Script::json(Script::tokens(2)));
        EXPECT_EQ(script.opened, 0);
        script.open();
        script.core().connect(script.now());
        script.take();
        EXPECT_EQ(script.opened, 1);
        script.core().handle_connected(script.now());
        script.take();
        // Its answer said nothing that this device may rely on before that is on the disk.
        EXPECT_EQ(std::get<protocol::Auth>(script.sent_of<protocol::Auth>().back().payload).token,
                  took_effect ? "access2" : "access1");
    }
}

TEST(Database, AFailureEndsTheCoreAndReopeningGoesOn) {
    Script script;
    script.go_live();
    script.join("c1");
    const Uuid before = script.say("c1", "before");
    script.database().fail_at(script.database().calls() + 2);
    script.give({Script::pushed("c1", 1, Script::said("text"))});
    EXPECT_EQ(script.core().connection(), Connection::broken);
    script.forget();
    script.core().connect(script.now());
    script.core().handle_timer(script.now());
    script.take();
    EXPECT_EQ(script.opened, 0);
    script.database().crash();
    script.open();
    script.connect();
    script.auth_ok();
    ASSERT_EQ(script.sent_of<protocol::MessageSend>().size(), 1u);
    EXPECT_EQ(script.sent_of<protocol::MessageSend>()[0].id, before);
}

TEST(Database, StatementsAreUsedAgainAndNestingIsAllowed) {
    FailingDatabase database;
    core::LocalDatabase local(database);
    ASSERT_TRUE(core::migrate(local));
    constexpr core::Sql sql = "SELECT generation FROM lease";
    const auto once = [&] {
        auto query = local.read(sql);
        return query && query->step().value_or(false);
    };
    EXPECT_TRUE(once());
    const auto calls = database.calls();
    EXPECT_TRUE(once());
    EXPECT_EQ(database.calls(), calls + 1);
    auto outer = local.read(sql);
    ASSERT_TRUE(outer);
    ASSERT_TRUE(outer->step());
    EXPECT_TRUE(once());
    EXPECT_EQ(outer->integer(0), 0);
}

TEST(Lease, StaysWithTheEarlierOwnerWhereAnotherCannotOpen) {
    for (std::int64_t call = 1; call < 30; ++call) {
        Script script;
        script.go_live();
        script.join("c1");
        SeededPrimitives primitives(5);
        script.database().fail_at(script.database().calls() + call);
        const auto other = core::Client::open({}, script.database(), primitives, script.now());
        script.database().fail_at(std::nullopt);
        if (other) {
            EXPECT_GT(call, 10) << "no call of an opening failed";
            return;
        }
        script.say("c1", "goes on");
        EXPECT_EQ(script.core().connection(), Connection::catching_up) << "call " << call;
        EXPECT_EQ(script.database().number("SELECT count(*) FROM command"), 1) << "call " << call;
    }
    ADD_FAILURE() << "the other never opened";
}

}  // namespace
}  // namespace parley::test
