// What a person sets for himself in a conversation: one row of his account's stream for his preferences, one
// for his draft.

#include "base/mutant.hpp"
#include "core/rules/preferences.hpp"
#include "server/domain/use_cases.hpp"

#include <utility>

namespace parley::server {

namespace {

/// The row in this slot of the account's own stream.
template <class State>
struct Held {
    std::int64_t seq = 0;
    /// Nothing where none was ever made, or it cannot be read.
    std::optional<State> state;
    bool damaged = false;
};

template <class State>
Held<State> held_in(WorkContext& context, Slot slot) {
    const StreamKey own(context.account());
    const auto row = context.store.rows().in_slot(own, slot);
    if (!row) return {.damaged = context.store.rows().place(own, slot) != 0};
    const auto* state = std::get_if<State>(&row->payload);
    return {.seq = row->seq, .state = state != nullptr ? std::optional(*state) : std::nullopt};
}

/// They say everything that there is to say, whatever was set before.
bool is_whole(const protocol::PreferencesSet& command) {
    return command.muted_until && command.archived && command.pinned && command.marked_unread &&
           command.notify;
}

/// The one that stands there was written by somebody who did not know of this one, nor this one's writer of
/// that: it would be lost, and nobody would be told.
bool is_superseded(const Held<protocol::DraftChanged>& held, const protocol::DraftSet& command) {
    return command.after && held.state && !held.state->text.empty() && held.seq > *command.after &&
           !mutant(Mutant::stale_draft_wins);
}

/// The conversation, where the account is in it.
Result<ConversationKey> own_conversation(WorkContext& context, const protocol::Target& target) {
    TRY_ASSIGN(const auto key, resolve_existing(context.store, context.account(), target));
    TRY(authorize(context.store, key, context.account(), core::rules::Act::read));
    return key;
}

Answer set(WorkContext& context, NewState state) {
    const auto change = change_account(context, context.account(), std::move(state));
    return done(context, to_stream(context.account()), change.seq);
}

}  // namespace

Result<Answer> perform(WorkContext& context, const protocol::PreferencesSet& command) {
    TRY_ASSIGN(const auto key, own_conversation(context, command.target));
    const auto* account = context.store.accounts().find(context.account());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    const auto held = held_in<protocol::PreferencesChanged>(context, Slot::preferences(key));
    if (held.damaged && !is_whole(command)) {
        return fail(
            ErrorCode::damaged,
            "the server's database is damaged where it keeps what you have set for this conversation");
    }
    const auto before = held.state.value_or(core::rules::no_preferences(to_id(key)));
    const auto base =
        mutant(Mutant::absent_preferences_fall) ? core::rules::no_preferences(to_id(key)) : before;
    const auto after = core::rules::preferences_after(base, command, account->head + 1);
    if (after == before && !held.damaged) return nothing_to_do(context);
    return set(context, {.slot = Slot::preferences(key), .payload = after});
}

/// Less text than before takes no more room, but an answer that is remembered does.
Result<Answer> perform(WorkContext& context, const protocol::DraftSet& command) {
    TRY_ASSIGN(const auto key, own_conversation(context, command.target));
    const bool empty = command.text.empty();
    const auto held = held_in<protocol::DraftChanged>(context, Slot::draft(key));
    const auto& before = held.state;
    const bool removes = empty && (held.damaged || (before && !before->text.empty()));
    if (!removes) TRY(check_room(context));
    protocol::DraftChanged after{.conversation = to_id(key), .text = command.text};
    if (!empty) after.reply_to = command.reply_to;
    if (before ? *before == after : empty && !held.damaged) return nothing_to_do(context);
    if (is_superseded(held, command)) {
        return fail(ErrorCode::draft_superseded,
                    "another draft was written for this conversation meanwhile, on another device");
    }
    return set(context, {.slot = Slot::draft(key), .payload = std::move(after), .gone = empty});
}

void take_mark_back(WorkContext& context, ConversationKey conversation) {
    auto held = held_in<protocol::PreferencesChanged>(context, Slot::preferences(conversation));
    const bool marked = held.state && held.state->marked_unread;
    if (!marked || mutant(Mutant::mark_outlives_a_read)) return;
    held.state->marked_unread = false;
    change_account(context, context.account(),
                   {.slot = Slot::preferences(conversation), .payload = std::move(*held.state)});
}

}  // namespace parley::server
