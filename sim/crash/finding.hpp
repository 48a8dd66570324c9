#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace parley::sim::crash {

/// Which seeds worlds have, one after another: processes that share a run take turns.
struct Seeds {
    std::uint64_t first = 1;
    std::uint64_t step = 1;
};

/// Something that must not be, in the world of one seed.
struct Finding {
    std::uint64_t seed = 0;
    std::string what;
};

inline std::ostream& operator<<(std::ostream& out, const Finding& finding) {
    return out << "seed " << finding.seed << ": " << finding.what;
}

}  // namespace parley::sim::crash
