// Each promise is shown a world in which it is broken, and must say so. Here those about what the server
// holds, how long it takes and what it limits.

#include "client/sqlite_database.hpp"
#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace parley::sim {
namespace {

TEST_F(Broken, Promise28WhereTheServerHoldsMoreThanItMay) {
    const auto fits = [this](std::size_t size) {
        buffer_fits(scene_, {.name = "bytes", .device = "ada/1", .size = size, .size_max = 10});
        return broken();
    };
    EXPECT_EQ(fits(10), -1);
    EXPECT_EQ(fits(11), 28);
}

TEST_F(Broken, Promise29WhereSomebodyWaitsForHisAnswer) {
    founded();
    protocol::Envelope asked;
    asked.id = uuid(1);
    asked.payload = protocol::ConversationRename{.title = "t"};
    const auto ask_and_wait = [&](Duration time) {
        const auto promise = deaf_harm_nobody();
        promise->server_heard(scene_, *ada_, asked);
        pass(time);
        protocol::Envelope answer;
        answer.re = asked.id;
        answer.payload = protocol::Done{};
        promise->server_said(scene_, *ada_, *scene_.signed_in(*ada_), answer);
        return broken();
    };
    EXPECT_EQ(ask_and_wait(seconds(5)), -1);
    EXPECT_EQ(ask_and_wait(seconds(7)), 29);
}

TEST_F(Broken, Promise29WhereSomebodyIsToldLate) {
    founded();
    const auto promise = deaf_harm_nobody();
    const auto tell = [&](std::int64_t seq, protocol::Payload payload) {
        protocol::Envelope envelope;
        envelope.stream = to_id(the_group);
        envelope.seq = seq;
        envelope.payload = std::move(payload);
        promise->server_said(scene_, *ben_, *scene_.signed_in(*ben_), envelope);
    };
    const auto commit_now = [&](std::int64_t seq) {
        server::Batch batch;
        batch.effects.emplace_back(change(seq, text(ada), uuid(1)));
        promise->committed(scene_, batch);
    };
    commit_now(4);
    pass(seconds(60));
    tell(4, text(ada));
    EXPECT_EQ(broken(), -1) << "not live yet";
    tell(4, protocol::Resumed{.token = "t", .epoch = 1});
    tell(4, text(ada));
    EXPECT_EQ(broken(), -1) << "live since a moment ago";
    commit_now(5);
    pass(seconds(7));
    tell(5, text(ada));
    EXPECT_EQ(broken(), 29);
}

TEST_F(Broken, Promise30WhereReadingIsRefused) {
    founded();
    say(*ada_, protocol::ErrorReply{.code = ErrorCode::rate_limited}, {}, uuid(1));
    EXPECT_EQ(broken(), 30);
}

TEST_F(Broken, Promise30WhereWhoReadIsRefused) {
    founded();
    device(0).ledger.add(uuid(1), protocol::Read{.upto = 1}, to_id(ada));
    device(0).ledger.add(uuid(2), protocol::MessageSend{.text = "t"}, to_id(ada));
    say(*ada_, protocol::ErrorReply{.code = ErrorCode::rate_limited}, {}, uuid(2));
    EXPECT_EQ(broken(), -1) << "messages may be too many";
    say(*ada_, protocol::ErrorReply{.code = ErrorCode::rate_limited}, {}, uuid(1));
    EXPECT_EQ(broken(), 30);
}

TEST_F(Broken, Promise30WhereAnAckOfAProgramIsRefused) {
    scene_.http_said({.method = "POST", .target = "/v1/conversations/c_1/messages"}, {.status = 429});
    EXPECT_EQ(broken(), -1) << "messages may be too many";
    scene_.http_said({.method = "POST", .target = "/v1/ack"}, {.status = 429});
    EXPECT_EQ(broken(), 30);
}

TEST_F(Broken, Promise30WhereAProgramMayNotFindPeople) {
    scene_.http_said({.method = "POST", .target = "/v1/profiles"}, {.status = 429});
    EXPECT_EQ(broken(), 30);
}

TEST_F(Broken, Promise30WhereSigningOutIsRefused) {
    scene_.http_said({.method = "POST", .target = "/v1/sessions"}, {.status = 429});
    EXPECT_EQ(broken(), -1) << "signing in may be tried too often";
    scene_.http_said({.method = "DELETE", .target = "/v1/sessions/current"}, {.status = 429});
    EXPECT_EQ(broken(), 30);
}

TEST_F(Broken, Promise33WhereAFullDiskStopsDeleting) {
    founded();
    const auto promise = full_disk_is_said();
    const SignedIn who{to_id(ada), to_id(DeviceKey{1})};
    protocol::Envelope asked;
    asked.id = uuid(1);
    protocol::Envelope refusal;
    refusal.re = uuid(1);
    refusal.payload = protocol::ErrorReply{.code = ErrorCode::disk_full};
    const auto refused = [&](protocol::Payload payload) {
        asked.payload = std::move(payload);
        promise->server_heard(scene_, *ada_, asked);
        promise->server_said(scene_, *ada_, who, refusal);
        return broken();
    };
    EXPECT_EQ(refused(protocol::DraftSet{.text = "and"}), -1) << "what is written takes room";
    asked.payload = protocol::MessageDelete{.message = uuid(2)};
    promise->server_heard(scene_, *ada_, asked);
    auto& disk = scene_.server().disk();
    disk.faults().capacity = 0;
    const auto process = disk.start();
    EXPECT_FALSE(client::SqliteDatabase::open("filled.db", client::Durability::on_sync, process->vfs_name()));
    promise->server_said(scene_, *ada_, who, refusal);
    EXPECT_EQ(broken(), -1) << "there was no room for that either";
    EXPECT_EQ(refused(protocol::MessageDelete{.message = uuid(2)}), 33);
}

TEST_F(Broken, Promise33WhereNothingIsCommittedThoughTheBallastIsThere) {
    const auto refuse = [&](ErrorCode code) {
        scene_.commit_refused({.code = code, .context = {}, .retry_after_ms = 0, .field = {}});
        return broken();
    };
    EXPECT_EQ(refuse(ErrorCode::disk_full), -1) << "it has been let go";
    scene_.server().disk().put("data/ballast", std::array<std::uint8_t, 1>{});
    EXPECT_EQ(refuse(ErrorCode::internal), -1) << "that is another matter";
    EXPECT_EQ(refuse(ErrorCode::disk_full), 33);
}

}  // namespace
}  // namespace parley::sim
