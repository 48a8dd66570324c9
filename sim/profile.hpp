#pragma once

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parley::sim {

/// How bad the world is.
enum class Profile : std::uint8_t { calm, train, hostile };

constexpr std::array kProfiles{Profile::calm, Profile::train, Profile::hostile};

constexpr std::string_view name_of(Profile profile) {
    constexpr std::array<std::string_view, 3> names{"calm", "train", "hostile"};
    return names[static_cast<std::size_t>(profile)];
}

constexpr std::optional<Profile> profile_named(std::string_view name) {
    for (const Profile profile : kProfiles) {
        if (name_of(profile) == name) return profile;
    }
    return std::nullopt;
}

/// Mean time between two faults.
constexpr Duration fault_interval(Profile profile) {
    constexpr std::array<std::int64_t, 3> seconds_between{60, 4, 2};
    return seconds(seconds_between[static_cast<std::size_t>(profile)]);
}

/// How likely something is in each profile, compared with others of its kind.
struct Weights {
    int calm = 0;
    int train = 0;
    int hostile = 0;

    constexpr int in(Profile profile) const {
        return profile == Profile::calm ? calm : profile == Profile::train ? train : hostile;
    }
};

}  // namespace parley::sim
