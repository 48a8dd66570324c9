// A server or a device that dies inside any disk operation of its start starts again, and nothing is broken.

#include "tests/unit/sim/living_world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace parley::sim {
namespace {

/// Inside which of its disk operations the start dies, and whether the power is lost with it.
using Place = std::tuple<int, bool>;

std::string name_of(const testing::TestParamInfo<Place>& place) {
    const auto [operation, power_lost] = place.param;
    return (power_lost ? "PowerLostIn" : "KilledIn") + std::to_string(operation);
}

/// What is said waits for its way while the start dies.
class Starts : public Living, public testing::WithParamInterface<Place> {
  protected:
    int operation() const { return std::get<0>(GetParam()); }
    bool power_lost() const { return std::get<1>(GetParam()); }

    void say(std::size_t person) {
        protocol::MessageSend message{.text = "under way"};
        message.target.stream = group_;
        ASSERT_TRUE(scene_.give(of(person), std::move(message)));
    }
    /// It dies in its first start, and in no other.
    template <class Node>
    void start_until_it_works(Node& node) {
        pass(milliseconds(1));
        ASSERT_FALSE(node.start()) << "it has fewer disk operations by now";
        pass(milliseconds(1));
        ASSERT_TRUE(node.start());
    }
    void come_to_rest() {
        pass(seconds(60));
        for (const auto& device : scene_.devices())
            ASSERT_TRUE(scene_.list(*device));
        scene_.check_at_rest();
        EXPECT_EQ(broken(), -1) << said();
    }
};

class ServerStarts : public Starts {};

TEST_P(ServerStarts, AgainWhereItDied) {
    say(ada);
    pass(milliseconds(20));
    say(ben);
    scene_.server().die_at_next_start(
        operation(), power_lost() ? ServerNode::Death::power_lost : ServerNode::Death::killed);
    scene_.server().die(ServerNode::Death::killed);
    start_until_it_works(scene_.server());
    come_to_rest();
}

INSTANTIATE_TEST_SUITE_P(Everywhere, ServerStarts, testing::Combine(testing::Range(1, 17), testing::Bool()),
                         name_of);

class DeviceStarts : public Starts {};

TEST_P(DeviceStarts, AgainWhereItDied) {
    say(ada);
    say(ben);
    of(ben).node->die_at_next_start(operation(), power_lost());
    of(ben).node->die(false);
    start_until_it_works(*of(ben).node);
    come_to_rest();
}

/// Everything that runs on it ends then, the older tab too.
TEST_P(DeviceStarts, AgainWhereItDiedAsAnotherTabWasOpened) {
    say(ada);
    say(ben);
    of(ben).node->die_at_next_start(operation(), power_lost());
    ASSERT_FALSE(of(ben).node->hand_over(false)) << "it has fewer disk operations by now";
    pass(milliseconds(1));
    ASSERT_TRUE(of(ben).node->start());
    come_to_rest();
}

INSTANTIATE_TEST_SUITE_P(Everywhere, DeviceStarts, testing::Combine(testing::Range(1, 13), testing::Bool()),
                         name_of);

}  // namespace
}  // namespace parley::sim
