// What follows from commits and is too much for the transaction of its cause: done in slices, each a piece of
// work of its own. What is owed stands in the store from the commit on that caused it, and each slice says in
// its own transaction how far it came; so a crash skips nothing and repeats nothing.
#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::server {

namespace {

/// The person's row in the conversation says who he is by now. Answers with how many frames that leads to.
std::int64_t show_profile(WorkContext& context, ConversationKey key, AccountKey account) {
    const auto* found = context.store.conversations().find(key);
    const auto* member = context.store.conversations().member(key, account);
    if (found == nullptr || member == nullptr) return 0;  // Only where the store failed.
    auto conversation = *found;
    auto change = write_change(
        context, conversation,
        {.slot = Slot::member(account), .payload = member_changed(context.store, *member, account)});
    context.effects.emplace_back(
        ConversationChange{.conversation = key, .change = std::move(change), .origin = {}});
    // In a small conversation each who hears of it acknowledges it to all others.
    const bool with_receipts = conversation.members <= limits::receipts_members_max;
    return with_receipts ? conversation.members * conversation.members : conversation.members;
}

}  // namespace

void owe_profile(WorkContext& context, AccountKey account) {
    const auto since = context.store.position_of(StreamKey(account));
    context.store.account_writes().put(ProfileDebt{.account = account, .since = since, .upto = {}});
    context.effects.emplace_back(FollowUpOwed{});
}

void follow_up(WorkContext& context, const FollowUp& command) {
    using Outcome = FollowedUp::Outcome;
    const auto tell = [&](Outcome outcome) {
        context.effects.emplace_back(FollowedUp{outcome});
    };
    const auto debt = context.store.accounts().oldest_profile_debt(command.skip);
    if (!debt) return tell(command.skip == 0 ? Outcome::done : Outcome::rest_failed);
    if (!check_room(context)) return tell(Outcome::failed);
    const auto joined = context.store.conversations().joined_or_spared(debt->account);
    auto next = std::ranges::upper_bound(joined, debt->upto);
    const auto slice = std::min<std::ptrdiff_t>(context.rules.follow_up_conversations, joined.end() - next);
    std::int64_t frames = 0;
    for (const auto end = next + slice; next != end && frames < context.rules.follow_up_frames; ++next)
        frames += show_profile(context, *next, debt->account);
    auto& writes = context.store.account_writes();
    if (next == joined.end() || mutant(Mutant::follow_up_forgets_the_rest)) {
        writes.settle_profile(debt->account);
    } else {
        writes.put(ProfileDebt{.account = debt->account, .since = debt->since, .upto = *std::prev(next)});
    }
    tell(context.store.accounts().oldest_profile_debt(0) ? Outcome::more : Outcome::done);
}

}  // namespace parley::server
