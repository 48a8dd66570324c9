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
