#pragma once

#include "sim/profile.hpp"
#include "sim/scene.hpp"

#include <span>
#include <string_view>

namespace parley::sim {

/// Something that goes wrong. One file each; listed in all.cpp. What must end by itself ends by an event that
/// it leaves behind; `heal` ends everything.
struct Fault {
    std::string_view name;
    Weights weights;
    /// False: there was no occasion.
    bool (*strike)(Scene& scene) = nullptr;
};

std::span<const Fault* const> all_faults();

/// One that is up; null where none is.
Device* any_device(Scene& scene);
/// The same, and rather one on which something waits to be done.
Device* busy_device(Scene& scene);

}  // namespace parley::sim
