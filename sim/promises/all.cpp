#include "sim/promises/all.hpp"

#include <array>

namespace parley::sim {

std::vector<std::unique_ptr<Promise>> all_promises() {
    constexpr std::array makers{
        acknowledged_survives,
        once,
        numbers,
        same_rows,
        shown_once,
        windows,
        outbox,
        edits_agree,
        deleted_is_gone,
        same_as_fresh,
        own_settings_agree,
        told_of_oneself,
        reactions_agree,
        pins_agree,
        tokens_cover,
        latecomers_see_the_same,
        clocks_change_nothing,
        states_forward,
        states_arrive,
        positions_grow,
        delivered_is_held,
        counts,
        badge,
        receipts_for_members,
        typing_for_those_who_look,
        removed_hears_nothing,
        newcomer_sees_nothing,
        earlier_texts,
        rights,
        account_rights,
        link_rights,
        slow_mode,
        what_was_asked,
        blocked_cause_nothing,
        revoked_is_out,
        within_limits,
        deaf_harm_nobody,
        limits_spare,
        full_disk_is_said,
    };
    std::vector<std::unique_ptr<Promise>> promises;
    promises.reserve(makers.size());
    for (const auto make : makers)
        promises.push_back(make());
    return promises;
}

}  // namespace parley::sim
