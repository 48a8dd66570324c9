// Whom the person has blocked, as what waits to be sent leaves it.

#include "base/mutant.hpp"
#include "core/commands.hpp"
#include "core/views.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

/// What is asked of the server and not refused, in order.
std::vector<const Command*> Views::asked_blocks() const {
    if (mutant(Mutant::block_waits_for_its_answer)) return {};
    auto asked = outbox_.in_lane(std::string(lane_of_no_conversation));
    std::erase_if(asked,
                  [](const Command* one) { return !one->block || one->state == CommandState::failed; });
    return asked;
}

bool Views::is_blocked(const AccountId& account) const {
    bool blocked = blocks_.stands(account);
    for (const Command* one : asked_blocks())
        if (one->block->account == account) blocked = one->block->blocked;
    return blocked;
}

Result<std::vector<BlockedView>> Views::blocked() const {
    std::vector<BlockedView> views;
    for (const auto& one : blocks_.in_order())
        views.push_back({.account = one.account, .profile = std::nullopt, .at = one.at});
    for (const Command* one : asked_blocks()) {
        const AccountId& account = one->block->account;
        const auto shown = std::ranges::find(views, account, &BlockedView::account);
        if (!one->block->blocked) {
            if (shown != views.end()) views.erase(shown);
        } else if (shown == views.end()) {
            views.push_back(
                {.account = account, .profile = std::nullopt, .at = one->made_at, .changing = true});
        }
    }
    for (BlockedView& view : views) {
        TRY_ASSIGN(view.profile, profiles_.find(view.account));
    }
    return views;
}

}  // namespace parley::core
