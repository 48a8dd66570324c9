#include "base/mutant.hpp"
#include "core/rules/preferences.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

/// In a small conversation the others hear how far a member has got, and a resume brings it.
void tell_others(WorkContext& context, ConversationRecord conversation, const MemberRecord& member) {
    if (conversation.members < 2 || conversation.members > limits::receipts_members_max) return;
    auto unheard = unheard_by(context, conversation, member);
    // Nobody hears of it, and no resume is to say that there was something to hear.
    if (conversation.kind == protocol::ConversationKind::direct && !unheard.empty()) return;
    conversation.touched = context.store.position_of(StreamKey(conversation.key));
    context.store.conversation_writes().put(conversation);
    context.effects.emplace_back(ReceiptMoved{.conversation = conversation.key,
                                              .receipt = receipt_of(member),
                                              .account = member.account,
                                              .unheard_by = std::move(unheard)});
}

/// Moves the read position up; what it costs grows with what is newly read, never with what exists.
void move_read(WorkContext& context, const ConversationRecord& conversation, MemberRecord& member,
               std::int64_t upto) {
    if (upto == conversation.head) {
        member.counted_at_read = conversation.counted;
        member.own_since_read = 0;
    } else {
        const BornRange newly{.first = member.read + 1, .last = upto};
        const auto passed =
            context.store.rows().count_messages(StreamKey(conversation.key), newly, member.account);
        member.counted_at_read += passed.all;
        member.own_since_read -= passed.own;
        if (conversation.kind == protocol::ConversationKind::direct)
            member.own_since_read -= count_unseen(context.store, member, newly);
    }
    member.read = upto;
    context.store.conversation_writes().drop_mentions(conversation.key, member.account, upto);
}

Answer read_ok(const WorkContext& context, ConversationKey conversation, const protocol::ReadChanged& state) {
    return {
        .payload =
            protocol::ReadOk{
                .upto = state.upto, .unread = state.unread, .mentions = state.mentions, .as_of = state.as_of},
        .stream = to_id(conversation),
        .timestamp = context.at};
}

}  // namespace

Result<Answer> perform(WorkContext& context, const protocol::Read& command) {
    TRY_ASSIGN(const auto key, resolve_existing(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), core::rules::Act::read));
    auto& [conversation, member] = standing;
    if (command.upto > conversation.head) {
        return fail(Error{ErrorCode::invalid, "above the conversation's head", 0, "upto"});
    }
    const auto* account = context.store.accounts().find(context.account());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    const bool moves =
        command.upto > member.read || (mutant(Mutant::read_position_falls) && command.upto != member.read);
    const bool takes_back = core::rules::takes_mark_back(command.upto, member.read);
    if (moves) move_read(context, conversation, member, command.upto);
    const auto unread = unread_of(context.store, conversation, member);
    const protocol::ReadChanged state{
        .conversation = to_id(key),
        .upto = member.read,
        .unread = unread.unread,
        .mentions = unread.mentions,
        .as_of = {.conversation = conversation.head, .account = account->head + (moves ? 1 : 0)}};
    if (moves) {
        member.touched = context.store.position_of(StreamKey(key));
        context.store.conversation_writes().put(member);
        change_account(context, context.account(), {.slot = Slot::read(key), .payload = state});
        tell_others(context, conversation, member);
    }
    if (takes_back) take_mark_back(context, key);
    return read_ok(context, key, state);
}

void take_acks(WorkContext& context, const Acks& acks) {
    if (acks.epoch != context.store.epoch()) return;
    for (const auto& ack : acks.acks) {
        const auto* device = context.store.accounts().device(ack.device);
        if (device == nullptr || !device->present || device->account != ack.account) continue;
        const auto* conversation = context.store.conversations().find(ack.conversation);
        if (conversation == nullptr || ack.seq > conversation->head) continue;
        const auto* known = context.store.conversations().member(ack.conversation, ack.account);
        const bool falls = mutant(Mutant::ack_falls) && known != nullptr && ack.seq != known->delivered;
        const bool heard =
            known != nullptr && !known->spared && (known->present || mutant(Mutant::acks_of_the_departed));
        if (!heard || (ack.seq <= known->delivered && !falls)) continue;
        auto member = *known;
        member.delivered = ack.seq;
        context.store.conversation_writes().put(member);
        tell_others(context, *conversation, member);
    }
}

}  // namespace parley::server
