#include "server/domain/context.hpp"

#include "base/mutant.hpp"

namespace parley::server {

namespace {

void write_row(WorkContext& context, StreamKey stream, const NewState& state, protocol::Change& change) {
    const auto place = state.placed            ? state.placed->born
                       : state.slot.value != 0 ? context.store.rows().place(stream, state.slot)
                                               : 0;
    change.born = place != 0 ? place : change.seq;
    const RowToWrite row{
        .stream = stream, .slot = state.slot, .author = state.author, .gone = state.gone, .change = change};
    if (place != 0) {
        context.store.row_writes().replace(row);
    } else {
        context.store.row_writes().insert(row);
    }
}

protocol::Change change_of(const WorkContext& context, NewState& state, std::int64_t seq) {
    return {.id = state.id,
            .seq = seq,
            .born = seq,
            .timestamp = state.placed ? state.placed->at : context.at,
            .payload = std::move(state.payload)};
}

/// Of what would count in a group, what persons wrote whom the member has blocked.
LeftOut left_out_of(View& view, const ConversationRecord& conversation, const MemberRecord& member) {
    const auto* account = view.accounts().find(member.account);
    if (account == nullptr || account->blocks == 0) return {};
    return view.blocks().left_out(conversation.key, member.account, member.read);
}

}  // namespace

protocol::Change write_change(WorkContext& context, ConversationRecord& conversation, NewState state) {
    const StreamKey stream(conversation.key);
    auto change = change_of(context, state, ++conversation.head);
    write_row(context, stream, state, change);
    conversation.touched = context.store.position_of(stream);
    context.store.conversation_writes().put(conversation);
    return change;
}

protocol::Change change_account(WorkContext& context, AccountKey account, NewState state) {
    const auto* known = context.store.accounts().find(account);
    if (known == nullptr) return {};  // Only where the store failed, and then nothing of this is kept.
    auto record = *known;
    auto change = change_of(context, state, ++record.head);
    write_row(context, StreamKey(account), state, change);
    context.store.account_writes().put(record);
    context.effects.emplace_back(AccountChange{.account = account, .change = change});
    return change;
}

std::unexpected<Error> not_member() {
    return fail(ErrorCode::conversation_not_member, "not a member of this conversation, or there is none");
}

Result<Standing> authorize(View& view, ConversationKey key, AccountKey account, core::rules::Act act) {
    const auto* conversation = view.conversations().find(key);
    const auto* member = conversation != nullptr ? view.conversations().member(key, account) : nullptr;
    const bool counts_as_present =
        member != nullptr && ((member->present && !member->spared) ||
                              (mutant(Mutant::strangers_may_send) && act == core::rules::Act::send));
    if (!counts_as_present) {
        return not_member();
    }
    if (!mutant(Mutant::everybody_owns))
        TRY(core::rules::may(conversation->kind, conversation->permissions, member->role, act));
    return Standing{.conversation = *conversation, .member = *member};
}

Result<std::optional<ConversationKey>> resolve(View& view, AccountKey account,
                                               const protocol::Target& target) {
    if (target.direct) {
        const auto other = account_key(target.direct->text());
        if (!other || view.accounts().find(*other) == nullptr) {
            return fail(ErrorCode::account_not_found, "no such account");
        }
        return view.conversations().direct_between(account, *other);
    }
    if (target.made_by) {
        const auto made = view.commands().find(account, *target.made_by);
        const auto key = made && made->creation ? conversation_key(made->answer.stream.text()) : std::nullopt;
        if (!key) return fail(ErrorCode::made_by_refused, "no conversation was made by this command");
        return key;
    }
    const auto key = target.stream ? conversation_key(target.stream->text()) : std::nullopt;
    if (!key) return not_member();
    return key;
}

Result<ConversationKey> resolve_existing(View& view, AccountKey account, const protocol::Target& target) {
    TRY_ASSIGN(const auto key, resolve(view, account, target));
    if (!key) return not_member();
    return *key;
}

Result<ConversationKey> resolve_group(View& view, AccountKey account, const protocol::Target& target) {
    TRY_ASSIGN(const auto key, resolve(view, account, target));
    if (!key) {
        return fail(ErrorCode::conversation_kind,
                    "a direct conversation has no title, and no members to change");
    }
    return *key;
}

protocol::Profile profile_of(const AccountRecord& account) {
    protocol::Profile profile{.account = to_id(account.key),
                              .handle = account.handle,
                              .name = account.name,
                              .as_of = account.profile_as_of};
    if (!account.avatar.empty()) profile.avatar = account.avatar;
    return profile;
}

std::optional<protocol::Permissions> permissions_of(const ConversationRecord& conversation) {
    if (conversation.permissions == protocol::Permissions{}) return std::nullopt;
    return conversation.permissions;
}

std::optional<std::int64_t> history_from_of(const ConversationRecord& conversation) {
    return conversation.history_from == 0 ? std::nullopt : std::optional(conversation.history_from);
}

std::optional<std::int64_t> slow_ms_of(const ConversationRecord& conversation) {
    return conversation.slow.ms == 0 ? std::nullopt : std::optional(conversation.slow.ms);
}

protocol::Summary summary_of(View& view, const ConversationRecord& conversation, const MemberRecord& member) {
    protocol::Summary summary{
        .kind = conversation.kind, .members = conversation.members, .role = member.role};
    if (conversation.kind == protocol::ConversationKind::direct) {
        const auto other = member.account == conversation.low ? conversation.high : conversation.low;
        if (const auto* account = view.accounts().find(other)) summary.peer = profile_of(*account);
    } else {
        summary.title = conversation.title;
        summary.permissions = permissions_of(conversation);
        summary.history_from = history_from_of(conversation);
        summary.slow_ms = slow_ms_of(conversation);
    }
    return summary;
}

Unread unread_of(View& view, const ConversationRecord& conversation, const MemberRecord& member) {
    // Who has blocked the other counts nothing of his; in a group that is subtracted.
    if (conversation.is_blocked_by(member.account)) return {};
    const auto own = mutant(Mutant::own_messages_not_subtracted) ? 0 : member.own_since_read;
    const auto deleted = view.conversations().deleted_after(conversation.key, member.account, member.read);
    const auto left_out = left_out_of(view, conversation, member);
    return {.unread = conversation.counted - member.counted_at_read - own - deleted - left_out.unread,
            .mentions = view.conversations().mentions_after(conversation.key, member.account, member.read) -
                        left_out.mentions};
}

Status check_room(const WorkContext& context) {
    if (!context.store.disk_nearly_full()) return {};
    return fail(ErrorCode::disk_full, "the server's disk is nearly full");
}

Answer done(const WorkContext& context, StreamId stream, std::int64_t seq) {
    return {.payload = protocol::Done{}, .stream = std::move(stream), .seq = seq, .timestamp = context.at};
}

Answer nothing_to_do(const WorkContext& context) {
    return {.payload = protocol::Done{}, .timestamp = context.at};
}

}  // namespace parley::server
