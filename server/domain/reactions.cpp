#include "base/mutant.hpp"
#include "core/rules/emoji.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/use_cases.hpp"

#include <utility>

namespace parley::server {

namespace {

using protocol::ReactionChanged;

std::unexpected<Error> too_many(std::string why) {
    return fail(Error{ErrorCode::limit, std::move(why), 0, "emoji"});
}

Status check_counts(WorkContext& context, const ReactionKey& key) {
    const auto counts = context.store.rows().count_reactions(key);
    if (counts.own >= limits::reactions_own_max)
        return too_many("you have reacted to this message with " + std::to_string(counts.own) +
                        " emoji: take one of them back first");
    if (!counts.this_one && counts.emoji >= limits::reactions_emoji_max)
        return too_many("this message has " + std::to_string(counts.emoji) +
                        " different emoji: react with one of them");
    return {};
}

/// It is so, since the row's change. The answer itself is of now: by its time it is remembered.
Answer reacted(const WorkContext& context, const ConversationRecord& conversation,
               const protocol::Change& row) {
    protocol::MessageReacted payload{.born = row.born, .at = std::nullopt};
    if (row.timestamp != context.at) payload.at = row.timestamp;
    return {.payload = std::move(payload),
            .stream = to_id(conversation.key),
            .seq = row.seq,
            .timestamp = context.at};
}

/// Where a reaction was taken back whose row can say the new one: who sees what happens now has to be who
/// sees that place. 0: there is none.
std::int64_t place_to_reuse(WorkContext& context, const ConversationRecord& conversation,
                            const ReactionKey& key) {
    const auto now = missed_by(context.store, conversation, {conversation.head + 1});
    for (const auto place : context.store.rows().reactions_taken_back(key))
        if (missed_by(context.store, conversation, {place}) == now) return place;
    return 0;
}

/// Writes the row, at the place of another state of it or as a new one, and tells it.
Answer write_reaction(WorkContext& context, Subject subject, ReactionChanged reaction, std::int64_t born) {
    auto& conversation = subject.standing.conversation;
    const bool gone = !reaction.emoji;
    NewState state{.slot = Slot::message(),
                   .payload = std::move(reaction),
                   .id = {},
                   .author = context.account(),
                   .gone = gone};
    if (born != 0) state.placed = {.born = born, .at = context.at};
    auto change = write_change(context, conversation, std::move(state));
    auto answer = reacted(context, conversation, change);
    tell_who_sees(context, conversation, std::move(change), subject.change.born);
    return answer;
}

}  // namespace

Result<Answer> perform(WorkContext& context, const protocol::MessageReact& command) {
    TRY(core::rules::check_emoji(command.emoji));
    TRY_ASSIGN(auto subject, find_message(context, command.target, command.message,
                                          sender_meant(context, command.sender), core::rules::Act::react));
    const ReactionKey key{.stream = StreamKey(subject.standing.conversation.key),
                          .message = subject.change.born,
                          .account = context.account(),
                          .emoji = command.emoji};
    const auto held = context.store.rows().reaction(key);
    if (!command.remove) TRY(check_room(context));
    ReactionChanged reaction{.message = key.message, .account = to_id(context.account())};
    if (command.remove) {
        if (held) return write_reaction(context, std::move(subject), std::move(reaction), held->born);
        return Answer{.payload = protocol::MessageReacted{}, .timestamp = context.at};
    }
    TRY(check_not_deleted(subject));
    TRY(check_may_add(context, subject.standing.conversation));
    if (held && !mutant(Mutant::reaction_doubles))
        return reacted(context, subject.standing.conversation, *held);
    TRY(check_counts(context, key));
    const auto free = place_to_reuse(context, subject.standing.conversation, key);
    reaction.emoji = command.emoji;
    return write_reaction(context, std::move(subject), std::move(reaction), free);
}

}  // namespace parley::server
