// Promises 7 and 8, broken on purpose.

#include "server/store/sqlite_store.hpp"
#include "sim/memory_disk.hpp"
#include "sim/promises/all.hpp"
#include "tests/unit/sim/broken_world.hpp"
#include "tests/unit/sim/living_world.hpp"

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

TEST_F(BrokenEdits, Promise8WhereTheServerTellsWhatADeletedMessageSaid) {
    edit(5, edited("ada says #8"));
    const auto promise = deleted_is_gone();
    const auto asks = [&](std::uint8_t id) {
        protocol::Envelope question;
        question.id = uuid(id);
        question.payload = protocol::MessageHistory{};
        promise->server_heard(scene_, *ben_, question);
    };
    const auto is_told = [&](std::uint8_t id) {
        protocol::Envelope answer;
        answer.re = uuid(id);
        answer.payload = protocol::MessageHistoryOk{.texts = {{.seq = 4, .text = "ada says #7"}}};
        promise->server_said(scene_, *ben_, *scene_.signed_in(*ben_), answer);
    };
    asks(20);
    is_told(20);
    EXPECT_EQ(broken(), -1);
    edit(6, tombstone());
    is_told(20);
    EXPECT_EQ(broken(), -1) << "it was deleted while he asked";
    asks(21);
    is_told(21);
    EXPECT_EQ(broken(), 8);
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

/// Ada's message is edited, and all devices hear of it.
class LivingEdits : public Living {
  protected:
    LivingEdits() {
        hello_ = everything_of(of(ada)).front().messages.front();
        edit("ada says #1");
        pass(seconds(5));
        EXPECT_EQ(broken(), -1) << said();
    }

    void edit(const std::string& text, const std::vector<AccountId>& mentions = {}) {
        protocol::MessageEdit command{.message = hello_.id, .text = text, .mentions = mentions};
        command.target.stream = group_;
        ASSERT_TRUE(scene_.give(of(ada), std::move(command)));
    }
    /// What the device shows, with the message as this leaves it.
    template <class Change>
    Showing shown_with(std::size_t person, Change change) {
        Showing showing = everything_of(of(person)).front();
        change(showing.messages.front());
        return showing;
    }

    core::MessageView hello_;
};

TEST_F(LivingEdits, Promise4WhereADeviceShowsATextOfBeforeWhatItHolds) {
    const auto as_it_is = [](core::MessageView&) {
    };
    same_rows()->looked_at(scene_, of(ben), shown_with(ben, as_it_is));
    ASSERT_EQ(broken(), -1) << said();
    same_rows()->looked_at(scene_, of(ben), shown_with(ben, [](core::MessageView& message) {
                               message.text = "hello";
                               message.edited_at.reset();
                           }));
    EXPECT_EQ(broken(), 4);
    EXPECT_TRUE(says("as it was before")) << said();
}

/// The server's counts know already whom the edit mentions, and the device does not.
TEST_F(LivingEdits, NothingIsBrokenWhereWhatIsReadWasChangedSinceItCame) {
    of(ben).node->die(false);
    edit("ada says #2", {account(ben)});
    pass(seconds(5));
    of(ben).node->start();
    pass(seconds(10));
    Showing showing = shown_with(ben, [](core::MessageView& message) { message.mentions.clear(); });
    ASSERT_EQ(showing.view.mentions, 1);
    showing.view.read = hello_.born;
    --showing.view.unread;
    counts()->looked_at(scene_, of(ben), showing);
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(LivingEdits, Promise6WhereAnEditThatWaitsIsNotShown) {
    edit("ada says #2");
    const auto promise = outbox();
    promise->looked_at(scene_, of(ada), everything_of(of(ada)).front());
    ASSERT_EQ(broken(), -1) << said();
    promise->looked_at(scene_, of(ada), shown_with(ada, [](core::MessageView& message) {
                           message.text = "ada says #1";
                           message.changing = false;
                       }));
    EXPECT_EQ(broken(), 6);
}

TEST_F(LivingEdits, Promise6WhereAnEditIsShownThatDoesNotWait) {
    outbox()->looked_at(scene_, of(ben), shown_with(ben, [](core::MessageView& message) {
                            message.text = "ada says #2";
                            message.changing = true;
                        }));
    EXPECT_EQ(broken(), 6);
}

/// The answers that a server might give to a question that Ben has asked.
class EarlierTextsAsked : public LivingEdits {
  protected:
    void answer(protocol::Payload payload) {
        const protocol::MessageHistory question{
            .stream = group_, .message = hello_.id, .sender = account(ada)};
        protocol::Envelope envelope;
        envelope.id = uuid(9);
        envelope.payload = question;
        const auto promise = earlier_texts();
        promise->device_said(scene_, of(ben), envelope);
        promise->server_heard(scene_, line_, envelope);
        protocol::Envelope reply;
        reply.re = uuid(9);
        reply.stream = group_;
        reply.payload = std::move(payload);
        promise->server_said(scene_, line_, {.account = account(ben), .device = {}}, reply);
    }
    protocol::EarlierText first() { return {.seq = hello_.born, .text = "hello", .at = hello_.at}; }

    Line line_{"ben/1", 7};
};

TEST_F(EarlierTextsAsked, WhatWasSaidIsTold) {
    answer(protocol::MessageHistoryOk{.texts = {first()}});
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(EarlierTextsAsked, Promise7WhereAnotherTextIsTold) {
    auto other = first();
    other.text = "goodbye";
    answer(protocol::MessageHistoryOk{.texts = {other}});
    EXPECT_EQ(broken(), 7);
}

TEST_F(EarlierTextsAsked, Promise7WhereATextIsLeftOut) {
    answer(protocol::MessageHistoryOk{});
    EXPECT_EQ(broken(), 7);
    EXPECT_TRUE(says("leaves out")) << said();
}

TEST_F(EarlierTextsAsked, Promise17WhereTheyAreToldToOneWhoIsOut) {
    member_untold(ben, protocol::Role::member, false, ada);
    ASSERT_EQ(broken(), -1) << said();
    answer(protocol::MessageHistoryOk{.texts = {first()}});
    EXPECT_EQ(broken(), 17);
}

TEST_F(EarlierTextsAsked, Promise18WhereOneIsRefusedWhoMaySeeThem) {
    answer(protocol::ErrorReply{.code = ErrorCode::message_not_found});
    EXPECT_EQ(broken(), 18);
}

TEST_F(LivingEdits, WhatIsDeletedIsGoneFromTheFilesOfDevices) {
    protocol::MessageDelete command{.message = hello_.id};
    command.target.stream = group_;
    ASSERT_TRUE(scene_.give(of(ada), std::move(command)));
    pass(seconds(5));
    for (const std::size_t person : {ada, ben, cyd})
        look_at_rest(deleted_is_gone(), of(person));
    EXPECT_EQ(broken(), -1) << said();
}

TEST_F(LivingEdits, Promise8WhereTheFilesOfADeviceKeepWhatWasDeleted) {
    commit_untold(protocol::MessageNew{.sender = account(ada), .text = {}, .deleted_by = account(ada)},
                  hello_.born, hello_.id);
    ASSERT_EQ(broken(), -1) << said();
    look_at_rest(deleted_is_gone(), of(ben));
    EXPECT_EQ(broken(), 8);
    EXPECT_TRUE(says("in local.db")) << said();
}

}  // namespace
}  // namespace parley::sim
