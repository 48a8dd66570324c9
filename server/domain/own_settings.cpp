// What a person sets for himself in a conversation: one row of his account's stream for his preferences, one
// for his draft.

#include "base/mutant.hpp"
#include "core/rules/preferences.hpp"
#include "server/domain/use_cases.hpp"

#include <utility>

namespace parley::server {

namespace {

/// The state of the row in this slot of the account's stream, where there is one that can be read.
template <class State>
std::optional<State> state_in(WorkContext& context, Slot slot) {
    const auto row = context.store.rows().in_slot(StreamKey(context.account()), slot);
    const auto* state = row ? std::get_if<State>(&row->payload) : nullptr;
    return state != nullptr ? std::optional(*state) : std::nullopt;
}

protocol::PreferencesChanged preferences_of(WorkContext& context, ConversationKey key) {
    return state_in<protocol::PreferencesChanged>(context, Slot::preferences(key))
        .value_or(core::rules::no_preferences(to_id(key)));
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
    const auto before = preferences_of(context, key);
    const auto base =
        mutant(Mutant::absent_preferences_fall) ? core::rules::no_preferences(to_id(key)) : before;
    const auto after = core::rules::preferences_after(base, command, account->head + 1);
    if (after == before) return nothing_to_do(context);
    return set(context, {.slot = Slot::preferences(key), .payload = after});
}

/// Less text than before takes no more room, but an answer that is remembered does.
Result<Answer> perform(WorkContext& context, const protocol::DraftSet& command) {
    TRY_ASSIGN(const auto key, own_conversation(context, command.target));
    const bool empty = command.text.empty();
    const auto before = state_in<protocol::DraftChanged>(context, Slot::draft(key));
    const bool removes = empty && before && !before->text.empty();
    if (!removes) TRY(check_room(context));
    protocol::DraftChanged after{.conversation = to_id(key), .text = command.text};
    if (!empty) after.reply_to = command.reply_to;
    if (before ? *before == after : empty) return nothing_to_do(context);
    return set(context, {.slot = Slot::draft(key), .payload = std::move(after), .gone = empty});
}

void take_mark_back(WorkContext& context, ConversationKey conversation) {
    auto preferences = preferences_of(context, conversation);
    if (!preferences.marked_unread || mutant(Mutant::mark_outlives_a_read)) return;
    preferences.marked_unread = false;
    change_account(context, context.account(),
                   {.slot = Slot::preferences(conversation), .payload = std::move(preferences)});
}

}  // namespace parley::server
