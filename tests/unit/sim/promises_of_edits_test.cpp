// Promises 7 and 8, broken on purpose.

#include "server/store/sqlite_store.hpp"
#include "sim/memory_disk.hpp"
#include "sim/promises/all.hpp"
#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace parley::sim {
namespace {

class BrokenEdits : public Broken {
  protected:
    BrokenEdits() {
        founded();
        commit(4, said("ada says #7"), uuid(1));
    }

    static protocol::MessageNew said(std::string what) {
        auto message = text(ada);
        message.text = std::move(what);
        return message;
    }
    static protocol::MessageNew edited(std::string what) {
        auto message = said(std::move(what));
        message.edited_at = WallTime{6};
        return message;
    }
    static protocol::MessageNew tombstone() {
        return {.sender = to_id(ada), .text = {}, .deleted_by = to_id(ada)};
    }
    void edit(std::int64_t seq, protocol::MessageNew message) {
        commit(seq, std::move(message), uuid(1), ada, 4);
    }
    static core::MessageView shown_as(const protocol::MessageNew& message) {
        auto view = shown(1, 4);
        view.text = message.text;
        view.edited_at = message.edited_at;
        view.deleted = message.deleted_by.has_value();
        return view;
    }
    std::vector<Showing> all_of(const core::MessageView& message) {
        auto showing_it = showing({message});
        showing_it.view.present = true;
        return {showing_it};
    }
};

TEST_F(BrokenEdits, AnEditThatFollowsItsMessageIsFine) {
    edit(5, edited("ada says #8"));
    edit(6, tombstone());
    EXPECT_EQ(broken(), -1);
}

TEST_F(BrokenEdits, Promise7WhereAnEditChangesAMessageThatIsNotThere) {
    server::Batch batch;
    batch.effects.emplace_back(change(6, edited("ada says #8"), uuid(2), ada, 5));
    edits_agree()->committed(scene_, batch);
    EXPECT_EQ(broken(), 7);
}

TEST_F(BrokenEdits, Promise7WhereADeviceGoesBackToAnEarlierText) {
    edit(5, edited("ada says #8"));
    const auto promise = edits_agree();
    promise->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    promise->looked_at(scene_, device(1), showing({shown_as(edited("ada says #8"))}));
    EXPECT_EQ(broken(), -1) << "it may be behind for a while";
    promise->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    EXPECT_EQ(broken(), 7);
}

TEST_F(BrokenEdits, Promise7WhereADeviceEndsWithAnEarlierText) {
    edit(5, edited("ada says #8"));
    edits_agree()->device_at_rest(scene_, device(1), all_of(shown_as(said("ada says #7"))));
    EXPECT_EQ(broken(), 7);
}

TEST_F(BrokenEdits, Promise4WhereADeviceShowsATextThatItNeverHad) {
    edit(5, edited("ada says #8"));
    same_rows()->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    EXPECT_EQ(broken(), -1);
    same_rows()->looked_at(scene_, device(1), showing({shown_as(edited("ada says #9"))}));
    EXPECT_EQ(broken(), 4);
}

TEST_F(BrokenEdits, Promise7WhereADeviceEndsWithWhomAnEarlierTextNamed) {
    auto now = edited("ada says #8");
    now.mentions = {to_id(ben)};
    edit(5, now);
    auto as_before = shown_as(now);
    as_before.mentions = {};
    edits_agree()->device_at_rest(scene_, device(1), all_of(as_before));
    EXPECT_EQ(broken(), 7);
}

TEST_F(BrokenEdits, Promise8WhereWhatWasDeletedIsShownAgain) {
    edit(5, tombstone());
    const auto promise = deleted_is_gone();
    promise->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    promise->looked_at(scene_, device(1), showing({shown_as(tombstone())}));
    EXPECT_EQ(broken(), -1);
    promise->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    EXPECT_EQ(broken(), 8);
}

TEST_F(BrokenEdits, Promise8WhereTheListShowsAgainWhatWasDeleted) {
    edit(5, tombstone());
    const auto promise = deleted_is_gone();
    promise->looked_at(scene_, device(1), showing({shown_as(tombstone())}));
    auto view = showing({}).view;
    view.last = shown_as(tombstone());
    promise->listed(scene_, device(1), {view});
    EXPECT_EQ(broken(), -1);
    view.last = shown_as(said("ada says #7"));
    promise->listed(scene_, device(1), {view});
    EXPECT_EQ(broken(), 8);
}

TEST_F(BrokenEdits, Promise8WhereWhatADeviceDeletedItselfIsShownAgain) {
    edit(5, tombstone());
    const auto promise = deleted_is_gone();
    auto waits = shown_as(tombstone());
    waits.changing = true;
    promise->looked_at(scene_, device(1), showing({waits}));
    EXPECT_EQ(broken(), -1);
    promise->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    EXPECT_EQ(broken(), 8);
}

TEST_F(BrokenEdits, WhatTheServerWouldNotDeleteIsShownAgain) {
    edit(5, tombstone());
    const auto promise = deleted_is_gone();
    auto waits = shown_as(tombstone());
    waits.changing = true;
    promise->looked_at(scene_, device(1), showing({waits}));
    device(1).ledger.add(uuid(2), protocol::MessageDelete{.message = uuid(1)}, to_id(ben)).refused = true;
    promise->looked_at(scene_, device(1), showing({shown_as(said("ada says #7"))}));
    EXPECT_EQ(broken(), -1);
}

TEST_F(BrokenEdits, AMessageThatNobodyHasGoesWithItsDeletion) {
    SqliteChance chance(1);
    ASSERT_TRUE(device(0).node->start());
    auto& ledger = device(0).ledger;
    ledger.add(uuid(8), protocol::MessageSend{}, to_id(ada)).kept = true;
    ledger.add(uuid(9), protocol::MessageDelete{.message = uuid(8)}, to_id(ada)).kept = true;
    outbox()->looked_at(scene_, device(0), showing({}));
    EXPECT_EQ(broken(), -1);
    ledger.find(uuid(8))->sent = true;
    outbox()->looked_at(scene_, device(0), showing({}));
    EXPECT_EQ(broken(), 6) << "the server may have it";
}

TEST_F(BrokenEdits, Promise6WhereAnEditIsLostThatItsMessageDoesNotShow) {
    SqliteChance chance(1);
    ASSERT_TRUE(device(0).node->start());
    auto& ledger = device(0).ledger;
    protocol::MessageSend message{.text = "ada says #8"};
    ledger.add(uuid(8), message, to_id(ada));
    ledger.add(uuid(9), protocol::MessageEdit{.message = uuid(8), .text = "ada says #9"}, to_id(ada)).kept =
        true;
    message.text = "ada says #9";
    ledger.note_sent(uuid(8), message, std::equal_to<>());
    outbox()->looked_at(scene_, device(0), showing({}));
    EXPECT_EQ(broken(), -1) << "the message says what the edit made of it";
    ledger.add(uuid(10), protocol::MessageEdit{.message = uuid(8), .text = "ada says #10"}, to_id(ada)).kept =
        true;
    outbox()->looked_at(scene_, device(0), showing({}));
    EXPECT_EQ(broken(), 6);
}

class QuietHost final : public server::StoreHost {
  public:
    void fatal(std::string_view /*what*/) override {}
    void bad_row(std::int64_t /*stream*/, std::int64_t /*born*/) override {}
    void bad_index(std::int64_t /*stream*/, std::int64_t /*born*/) override {}
    void bad_page(std::int64_t /*number*/) override {}
    void random(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{7}); }
    server::DiskUse disk_use() override { return {}; }
};

