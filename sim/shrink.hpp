#pragma once

#include "sim/simulation.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace parley::sim {

/// Leaves out of a run what the violation of the same promise does not need: people, devices, turns of fate
/// and of people. Nothing where the run breaks no promise. `heard` is told what has become of it, step by
/// step. What is left breaks the promise, though perhaps in another way.
std::optional<RunOptions> shrink(const RunOptions& failing,
                                 const std::function<void(std::string_view)>& heard);

}  // namespace parley::sim
