#pragma once

#include "sim/crash/finding.hpp"
#include "sim/crash/machine.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim::crash {

/// What became of bits that were flipped in one part of a store's file.
struct RotToll {
    std::int64_t flips = 0;
    /// Not mutually exclusive: by reading all that anybody may read …
    std::int64_t found_reading = 0;
    /// … by a round of the scrubber …
    std::int64_t found_scrubbing = 0;
    /// … by the check of the structure that follows an unclean end …
    std::int64_t found_checking = 0;
    /// … by `PRAGMA integrity_check`, which no server runs by itself.
    std::int64_t found_by_integrity_check = 0;
    /// By reading or the scrubber.
    std::int64_t found = 0;
    /// The store did not open.
    std::int64_t not_opened = 0;
    /// Something else was served than had been told.
    std::int64_t served_wrong = 0;
    /// Nobody noticed anything, and everything was served right.
    std::int64_t harmless = 0;
    /// Nobody of ours noticed anything, and something was left out or wrong.
    std::int64_t unnoticed = 0;
    /// Rows that readers did not get, in all.
    std::int64_t rows_left_out = 0;
    std::int64_t requests_refused = 0;
};

/// Each of these with its name.
inline constexpr std::array rot_numbers{
    std::pair{"flips", &RotToll::flips},
    std::pair{"found_reading", &RotToll::found_reading},
    std::pair{"found_scrubbing", &RotToll::found_scrubbing},
    std::pair{"found_checking", &RotToll::found_checking},
    std::pair{"found_by_integrity_check", &RotToll::found_by_integrity_check},
    std::pair{"found", &RotToll::found},
    std::pair{"not_opened", &RotToll::not_opened},
    std::pair{"served_wrong", &RotToll::served_wrong},
    std::pair{"harmless", &RotToll::harmless},
    std::pair{"unnoticed", &RotToll::unnoticed},
    std::pair{"rows_left_out", &RotToll::rows_left_out},
    std::pair{"requests_refused", &RotToll::requests_refused},
};

/// Rows first and what they said before, then what holds rows together and leads to them, then everything
/// else.
inline constexpr std::array<std::string_view, 6> rot_parts{"rows",
                                                           "earlier texts",
                                                           "links between rows",
                                                           "indexes of rows",
                                                           "all other tables",
                                                           "anywhere in the file"};
/// The first so many have a checksum each of their own.
inline constexpr std::size_t rot_parts_of_rows = 2;

struct Rot {
    /// In the order of `rot_parts`.
    std::array<RotToll, rot_parts.size()> parts;
    /// The seeds of the stores.
    std::set<std::uint64_t> seeds;
    /// What must not be, with the seed of the store and the place of the bit.
    std::vector<Finding> findings;
};

/// Flips one bit at a time in the file of a store that has been through many power losses, opens the store on
/// it and has everything read, scrubbed and checked: `flips` in each part, in stores of these seeds. Each
/// must be found, those in rows and earlier texts by reading or by the scrubber, the others by those, by the
/// check, or since the store does not open; and nothing may be served that is not as it was told.
Rot rot(Seeds seeds, std::int64_t flips, Defect defect);

}  // namespace parley::sim::crash
