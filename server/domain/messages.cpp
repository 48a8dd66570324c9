#include "core/rules/messages.hpp"

#include "base/mutant.hpp"
#include "core/rules/counts.hpp"
#include "core/rules/custom.hpp"
#include "core/rules/slow_mode.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

using protocol::MessageNew;
using protocol::MessageSend;

Answer accepted(ConversationKey conversation, std::int64_t born, WallTime at,
                protocol::MessageAccepted about) {
    return {.payload = std::move(about), .stream = to_id(conversation), .seq = born, .timestamp = at};
}

/// What was said first. Nothing where that is not known any more: it is damaged, or deleted with all that it
/// said.
std::optional<MessageNew> as_sent(const WorkContext& context, const MessageFound& known) {
    const auto* message = known.change ? std::get_if<MessageNew>(&known.change->payload) : nullptr;
    if (message == nullptr || message->deleted_by) return std::nullopt;
    if (!message->edited_at) return *message;
    const auto earlier =
        context.store.earlier_texts().earlier_texts(known.stream, known.born, 0, {.rows_max = 1});
    const bool first_of_all = !earlier.rows.empty() && earlier.rows.front().seq == known.born;
    const auto* first = first_of_all ? std::get_if<MessageNew>(&earlier.rows.front().payload) : nullptr;
    return first != nullptr ? std::optional(*first) : std::nullopt;
}

/// The first answer again, whatever became of the sender or the message since; or a refusal, where the id was
/// used for something else.
Result<Answer> answer_again(const WorkContext& context, const MessageFound& known,
                            const Result<std::optional<ConversationKey>>& target, MessageNew message,
                            bool forward) {
    // Nothing heals an index, so that whoever were told to ask later would ask for ever. If the message was
    // accepted, it reaches its sender as everybody else, by its place.
    if (known.misled) {
        return fail(ErrorCode::id_reused,
                    "the server's database is damaged where it keeps this id, so that it cannot tell whether "
                    "the message was accepted: where it is not in the conversation, send it again");
    }
    const bool same_target = target && *target && StreamKey(**target) == known.stream;
    const auto first = as_sent(context, known);
    // What was forwarded the row does not say: where it stood is told to nobody.
    if (forward && first && first->forwarded) core::rules::put_forwarded(message, *first, *first->forwarded);
    if (!same_target || (first && *first != message)) {
        return fail(ErrorCode::id_reused, "this id was used for another message");
    }
    // Of a damaged row what it says is lost, and when; but not that it was accepted, and where. A sender who
    // is told anything else would ask for ever.
    const auto at = known.change ? known.change->timestamp : context.at;
    return accepted(**target, known.born, at,
                    first ? core::rules::answer_about(*first) : protocol::MessageAccepted{});
}

Status check_reply(WorkContext& context, ConversationKey conversation, const Uuid& replied) {
    const auto born = context.store.rows().message_place(StreamKey(conversation), replied);
    const auto seen = context.store.conversations().intervals(conversation, context.account());
    if (born == 0 || !contain(seen, born))
        return fail(ErrorCode::message_not_found,
                    "the message that is replied to is not in this conversation");
    return {};
}

/// Mentions count for those who are members now and would count the message at all. Of everybody there is one
/// note, however many they are.
void note_mentions(WorkContext& context, ConversationKey conversation, const MessageNew& message,
                   std::int64_t born) {
    if (message.names_all) {
        context.store.conversation_writes().add_mention_of_all(conversation, context.account(), born);
        return;
    }
    for (const auto& named : message.mentions) {
        const auto account = account_key(named.text());
        if (!account || core::rules::counts_for(named, message) != core::rules::Counts::as_mention) continue;
        const auto* member = context.store.conversations().member(conversation, *account);
        if (member == nullptr || !member->present) continue;
        context.store.conversation_writes().add_mention(conversation, *account, born);
    }
}

