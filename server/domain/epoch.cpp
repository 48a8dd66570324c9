#include "server/domain/token_standing.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>

namespace parley::server {

TokenStanding standing_of(View& view, const AccountRecord& account, const SyncToken& token) {
    // Epochs only rise: what is of a later one was given by a store that is gone. None has a number as high
    // as those that were drawn by lot once.
    if (token.epoch > view.epoch() && token.epoch <= epoch_max) return TokenStanding::ahead;
    if (token.epoch != view.epoch()) return TokenStanding::foreign;
    const Shared shared = view.shared_with(token.life);
    if (shared.with == Shared::With::unknown) return TokenStanding::foreign;
    const bool covered =
        std::max(token.position, token.states_as_of) <= shared.upto && token.account_seq <= account.head;
    return covered && shared.with == Shared::With::own ? TokenStanding::usable : TokenStanding::ahead;
}

/// Many devices come with such tokens at once; what the first has begun makes those of all others foreign.
Result<Answer> perform(WorkContext& context, const TokenAhead& command) {
    const auto* account = context.store.accounts().find(context.account());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    if (standing_of(context.store, *account, command.token) == TokenStanding::ahead) {
        const std::int64_t shared_upto = context.store.shared_with(command.token.life).upto;
        TRY(context.store.begin_epoch(
            {.shared_upto = shared_upto, .epoch_seen = command.token.epoch, .at = context.at}));
        context.effects.emplace_back(EpochBegun{
            .epoch = context.store.epoch(), .shared_upto = shared_upto, .seen = command.token.position});
    }
    return nothing_to_do(context);
}

}  // namespace parley::server
