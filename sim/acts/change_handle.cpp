#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// Mostly one that nobody ever had; sometimes one of the own that was given up, or somebody else's.
std::string wanted_handle(Scene& scene, const Person& person) {
    Random& random = scene.world().random();
    const auto luck = random.below(6);
    if (luck == 0) return random.pick(person.handles);
    if (luck == 1) {
        // Whoever has not registered yet would find the door closed.
        const Person& other = *random.pick(scene.people());
        if (other.registered) return random.pick(other.handles);
    }
    return person.handles.front() + "." + std::to_string(scene.world().next_number());
}

bool perform_change_handle(Scene& scene, Device& device) {
    Person& person = *device.person;
    protocol::ProfileSet set;
    set.handle = wanted_handle(scene, person);
    if (scene.world().random().below(3) == 0)
        set.avatar = "picture " + std::to_string(scene.world().next_number());
    if (!scene.give(device, set)) return false;
    scene.wished(person, *set.handle);
    return true;
}

}  // namespace

extern const Act change_handle;
const Act change_handle{.name = "take another handle", .weight = 1, .perform = perform_change_handle};

}  // namespace parley::sim
