#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace parley::sim::crash {

/// Something that must not be, in the world of one seed.
struct Finding {
    std::uint64_t seed = 0;
    std::string what;
};

inline std::ostream& operator<<(std::ostream& out, const Finding& finding) {
    return out << "seed " << finding.seed << ": " << finding.what;
}

}  // namespace parley::sim::crash
