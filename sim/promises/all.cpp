#include "sim/promises/all.hpp"

#include <array>

namespace parley::sim {

std::vector<std::unique_ptr<Promise>> all_promises() {
    constexpr std::array kMakers{
        acknowledged_survives,
        once,
        numbers,
        same_rows,
        shown_once,
        outbox,
        states_forward,
        positions_grow,
        counts,
        removed_hears_nothing,
        newcomer_sees_nothing,
        rights,
        revoked_is_out,
    };
    std::vector<std::unique_ptr<Promise>> promises;
    for (const auto make : kMakers)
        promises.push_back(make());
    return promises;
}

}  // namespace parley::sim
