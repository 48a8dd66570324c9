#include "sim/faults/fault.hpp"

namespace parley::sim {

namespace {

/// It hears what others say, and nothing that it asks for arrives, until one of both ends gives its
/// connection up.
bool strike_lose_questions(Scene& scene) {
    return strike_link(scene, busy_device(scene), &Link::questions, 1'000);
}

}  // namespace

extern const Fault lose_questions;
const Fault lose_questions{
    .name = "lose what a device asks", .weights = {1, 5, 2, 4}, .strike = strike_lose_questions};

}  // namespace parley::sim
