#pragma once

#include <cstdint>
#include <string>

namespace parley::sim::crash {

/// Something that must not be, in the world of one seed.
struct Finding {
    std::uint64_t seed = 0;
    std::string what;
};

}  // namespace parley::sim::crash