/// In a direct conversation with somebody who has blocked the sender the message is never seen by him: then
/// who that is, in a list. To somebody who was spared the conversation so far it is shown from here on.
std::vector<AccountKey> blocked_for(WorkContext& context, const ConversationRecord& conversation) {
    if (conversation.kind != protocol::ConversationKind::direct) return {};
    const auto other = conversation.other(context.account());
    if (conversation.is_blocked_by(other)) return {other};
    reveal(context, conversation, other);
    return {};
}

/// What follows for counts.
void count_message(WorkContext& context, Standing& standing, const MessageNew& message, bool unseen) {
    auto& [conversation, member] = standing;
    const auto born = conversation.head + 1;
    // It counts for everybody but its sender, whose own messages are subtracted …
    ++conversation.counted;
    ++member.own_since_read;
    if (!mutant(Mutant::slow_mode_forgets)) member.said_at = context.at;
    if (!unseen) return note_mentions(context, conversation.key, message, born);
    // … and who does not see it, for whom it is.
    const auto* other =
        context.store.conversations().member(conversation.key, conversation.other(context.account()));
    if (other == nullptr) return;  // Only where the store failed.
    auto subtracting = *other;
    if (subtracting.spared) return;
    ++subtracting.own_since_read;
    context.store.conversation_writes().put(subtracting);
}

/// These hear the number alone, and all others the change.
void tell(WorkContext& context, ConversationKey conversation, protocol::Change change,
          std::vector<AccountKey> unseen) {
    if (!unseen.empty())
        context.effects.emplace_back(
            Skipped{.conversation = conversation, .seq = change.seq, .accounts = unseen});
    context.effects.emplace_back(ConversationChange{.conversation = conversation,
                                                    .change = std::move(change),
                                                    .origin = context.origin,
                                                    .unseen_by = std::move(unseen)});
}

Answer write_message(WorkContext& context, Standing standing, MessageNew message) {
    auto& [conversation, member] = standing;
    if (member.spared) {
        reveal(context, conversation, context.account());
        member = *context.store.conversations().member(conversation.key, context.account());
    }
    auto unseen = blocked_for(context, conversation);
    count_message(context, standing, message, !unseen.empty());
    if (conversation.kind == protocol::ConversationKind::group) {
        const auto* account = context.store.accounts().find(context.account());
        if (account != nullptr && account->blocked_by > 0)
            context.store.block_writes().note_message(conversation.key, context.account(),
                                                      conversation.head + 1);
    }
    auto about = core::rules::answer_about(message);
    auto change = write_change(context, conversation,
                               {.slot = Slot::message(),
                                .payload = std::move(message),
                                .id = context.origin.command,
                                .author = context.account()});
    context.store.conversation_writes().put(member);
    const auto born = change.born;
    if (mutant(Mutant::blocked_row_is_pushed)) unseen.clear();
    tell(context, conversation.key, std::move(change), std::move(unseen));
    return accepted(conversation.key, born, context.at, std::move(about));
}

/// Whatever somebody else's program sends as entities.
Status check_said(const core::rules::Said& said) {
    return mutant(Mutant::any_entities_taken) ? Status{} : core::rules::check_entities(said);
}

Status check_may_name_all(const Standing& standing) {
    if (mutant(Mutant::everybody_names_all)) return {};
    auto may = core::rules::may(standing.conversation.kind, standing.conversation.permissions,
                                standing.member.role, core::rules::Act::mention_all);
    if (!may) may.error().field = "entities";
    return may;
}

/// Slow mode of a group: whom it holds back waits after his last message.
Status check_slow_mode(const WorkContext& context, const Standing& standing) {
    const auto& [conversation, member] = standing;
    if (conversation.slow.ms == 0 || !core::rules::is_slowed(member.role)) return {};
    const auto wait = core::rules::slow_wait(conversation.slow, member.said_at, context.at);
    if (wait.ms == 0 || mutant(Mutant::slow_mode_slows_nobody)) return {};
    return fail(
        Error{ErrorCode::slow_mode, "this group is in slow mode: your next message is to wait", wait.ms, {}});
}

