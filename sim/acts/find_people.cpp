#include "sim/acts/act.hpp"

namespace parley::sim {

namespace {

/// By handles, those of before included, by ids, or both; sometimes of nobody.
bool perform_find_people(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    protocol::ProfileFind find;
    for (const auto& person : scene.people()) {
        if (random.below(4) == 0) find.handles.push_back(random.pick(person->handles));
        if (person->account && random.below(6) == 0) find.accounts.push_back(*person->account);
    }
    if (find.handles.empty() || random.below(8) == 0) find.handles.emplace_back("nobody");
    return scene.give(device, std::move(find)).has_value();
}

}  // namespace

extern const Act find_people;
const Act find_people{.name = "look people up", .weight = 2, .perform = perform_find_people};

}  // namespace parley::sim
