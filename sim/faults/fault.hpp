#pragma once

#include "sim/profile.hpp"
#include "sim/scene.hpp"

#include <cstdint>
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

/// What its link can, or cannot, is the other way round for a while. False: it is already.
bool strike_link(Scene& scene, Device* device, bool Link::* what, std::int64_t least_ms);

}  // namespace parley::sim