std::unexpected<Error> no_such_message() {
    return fail(Error{ErrorCode::message_not_found, "no such message in this conversation", 0, "message"});
}

/// Who is named by one of the two and not by the other, for whom the message counts or would count, where he
/// has not read it: his count of mentions changes. For nobody where everybody is named: he is, in any case.
std::vector<MemberRecord> mentions_to_change(WorkContext& context, const Subject& subject,
                                             const MessageNew& named_by, const MessageNew& not_by) {
    std::vector<MemberRecord> changed;
    if (named_by.names_all || named_by.mentions.empty()) return changed;
    const auto unseen = missed_by(context.store, subject.standing.conversation, {subject.change.born});
    for (const auto& named : named_by.mentions) {
        const auto account = account_key(named.text());
        if (!account || core::rules::counts_for(named, named_by) != core::rules::Counts::as_mention ||
            std::ranges::find(not_by.mentions, named) != not_by.mentions.end())
            continue;
        const auto* member =
            context.store.conversations().member(subject.standing.conversation.key, *account);
        const bool unread = member != nullptr && member->present && member->read < subject.change.born &&
                            std::ranges::find(unseen, *account) == unseen.end();
        const bool known = std::ranges::find(changed, *account, &MemberRecord::account) != changed.end();
        if (unread && !known) changed.push_back(*member);
    }
    return changed;
}

/// To those whose count of mentions has changed: the row says no more whom it named before. Not to whoever
/// has blocked its author, for whom it does not count.
void tell_mentions(WorkContext& context, const Subject& subject, const std::vector<MemberRecord>& members) {
    for (const auto& member : members)
        if (!has_blocked(context.store, member.account, subject.sender))
            tell_counts(context, subject.standing.conversation, member);
}

/// Writes the message's next state, and tells it.
Answer change_message(WorkContext& context, Subject subject, MessageNew next) {
    auto& conversation = subject.standing.conversation;
    auto& writes = context.store.conversation_writes();
    const auto key = conversation.key;
    const auto born = subject.change.born;
    const auto dropped = mentions_to_change(context, subject, subject.message, next);
    const auto added = mentions_to_change(context, subject, next, subject.message);
    for (const auto& member : dropped)
        writes.drop_mention(key, member.account, born);
    for (const auto& member : added)
        writes.add_mention(key, member.account, born);
    const bool deleted = next.deleted_by.has_value();
    // Whoever counted it subtracts it by the tombstone.
    if (deleted && next.names_all && !mutant(Mutant::mention_of_all_outlives_its_message))
        writes.drop_mention_of_all(key, born);
    auto change = write_change(context, conversation,
                               {.slot = Slot::message(),
                                .payload = std::move(next),
                                .id = subject.change.id,
                                .author = subject.sender,
                                .gone = deleted,
                                .placed = NewState::Placed{.born = born, .at = subject.change.timestamp}});
    // With the row that they speak of, or before it.
    tell_mentions(context, subject, dropped);
    tell_mentions(context, subject, added);
    const auto seq = change.seq;
    tell_who_sees(context, conversation, std::move(change), born);
    return done(context, to_id(key), seq);
}

}  // namespace

std::optional<AccountKey> sender_meant(const WorkContext& context, const std::optional<AccountId>& named) {
    return named ? account_key(named->text()) : std::optional(context.account());
}

Status check_not_deleted(const Subject& subject) {
    if (!subject.message.deleted_by) return {};
    return fail(Error{ErrorCode::message_deleted, "the message was deleted", 0, "message"});
}

