// A scene, played again with every fault at every step.

#include "tests/unit/core/sanitized.hpp"
#include "tests/unit/core/small_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace parley::test {
namespace {

struct Played {
    std::string picture;
    std::int64_t steps = 0;
    std::int64_t calls = 0;
    std::int64_t commits = 0;
};

Played play(const std::function<void(World&)>& scene, Fault fault) {
    Played played;
    World world(fault);
    scene(world);
    world.settle();
    for (auto& device : world.devices())
        played.picture += device->picture();
    played.steps = world.steps();
    for (auto& device : world.devices()) {
        played.calls = std::max(played.calls, device->database().calls());
        played.commits = std::max(played.commits, device->database().commits());
    }
    return played;
}

constexpr std::int64_t stride = sanitized ? 23 : 1;

}  // namespace

void with_every_fault(const std::function<void(World&)>& scene) {
    using Kind = Fault::Kind;
    const Played whole = play(scene, {});
    const std::vector<std::pair<Kind, std::int64_t>> kinds = {{Kind::disconnect, whole.steps},
                                                              {Kind::timeout, whole.steps},
                                                              {Kind::kill, whole.steps},
                                                              {Kind::database, whole.calls},
                                                              {Kind::commit, whole.commits}};
    for (const auto& [kind, last] : kinds) {
        for (std::int64_t step = 1; step <= last; step += stride) {
            SCOPED_TRACE("fault " + std::to_string(static_cast<int>(kind)) + " at step " +
                         std::to_string(step));
            EXPECT_EQ(play(scene, {kind, step}).picture, whole.picture);
            if (testing::Test::HasFailure()) return;
        }
    }
}

}  // namespace parley::test
