// Whatever is lost, repeated or comes in another order: in the end a device shows what a new one shows.

#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace parley::test {
namespace {

/// What a device shows, without what only its own history explains: how far others have got is told in
/// states.
std::vector<std::string> shown(Device& device, const StreamId& stream) {
    auto texts = device.texts(stream);
    const auto view = device.core().conversation(stream);
    if (view && *view) {
        texts.push_back("unread " + std::to_string((*view)->unread));
        texts.push_back("head " + std::to_string((*view)->head));
        texts.push_back("members " + std::to_string((*view)->summary.members));
        texts.push_back((*view)->complete ? "complete" : "incomplete");
    }
    return texts;
}

/// One device that is always there, and one that comes and goes.
struct Pair {
    World& world;
    Device& ann;
    Device& bob;
    StreamId stream;
    int said = 0;

    void say(Device& who, const std::string& name) {
        who.send(to_stream(stream), name + " " + std::to_string(++said));
    }
    void act();
};

void Pair::act() {
    switch (*rc::gen::inRange(0, 14)) {
        case 0:
            return bob.go_offline();
        case 1:
            return bob.connect();
        case 2:
            return world.server.lose_pushes(true);
        case 3:
            return world.server.lose_pushes(false);
        case 4:
            bob.restart();
            return bob.connect();
        case 5:
            return world.advance(seconds(*rc::gen::inRange(1, 40)));
        case 6:
            ann.submit(protocol::ConversationRename{to_stream(stream), "title " + std::to_string(++said)});
            return;
        case 7:
            return bob.read(stream, *rc::gen::inRange(1, 10));
        case 8:
            return say(bob, "bob");
        case 9:
            // Whether he is in already or not: the server knows, and bob may not have heard of it.
            if (*rc::gen::arbitrary<bool>())
                ann.submit(protocol::MemberRemove{to_stream(stream), bob.account()});
            else
                ann.submit(protocol::MemberAdd{to_stream(stream), {bob.account()}});
            return;
        case 10:
            return bob.look(stream, {.around = *rc::gen::inRange(1, 60), .limit = 5});
        case 11:
            return world.server.fall_back();
        default:
            for (int i = *rc::gen::inRange(1, 8); i > 0; --i)
                say(ann, "ann");
    }
}

RC_GTEST_PROP(Convergence, ADeviceEndsLikeANewOne, ()) {
    World world;
    world.server.rows_max = *rc::gen::inRange(1, 6);
    core::ClientOptions options;
    options.jump_changes = *rc::gen::element(2, 5, 1000);
    Device& ann = world.device("ann");
    Device& bob = world.device("bob", options);
    ann.submit(protocol::ConversationCreate{"group", {bob.account()}});
    world.settle();
    const StreamId stream = ann.only_conversation();
    Pair pair{world, ann, bob, stream};
    for (int left = *rc::gen::inRange(1, 40); left > 0; --left)
        pair.act();
    world.server.lose_pushes(false);
    world.server.close_all(1001);
    ann.submit(protocol::MemberAdd{to_stream(stream), {bob.account()}});
    ann.connect();
    bob.connect();
    world.settle();
    ann.send(to_stream(stream), "the last");
    world.settle();

    // What he said while he was out was refused.
    const auto refused = bob.core().outbox();
    for (const auto& command : *refused)
        RC_ASSERT(bob.core().discard(command.id, world.now()).has_value());

    Device& fresh = world.device("bob");
    world.settle();
    RC_ASSERT(shown(bob, stream) == shown(fresh, stream));
    const auto expected = world.server.messages_for(bob.account(), stream);
    const auto texts = bob.texts(stream);
    RC_ASSERT(texts.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        RC_ASSERT(texts[i] == std::get<protocol::MessageNew>(expected[i].payload).text);
    RC_ASSERT((*bob.core().conversation(stream))->unread == world.server.unread_for(bob.account(), stream));
}

}  // namespace
}  // namespace parley::test
