// Whole scenes, each played again with a lost connection, a silent one and a failing database at every step.

#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>

namespace parley::test {
namespace {

AccountId account(World& world, const std::string& handle) {
    return world.server.account_named(handle);
}

StreamId group_named(World& world, const std::string& title) {
    for (const auto& [stream, conversation] : world.server.store().conversations)
        if (conversation.title == title) return stream;
    return {};
}

TEST(Faults, TwoPeopleTalk) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "one");
        world.settle();
        bob.send(to_peer(account(world, "ann")), "two");
        world.settle();
        const StreamId stream = bob.only_conversation();
        bob.read(stream, 4);
        world.settle();
    });
}

TEST(Faults, AGroupIsMadeFilledAndEmptied) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        const Uuid group = ann.submit(protocol::ConversationCreate{"group", {}});
        ann.send(to_made_by(group), "before bob");
        world.settle();
        const StreamId stream = group_named(world, "group");
        ann.submit(protocol::MemberAdd{to_stream(stream), {account(world, "bob")}});
        world.settle();
        ann.send(to_stream(stream), "for bob");
        ann.submit(protocol::ConversationRename{to_stream(stream), "renamed"});
        world.settle();
        ann.submit(protocol::MemberRemove{to_stream(stream), account(world, "bob")});
        ann.send(to_stream(stream), "without bob");
        world.settle();
        ann.submit(protocol::MemberAdd{to_stream(stream), {account(world, "bob")}});
        ann.send(to_stream(stream), "bob again");
        world.settle();
        (void)bob;
    });
}

TEST(Faults, ABacklogIsPulledPieceByPiece) {
    with_every_fault([](World& world) {
        world.server.rows_max = 3;
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "zero");
        world.settle();
        bob.go_offline();
        for (int i = 1; i < 8; ++i)
            ann.send(to_peer(account(world, "bob")), std::to_string(i));
        bob.send(to_peer(account(world, "ann")), "from bob");
        world.settle();
        bob.connect();
        world.settle();
    });
}

TEST(Faults, ADeviceThatWasAwayForLongJumps) {
    with_every_fault([](World& world) {
        world.server.rows_max = 3;
        Device& ann = world.device("ann");
        core::ClientOptions options;
        options.jump_changes = 4;
        Device& bob = world.device("bob", options);
        const Uuid group = ann.submit(protocol::ConversationCreate{"group", {account(world, "bob")}});
        ann.send(to_made_by(group), "before");
        world.settle();
        bob.go_offline();
        for (int i = 0; i < 9; ++i)
            ann.send(to_made_by(group), std::to_string(i));
        world.settle();
        bob.connect();
        world.settle();
    });
}

TEST(Faults, TokensEndWhileMessagesWait) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "one");
        world.settle();
        world.server.expire_tokens();
        world.server.close_all(4002);
        ann.send(to_peer(account(world, "bob")), "two");
        world.settle();
        (void)bob;
    });
}

TEST(Faults, SomebodyMakesAnAccountAndSignsOut) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& eve = world.newcomer("eve");
        eve.send(to_peer(account(world, "ann")), "hello");
        world.settle();
        ann.send(to_peer(account(world, "eve")), "welcome");
        world.settle();
        eve.sign_out();
        world.settle();
    });
}

TEST(Faults, ADeviceIsSignedOutFromElsewhere) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& second = world.device("ann");
        ann.submit(protocol::ConversationCreate{"group", {}});
        world.settle();
        world.server.revoke(*second.core().device());
        world.settle();
    });
}

TEST(Faults, TokensAreRenewedWhileConnectionsGoOn) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "one");
        world.settle();
        world.server.warn_of_tokens();
        ann.send(to_peer(account(world, "bob")), "two");
        bob.send(to_peer(account(world, "ann")), "three");
        world.settle();
    });
}

TEST(Faults, ABusyServerSaysWaitAndRefusesSomeForGood) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "one");
        world.settle();
        int waits = 3;
        world.server.refuse =
            [&waits](const protocol::Envelope& asked) -> std::optional<protocol::ErrorReply> {
            const auto* send = std::get_if<protocol::MessageSend>(&asked.payload);
            if (send && send->text.starts_with("wrong"))
                return protocol::ErrorReply{ErrorCode::message_not_found, "no", {}, {}, {}};
            const bool first_tries = asked.id && --waits > 0;
            if (!first_tries) return std::nullopt;
            return protocol::ErrorReply{ErrorCode::rate_limited, "later", 1500, {}, {}};
        };
        for (const char* text : {"two", "wrong one", "wrong two", "three", "wrong three", "four"})
            ann.send(to_peer(account(world, "bob")), text);
        world.settle();
        bob.send(to_peer(account(world, "ann")), "five");
        world.settle();
        world.server.refuse = nullptr;
    });
}

