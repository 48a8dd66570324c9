#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// What it asks for arrives and is done, and no answer comes back: of a sign-in, of a renewal of its tokens,
/// of all that it sends on its connection, until it gives that up.
bool strike_lose_answers(Scene& scene) {
    return strike_link(scene, busy_device(scene), &Link::answers, 1'000);
}

}  // namespace

extern const Fault lose_answers;
const Fault lose_answers{
    .name = "lose the answers to a device", .weights = {1, 8, 3, 6}, .strike = strike_lose_answers};

}  // namespace parley::sim
