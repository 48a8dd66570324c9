// Whom the person has blocked, as what waits to be sent leaves it.

#include "base/mutant.hpp"
#include "core/commands.hpp"
#include "core/views.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

/// What is asked of the server and not refused, in order.
Result<std::vector<Views::AskedBlock>> Views::asked_blocks() const {
    std::vector<AskedBlock> asked;
    if (outbox_.all().empty() || mutant(Mutant::block_waits_for_its_answer)) return asked;
    for (const Command* command : outbox_.in_lane(lane_of_no_conversation())) {
        if (command->type != protocol::Type::block_set || command->state == CommandState::failed) continue;
        TRY_ASSIGN(const auto envelope, outbox_.envelope(*command));
        asked.push_back({std::get<protocol::BlockSet>(envelope.payload), command->made_at});
    }
    return asked;
}

Result<bool> Views::is_blocked(const AccountId& account) const {
    bool blocked = blocks_.stands(account);
    TRY_ASSIGN(const auto asked, asked_blocks());
    for (const AskedBlock& one : asked)
        if (one.command.account == account) blocked = one.command.blocked;
    return blocked;
}

Result<std::vector<BlockedView>> Views::blocked() const {
    std::vector<BlockedView> views;
    for (const auto& one : blocks_.in_order())
        views.push_back({.account = one.account, .profile = std::nullopt, .at = one.at});
    TRY_ASSIGN(const auto asked, asked_blocks());
    for (const AskedBlock& one : asked) {
        const auto shown = std::ranges::find(views, one.command.account, &BlockedView::account);
        if (!one.command.blocked) {
            if (shown != views.end()) views.erase(shown);
        } else if (shown == views.end()) {
            views.push_back(
                {.account = one.command.account, .profile = std::nullopt, .at = one.at, .changing = true});
        }
    }
    for (BlockedView& view : views) {
        TRY_ASSIGN(view.profile, profiles_.find(view.account));
    }
    return views;
}

}  // namespace parley::core