TEST(Faults, WhatWasSaidInAGroupThatOneIsNoLongerInFails) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.submit(protocol::ConversationCreate{"group", {account(world, "bob")}});
        world.settle();
        const StreamId stream = group_named(world, "group");
        bob.go_offline();
        for (int i = 0; i < 6; ++i)
            bob.send(to_stream(stream), std::to_string(i));
        ann.submit(protocol::MemberRemove{to_stream(stream), account(world, "bob")});
        world.settle();
        bob.connect();
        world.settle();
    });
}

TEST(Faults, SomebodyComesAndGoesWhileHisDeviceIsAway) {
    with_every_fault([](World& world) {
        world.server.rows_max = 4;
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.submit(protocol::ConversationCreate{"group", {account(world, "bob")}});
        world.settle();
        const StreamId stream = group_named(world, "group");
        for (int times = 0; times < 2; ++times) {
            bob.go_offline();
            ann.send(to_stream(stream), "for bob");
            ann.submit(protocol::MemberRemove{to_stream(stream), account(world, "bob")});
            ann.send(to_stream(stream), "without bob");
            ann.submit(protocol::MemberAdd{to_stream(stream), {account(world, "bob")}});
            ann.send(to_stream(stream), "for bob again");
            world.settle();
            bob.connect();
            world.settle();
        }
        ann.submit(protocol::ConversationLeave{to_stream(stream)});
        world.settle();
        bob.submit(protocol::ConversationLeave{to_stream(stream)});
        world.settle();
    });
}

TEST(Faults, ASlowConnectionFallsBackToResuming) {
    with_every_fault([](World& world) {
        world.server.rows_max = 3;
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "one");
        world.settle();
        world.server.lose_pushes(true);
        for (int i = 0; i < 5; ++i)
            ann.send(to_peer(account(world, "bob")), std::to_string(i));
        ann.submit(protocol::ConversationCreate{"group", {account(world, "bob")}});
        world.run();
        world.server.lose_pushes(false);
        world.server.fall_back();
        world.settle();
        bob.send(to_peer(account(world, "ann")), "two");
        world.settle();
    });
}

TEST(Faults, OldTimesAreLookedAtWhileTheyAreFetched) {
    with_every_fault([](World& world) {
        world.server.rows_max = 2;
        Device& ann = world.device("ann");
        ann.submit(protocol::ConversationCreate{"group", {}});
        world.settle();
        const StreamId stream = group_named(world, "group");
        core::ClientOptions options;
        options.jump_changes = 4;
        Device& second = world.device("ann", options);
        world.settle();
        second.go_offline();
        for (int i = 0; i < 12; ++i)
            ann.send(to_stream(stream), std::to_string(i));
        world.settle();
        second.connect();
        second.look(stream, {.around = 5, .limit = 4});
        second.look(stream, {.after = 2, .limit = 3});
        second.read(stream, 7);
        world.settle();
        second.look(stream, {.before = 6, .limit = 3});
        world.settle();
    });
}

TEST(Faults, AServerIsRestoredFromOneBackupTwice) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "kept");
        world.settle();
        const StreamId stream = bob.only_conversation();
        const auto backup = world.server.store();
        for (const char* text : {"lost first", "lost second"}) {
            ann.send(to_peer(account(world, "bob")), text);
            world.settle();
            bob.read(stream, 5);
            ann.submit(protocol::ConversationCreate{text, {account(world, "bob")}});
            world.settle();
            world.server.restore(backup);
            world.settle();
        }
        bob.send(to_peer(account(world, "ann")), "after");
        world.settle();
    });
}

TEST(Faults, AServerIsRestoredFromABackup) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "kept");
        world.settle();
        const auto backup = world.server.store();
        ann.send(to_peer(account(world, "bob")), "lost");
        world.settle();
        world.server.restore(backup);
        world.settle();
        bob.send(to_peer(account(world, "ann")), "after");
        world.settle();
    });
}

TEST(Faults, ASecondDeviceOfTheSamePersonShowsTheSame) {
    with_every_fault([](World& world) {
        Device& ann = world.device("ann");
        Device& bob = world.device("bob");
        ann.send(to_peer(account(world, "bob")), "one");
        world.settle();
        bob.send(to_peer(account(world, "ann")), "two");
        world.settle();
        Device& second = world.device("ann");
        second.send(to_peer(account(world, "bob")), "three");
        world.settle();
        ann.read(ann.only_conversation(), 5);
        world.settle();
    });
}

}  // namespace
}  // namespace parley::test