Result<Subject> find_message(WorkContext& context, const protocol::Target& where, const Uuid& id,
                             std::optional<AccountKey> sender, core::rules::Act act) {
    TRY_ASSIGN(const auto key, resolve_existing(context.store, context.account(), where));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), act));
    auto found = sender ? context.store.rows().message(*sender, id) : std::nullopt;
    if (!found || found->stream != StreamKey(key)) return no_such_message();
    const auto seen = context.store.conversations().intervals(key, context.account());
    if (!found->misled && !contain(seen, found->born)) return no_such_message();
    const auto* message = found->change ? std::get_if<MessageNew>(&found->change->payload) : nullptr;
    if (message == nullptr) {
        return fail(Error{ErrorCode::message_not_found,
                          "the server's database is damaged where it keeps this message", 0, "message"});
    }
    auto said = *message;
    return Subject{.standing = std::move(standing),
                   .change = std::move(*found->change),
                   .message = std::move(said),
                   .sender = *sender};
}

void tell_who_sees(WorkContext& context, const ConversationRecord& conversation, protocol::Change change,
                   std::int64_t message) {
    std::vector<AccountKey> unseen;
    if (conversation.kind == protocol::ConversationKind::group) {
        unseen = context.store.conversations().unseen_by(conversation.key, message);
    } else {
        for (const auto account : {conversation.low, conversation.high}) {
            const auto seen = context.store.conversations().intervals(conversation.key, account);
            if (!contain(seen, message) || !is_made_in(seen, change)) unseen.push_back(account);
        }
    }
    tell(context, conversation.key, std::move(change), std::move(unseen));
}

void tell_counts(WorkContext& context, const ConversationRecord& conversation, const MemberRecord& member) {
    const auto* account = context.store.accounts().find(member.account);
    if (account == nullptr) return;  // Only where the store failed.
    const auto unread = unread_of(context.store, conversation, member);
    change_account(context, member.account,
                   {.slot = Slot::read(conversation.key),
                    .payload = protocol::ReadChanged{
                        .conversation = to_id(conversation.key),
                        .upto = member.read,
                        .unread = unread.unread,
                        .mentions = unread.mentions,
                        .as_of = {.conversation = conversation.head, .account = account->head + 1}}});
}

Result<Answer> perform(WorkContext& context, const protocol::MessageEdit& command) {
    TRY(core::rules::check_content(command));
    TRY(check_said(core::rules::said_by(command)));
    TRY_ASSIGN(auto subject, find_message(context, command.target, command.message, context.account(),
                                          core::rules::Act::edit_own));
    TRY(check_not_deleted(subject));
    TRY(check_may_add(context, subject.standing.conversation));
    const auto& before = subject.message;
    if (before.forwarded && !mutant(Mutant::forwards_are_edited))
        return fail(Error{ErrorCode::not_allowed, "what was forwarded are another's words", 0, "message"});
    if (core::rules::names_all(command.entities) && !core::rules::names_all(before.entities))
        TRY(check_may_name_all(subject.standing));
    auto next = before;
    core::rules::say(next, command);
    if (mutant(Mutant::edit_keeps_entities)) next.entities = before.entities;
    if (mutant(Mutant::edit_forgets_silence)) next.silent = false;
    if (next == before) return nothing_to_do(context);
    const StreamKey stream(subject.standing.conversation.key);
    if (context.store.earlier_texts().count_earlier_texts(stream, subject.change.born) >=
            context.rules.edits_max &&
        !mutant(Mutant::edits_unbounded))
        return fail(Error{ErrorCode::limit, "the message was edited too often", 0, "message"});
    context.store.earlier_text_writes().keep(
        {.stream = stream, .slot = Slot::message(), .author = subject.sender, .change = subject.change});
    next.edited_at = context.at;
    return change_message(context, std::move(subject), std::move(next));
}

