#include "base/mutant.hpp"
#include "core/rules/counts.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

using protocol::MessageNew;
using protocol::MessageSend;

MessageNew row_of(const WorkContext& context, const MessageSend& command) {
    return {.sender = to_id(context.account()),
            .text = command.text,
            .reply_to = command.reply_to,
            .mentions = command.mentions};
}

Answer accepted(ConversationKey conversation, std::int64_t born, WallTime at) {
    return {
        .payload = protocol::MessageAccepted{}, .stream = to_id(conversation), .seq = born, .timestamp = at};
}

/// The first answer again, whatever became of the sender since; or a refusal, where the id was used for
/// something else.
Result<Answer> answer_again(const WorkContext& context, const MessageFound& known,
                            const Result<std::optional<ConversationKey>>& target, const MessageNew& message) {
    // Nothing heals an index, so that whoever were told to ask later would ask for ever. If the message was
    // accepted, it reaches its sender as everybody else, by its place.
    if (known.misled) {
        return fail(ErrorCode::id_reused,
                    "the server's database is damaged where it keeps this id, so that it cannot tell whether "
                    "the message was accepted: where it is not in the conversation, send it again");
    }
    const bool same_target = target && *target && StreamKey(**target) == known.stream;
    const auto* first = known.change ? std::get_if<MessageNew>(&known.change->payload) : nullptr;
    if (!same_target || (known.change && (first == nullptr || *first != message))) {
        return fail(ErrorCode::id_reused, "this id was used for another message");
    }
    // Of a damaged row what it says is lost, and when; but not that it was accepted, and where. A sender who
    // is told anything else would ask for ever.
    const auto at = known.change ? known.change->timestamp : context.at;
    return accepted(**target, known.born, at);
}

Status check_reply(WorkContext& context, ConversationKey conversation, const Uuid& replied) {
    const auto born = context.store.rows().message_place(StreamKey(conversation), replied);
    const auto seen = context.store.conversations().intervals(conversation, context.account());
    const bool visible =
        born != 0 && std::ranges::any_of(seen, [&](BornRange one) { return one.contains(born); });
    if (!visible)
        return fail(ErrorCode::message_not_found,
                    "the message that is replied to is not in this conversation");
    return {};
}

/// Mentions count for those who are members now and would count the message at all.
void note_mentions(WorkContext& context, ConversationKey conversation, const MessageNew& message,
                   std::int64_t born) {
    for (const auto& named : message.mentions) {
        const auto account = account_key(named.text());
        if (!account || core::rules::counts_for(named, message) != core::rules::Counts::as_mention) continue;
        const auto* member = context.store.conversations().member(conversation, *account);
        if (member == nullptr || !member->present) continue;
        context.store.conversation_writes().add_mention(conversation, *account, born);
    }
}

Answer write_message(WorkContext& context, Standing standing, MessageNew message) {
    auto& [conversation, member] = standing;
    // It counts for everybody but its sender, whose own messages are subtracted.
    ++conversation.counted;
    ++member.own_since_read;
    note_mentions(context, conversation.key, message, conversation.head + 1);
    auto change = write_change(context, conversation,
                               {.slot = Slot::message(),
                                .payload = std::move(message),
                                .id = context.origin.command,
                                .author = context.account()});
    context.store.conversation_writes().put(member);
    const auto born = change.born;
    context.effects.emplace_back(ConversationChange{
        .conversation = conversation.key, .change = std::move(change), .origin = context.origin});
    return accepted(conversation.key, born, context.at);
}

}  // namespace

Status check_follows(WorkContext& context) {
    const auto& followed = context.origin.follows;
    if (!followed || context.store.rows().message(context.account(), *followed) ||
        context.store.commands().contains(context.account(), *followed)) {
        return {};
    }
    return fail(ErrorCode::follows_refused, "the command that this one follows was not accepted");
}

Result<Answer> send_message(WorkContext& context, const MessageSend& command) {
    const auto& id = context.origin.command;
    if (!id) return fail(Error{ErrorCode::invalid, "a message needs an id", 0, "id"});
    auto message = row_of(context, command);
    const auto target = resolve(context.store, context.account(), command.target);
    if (mutant(Mutant::may_post_before_known_id) && target && *target) {
        TRY(authorize(context.store, **target, context.account(), core::rules::Act::send));
    }
    if (auto known = context.store.rows().message(context.account(), *id)) {
        if (mutant(Mutant::repeat_answered_with_head) && target && *target) {
            const auto* conversation = context.store.conversations().find(**target);
            if (conversation != nullptr) known->born = conversation->head;
        }
        return answer_again(context, *known, target, message);
    }
    if (context.store.commands().contains(context.account(), *id)) {
        return fail(ErrorCode::id_reused, "this id was used for another command");
    }
    TRY(check_follows(context));
    TRY(check_room(context));
    if (!target) return fail(target.error());
    if (!*target) {
        if (command.reply_to)
            return fail(ErrorCode::message_not_found, "there is no message in this conversation yet");
        const auto made = found_direct(context, *account_key(command.target.direct->text()));
        const auto* member = context.store.conversations().member(made.key, context.account());
        return write_message(context, {.conversation = made, .member = *member}, std::move(message));
    }
    TRY_ASSIGN(auto standing, authorize(context.store, **target, context.account(), core::rules::Act::send));
    if (command.reply_to) TRY(check_reply(context, **target, *command.reply_to));
    return write_message(context, std::move(standing), std::move(message));
}

}  // namespace parley::server
