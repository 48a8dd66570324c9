#pragma once

#include "sim/scene.hpp"

#include <string>
#include <vector>

namespace parley::sim {

/// The last changes of the streams that a violation names, and what the named devices hold of them, as lines
/// for people.
std::vector<std::string> last_changes(Scene& scene, const Violation& violation);

/// Who keeps the world from coming to rest.
Violation restless(Scene& scene);

}  // namespace parley::sim