Result<Answer> perform(WorkContext& context, const protocol::MessageDelete& command) {
    const auto sender = sender_meant(context, command.sender);
    const bool own = sender == context.account() || mutant(Mutant::members_delete_others);
    const auto act = own ? core::rules::Act::delete_own : core::rules::Act::delete_others;
    TRY_ASSIGN(auto subject, find_message(context, command.target, command.message, sender, act));
    if (subject.message.deleted_by) return nothing_to_do(context);
    if (mutant(Mutant::deleting_needs_room)) TRY(check_room(context));
    const auto key = subject.standing.conversation.key;
    context.store.earlier_text_writes().drop(StreamKey(key), subject.change.born);
    if (!mutant(Mutant::reactions_outlive_their_message))
        context.store.row_writes().drop_reactions(StreamKey(key), subject.change.born);
    if (!mutant(Mutant::pins_outlive_their_message))
        context.store.row_writes().drop_pin(StreamKey(key), subject.change.born);
    context.store.block_writes().drop_message(key, subject.change.born);
    // Who does not see it does not count it.
    if (missed_by(context.store, subject.standing.conversation, {subject.change.born}).empty())
        context.store.conversation_writes().add_deletion(key, subject.sender, subject.change.born);
    auto nothing = core::rules::tombstone_of(subject.message, to_id(context.account()));
    return change_message(context, std::move(subject), std::move(nothing));
}

Status check_follows(WorkContext& context) {
    const auto& followed = context.origin.follows;
    if (!followed || context.store.rows().message(context.account(), *followed) ||
        context.store.commands().contains(context.account(), *followed)) {
        return {};
    }
    return fail(ErrorCode::follows_refused, "the command that this one follows was not accepted");
}

namespace {

/// Whoever was spared a direct conversation so far is in it from his own first message on.
Result<Standing> standing_to_send(WorkContext& context, ConversationKey key) {
    auto& conversations = context.store.conversations();
    const auto* known = conversations.find(key);
    const auto* member = known != nullptr ? conversations.member(key, context.account()) : nullptr;
    if (member == nullptr || known->kind != protocol::ConversationKind::direct)
        return authorize(context.store, key, context.account(), core::rules::Act::send);
    TRY(check_may_add(context, *known));
    return Standing{.conversation = *known, .member = *member};
}

}  // namespace

Result<Answer> send_message(WorkContext& context, const MessageSend& command) {
    const auto& id = context.origin.command;
    if (!id) return fail(Error{ErrorCode::invalid, "a message needs an id", 0, "id"});
    auto message = core::rules::row_of(to_id(context.account()), command);
    const auto target = resolve(context.store, context.account(), command.target);
    if (mutant(Mutant::may_post_before_known_id) && target && *target) {
        TRY(authorize(context.store, **target, context.account(), core::rules::Act::send));
    }
    if (auto known = context.store.rows().message(context.account(), *id)) {
        if (mutant(Mutant::repeat_answered_with_head) && target && *target) {
            const auto* conversation = context.store.conversations().find(**target);
            if (conversation != nullptr) known->born = conversation->head;
        }
        return answer_again(context, *known, target, std::move(message), command.forward.has_value());
    }
    if (context.store.commands().contains(context.account(), *id)) {
        return fail(ErrorCode::id_reused, "this id was used for another command");
    }
    TRY(core::rules::check_content(command));
    TRY(check_said(core::rules::said_by(command)));
    TRY(check_follows(context));
    TRY(check_room(context));
    if (!target) return fail(target.error());
    if (!*target) {
        if (command.reply_to)
            return fail(ErrorCode::message_not_found, "there is no message in this conversation yet");
        const auto other = *account_key(command.target.direct->text());
        TRY(check_may_begin_with(context, other));
        if (command.forward) TRY(take_forwarded(context, *command.forward, message));
        const auto made = found_direct(context, other);
        const auto* member = context.store.conversations().member(made.key, context.account());
        return write_message(context, {.conversation = made, .member = *member}, std::move(message));
    }
    TRY_ASSIGN(auto standing, standing_to_send(context, **target));
    if (command.reply_to) TRY(check_reply(context, **target, *command.reply_to));
    if (message.names_all) TRY(check_may_name_all(standing));
    if (command.forward) TRY(take_forwarded(context, *command.forward, message));
    // What is refused for good is not told to wait before.
    TRY(check_slow_mode(context, standing));
    return write_message(context, std::move(standing), std::move(message));
}

}  // namespace parley::server