/// An empty one, of which a backup can be made.
bool store_made(MemoryDisk& disk) {
    const auto process = disk.start();
    const server::Rules rules;
    QuietHost host;
    return server::open_sqlite_store(
               {.directory = "data", .vfs = process->vfs_name(), .ballast_bytes = 0, .lock_file = false},
               rules, host)
        .has_value();
}

TEST_F(BrokenEdits, Promise8WhereTheStoreKeepsItsBytes) {
    ASSERT_TRUE(store_made(scene_.server().disk()));
    edit(5, edited("ada says #8"));
    edit(6, tombstone());
    const auto promise = deleted_is_gone();
    const auto kept = [&](const std::string& file, const std::string& what) {
        scene_.server().disk().put(file, as_bytes(what));
        promise->at_rest(scene_, {});
    };
    kept("data/parley.db-wal", "ben says #78, ada says #6");
    EXPECT_EQ(broken(), -1) << "of others";
    kept("data/parley.db-wal", std::string(5'000, '.') + "ada says #7");
    EXPECT_EQ(broken(), 8);
}

TEST_F(BrokenEdits, Promise18WhereAMemberDeletesWhatAnotherSaid) {
    auto gone = tombstone();
    gone.deleted_by = to_id(ben);
    commit(5, gone, uuid(1), ben, 4);
    EXPECT_EQ(broken(), 18);
}

TEST_F(BrokenEdits, Promise18WhereWhatIsDeletedIsEdited) {
    edit(5, tombstone());
    edit(6, edited("ada says #8"));
    EXPECT_EQ(broken(), 18);
}

TEST_F(BrokenEdits, Promise14WhereTheServerCountsWhatIsDeleted) {
    commit(5, said("ada says #9"), uuid(2));
    edit(6, tombstone());
    protocol::ConversationState state{.head = 6, .unread = 2, .as_of = {.conversation = 5, .account = 0}};
    state.read = 3;
    say(*ben_, state);
    EXPECT_EQ(broken(), -1) << "as of before";
    state.as_of.conversation = 6;
    say(*ben_, state);
    EXPECT_EQ(broken(), 14);
}

}  // namespace
}  // namespace parley::sim
