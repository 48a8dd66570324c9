#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::sim {

/// How bad the world is: nearly nothing happens; bad ways and tunnels; networks that change, machines that
/// sleep and are brought up to date; everything at once.
enum class Profile : std::uint8_t { calm, train, office, hostile };

constexpr std::array profiles{Profile::calm, Profile::train, Profile::office, Profile::hostile};

constexpr std::string_view name_of(Profile profile) {
    constexpr std::array<std::string_view, 4> names{"calm", "train", "office", "hostile"};
    return names[static_cast<std::size_t>(profile)];
}

constexpr std::optional<Profile> profile_named(std::string_view name) {
    for (const Profile profile : profiles) {
        if (name_of(profile) == name) return profile;
    }
    return std::nullopt;
}

/// How likely something is in each profile, compared with others of its kind.
struct Weights {
    int calm = 0;
    int train = 0;
    int office = 0;
    int hostile = 0;

    constexpr int in(Profile profile) const {
        return std::array{calm, train, office, hostile}[static_cast<std::size_t>(profile)];
    }
};

/// How often faults come: one for so many acts, but not more often than this.
struct FaultPace {
    std::int64_t acts = 0;
    Duration least;
};

constexpr FaultPace fault_pace(Profile profile) {
    constexpr std::array<FaultPace, 4> paces{{
        {.acts = 60, .least = seconds(10)},
        {.acts = 12, .least = seconds(2)},
        {.acts = 16, .least = seconds(2)},
        {.acts = 8, .least = seconds(1)},
    }};
    return paces[static_cast<std::size_t>(profile)];
}

}  // namespace parley::sim
