// Who has blocked whom, and what that means for conversations of the two. In a direct conversation what one
// of them sees ends with his block, as with a membership, and begins anew when it ends: so whatever is made
// in between is nowhere told to him, and no row says that there was a block.
#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/sync.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace parley::server {

namespace {

using protocol::ConversationKind;

/// The conversations in which the account at work is, and the other is or was.
std::vector<ConversationKey> shared_with(WorkContext& context, AccountKey other) {
    auto& conversations = context.store.conversations();
    auto shared = conversations.joined(context.account());
    std::erase_if(shared, [&](ConversationKey key) { return conversations.member(key, other) == nullptr; });
    return shared;
}

/// Also where they are the same: a device that was told other ones before cannot say which messages those
/// included, since of what is deleted by now nobody knows whether it counted.
void tell_all_counts(WorkContext& context, const std::vector<ConversationKey>& shared) {
    for (const auto key : shared) {
        const auto* conversation = context.store.conversations().find(key);
        const auto* member = context.store.conversations().member(key, context.account());
        if (conversation == nullptr || member == nullptr) continue;  // Only where the store failed.
        tell_counts(context, *conversation, *member);
    }
}

/// What `reader` was told of the member so far is all that he is told.
void silence(WorkContext& context, ConversationRecord& conversation, const MemberRecord& member,
             AccountKey reader) {
    const bool began = context.store.block_writes().put({.conversation = conversation.key,
                                                         .account = member.account,
                                                         .reader = reader,
                                                         .delivered = member.delivered,
                                                         .read = member.read,
                                                         .receipts_from = member.receipts_from});
    if (began) ++conversation.silences;
}

void silence_both(WorkContext& context, ConversationRecord& conversation, AccountKey one, AccountKey other) {
    const auto* first = context.store.conversations().member(conversation.key, one);
    const auto* second = context.store.conversations().member(conversation.key, other);
    const bool direct = conversation.kind == ConversationKind::direct;
    if (first == nullptr || second == nullptr) return;
    if (!direct && !(first->present && second->present)) return;
    silence(context, conversation, *first, other);
    silence(context, conversation, *second, one);
}

/// The blocked one's messages of before that the account has not read, so that they can be subtracted.
void note_unread(WorkContext& context, const ConversationRecord& conversation, AccountKey other) {
    const auto* member = context.store.conversations().member(conversation.key, context.account());
    if (member == nullptr) return;  // Only where the store failed.
    const BornRange unread{.first = member->read + 1, .last = conversation.head};
    for (const auto place : context.store.rows().places_of(StreamKey(conversation.key), unread, other))
        context.store.block_writes().note_message(conversation.key, other, place);
}

void end_sight(WorkContext& context, const ConversationRecord& conversation) {
    const auto* member = context.store.conversations().member(conversation.key, context.account());
    if (member == nullptr || member->spared || mutant(Mutant::block_leaves_the_history_open)) return;
    context.store.conversation_writes().close_interval(conversation.key, context.account(),
                                                       conversation.head);
}

/// What was made meanwhile stays unseen, and no receipt speaks of messages among it.
void begin_sight(WorkContext& context, const ConversationRecord& conversation) {
    auto& writes = context.store.conversation_writes();
    const auto* known = context.store.conversations().member(conversation.key, context.account());
    const auto seen = context.store.conversations().intervals(conversation.key, context.account());
    if (known == nullptr || seen.empty() || seen.back().last == last_born) return;
    const BornRange unseen{.first = seen.back().last + 1, .last = conversation.head};
    if (unseen.first > unseen.last || mutant(Mutant::unblocking_brings_back))
        return writes.reopen_interval(conversation.key, context.account());
    writes.open_interval(conversation.key, context.account(), conversation.head + 1);
    const StreamKey stream(conversation.key);
    if (context.store.rows().count_messages(stream, unseen, context.account()).all == 0) return;
    auto member = *known;
    if (!mutant(Mutant::receipts_of_the_unseen)) member.receipts_from = conversation.head + 1;
    writes.put(member);
}

/// Of the direct conversation of the two, whether or not the account at work was told of it.
void change_direct(WorkContext& context, AccountKey other, bool blocked) {
    const auto key = context.store.conversations().direct_between(context.account(), other);
    const auto* known = key ? context.store.conversations().find(*key) : nullptr;
    if (known == nullptr) return;
    auto conversation = *known;
    (conversation.low == context.account() ? conversation.low_blocks : conversation.high_blocks) = blocked;
    if (blocked) {
        end_sight(context, conversation);
        silence_both(context, conversation, context.account(), other);
    } else {
        begin_sight(context, conversation);
    }
    context.store.conversation_writes().put(conversation);
}

void begin_in_groups(WorkContext& context, const std::vector<ConversationKey>& shared, AccountKey other) {
    for (const auto key : shared) {
        const auto* known = context.store.conversations().find(key);
        if (known == nullptr || known->kind != ConversationKind::group) continue;
        auto conversation = *known;
        note_unread(context, conversation, other);
        silence_both(context, conversation, context.account(), other);
        context.store.conversation_writes().put(conversation);
    }
}

void write_block(WorkContext& context, AccountKey other, bool blocked) {
    auto& writes = context.store.block_writes();
    if (blocked) {
        writes.put(context.account(), {.account = other, .at = context.at});
    } else {
        writes.remove(context.account(), other);
    }
    const std::int64_t difference = blocked ? 1 : -1;
    const auto* own = context.store.accounts().find(context.account());
    const auto* others = context.store.accounts().find(other);
    if (own == nullptr || others == nullptr) return;  // Only where the store failed.
    auto blocker = *own;
    auto concerned = *others;
    blocker.blocks += difference;
    concerned.blocked_by += difference;
    context.store.account_writes().put(blocker);
    context.store.account_writes().put(concerned);
}

Status check_count(const AccountRecord& account) {
    if (account.blocks < limits::blocks_max) return {};
    return fail(
        Error{ErrorCode::limit,
              "you have blocked " + std::to_string(account.blocks) + " persons: unblock one of them first", 0,
              "blocks"});
}

/// Said to whoever has blocked, never to the other.
Status refused(bool has_blocked) {
    if (!has_blocked || mutant(Mutant::blocker_may_send)) return {};
    return fail(ErrorCode::account_blocked, "you have blocked this person: unblock first");
}

}  // namespace

Result<Answer> perform(WorkContext& context, const protocol::BlockSet& command) {
    const auto other = account_key(command.account.text());
    if (!other || context.store.accounts().find(*other) == nullptr)
        return fail(Error{ErrorCode::account_not_found, "no such account", 0, "account"});
    if (*other == context.account())
        return fail(Error{ErrorCode::invalid, "nobody blocks himself", 0, "account"});
    const auto* account = context.store.accounts().find(context.account());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    if (has_blocked(context.store, context.account(), *other) == command.blocked)
        return nothing_to_do(context);
    if (command.blocked) {
        TRY(check_room(context));
        TRY(check_count(*account));
    }
    const auto shared = shared_with(context, *other);
    write_block(context, *other, command.blocked);
    change_direct(context, *other, command.blocked);
    if (command.blocked) begin_in_groups(context, shared, *other);
    const auto change = change_account(
        context, context.account(),
        {.slot = Slot::block(*other),
         .payload = protocol::BlockChanged{.account = to_id(*other), .blocked = command.blocked},
         .id = {},
         .author = {},
         .gone = !command.blocked});
    // Behind the row that says why.
    tell_all_counts(context, shared);
    return done(context, to_stream(context.account()), change.seq);
}

bool has_blocked(View& view, AccountKey blocker, AccountKey blocked) {
    const auto* account = view.accounts().find(blocker);
    return account != nullptr && account->blocks > 0 && view.blocks().stands(blocker, blocked);
}

Status check_may_add(const WorkContext& context, const ConversationRecord& conversation) {
    return refused(conversation.kind == ConversationKind::direct &&
                   conversation.is_blocked_by(context.account()));
}

Status check_may_begin_with(WorkContext& context, AccountKey other) {
    return refused(has_blocked(context.store, context.account(), other));
}

Status check_may_be_added(WorkContext& context, AccountKey account, const char* field) {
    const bool unwilling = has_blocked(context.store, account, context.account());
    if (!unwilling || mutant(Mutant::blocked_adds_the_blocker)) return {};
    return fail(Error{ErrorCode::account_not_found, "no such account", 0, field});
}

std::vector<AccountKey> missed_by(View& view, const ConversationRecord& conversation,
                                  std::initializer_list<std::int64_t> places) {
    std::vector<AccountKey> missing;
    if (conversation.kind != ConversationKind::direct) return missing;
    for (const auto account : {conversation.low, conversation.high}) {
        const auto seen = view.conversations().intervals(conversation.key, account);
        if (!std::ranges::all_of(places, [&](std::int64_t place) { return contain(seen, place); }))
            missing.push_back(account);
    }
    return missing;
}

std::int64_t count_unseen(View& view, const MemberRecord& member, BornRange range) {
    std::int64_t unseen = 0;
    const StreamKey stream(member.conversation);
    const auto count = [&](std::int64_t first, std::int64_t last) {
        const BornRange gap{.first = std::max(first, range.first), .last = std::min(last, range.last)};
        if (gap.first <= gap.last) unseen += view.rows().count_messages(stream, gap, member.account).all;
    };
    std::int64_t next = 1;
    for (const auto& seen : view.conversations().intervals(member.conversation, member.account)) {
        count(next, seen.first - 1);
        if (seen.last == last_born) return unseen;
        next = seen.last + 1;
    }
    count(next, last_born);
    return unseen;
}

void reveal(WorkContext& context, const ConversationRecord& conversation, AccountKey account) {
    const auto* known = context.store.conversations().member(conversation.key, account);
    if (known == nullptr || !known->spared) return;
    auto member = *known;
    member.spared = false;
    member.from = conversation.head + 1;
    member.read = conversation.head;
    member.counted_at_read = conversation.counted;
    member.own_since_read = 0;
    member.receipts_from = member.from;
    context.store.conversation_writes().put(member);
    context.store.conversation_writes().open_interval(conversation.key, account, member.from);
    change_account(context, account,
                   {.slot = Slot::membership(conversation.key),
                    .payload = protocol::Joined{.conversation = to_id(conversation.key),
                                                .from = member.from,
                                                .state = summary_of(context.store, conversation, member)}});
    context.effects.emplace_back(Opened{.account = account, .conversation = conversation.key});
}

void begin_silences(WorkContext& context, ConversationRecord& conversation,
                    const std::vector<AccountKey>& newcomers) {
    const auto before = conversation.silences;
    for (const auto account : newcomers) {
        const auto* record = context.store.accounts().find(account);
        if (record == nullptr || record->blocks + record->blocked_by == 0) continue;
        for (const auto& block : context.store.blocks().made_by(account))
            silence_both(context, conversation, account, block.account);
        for (const auto other : context.store.blocks().against(account))
            silence_both(context, conversation, account, other);
    }
    if (conversation.silences != before) context.store.conversation_writes().put(conversation);
}

std::vector<AccountKey> unheard_by(WorkContext& context, ConversationRecord& conversation,
                                   const MemberRecord& member) {
    std::vector<AccountKey> unheard;
    if (conversation.silences == 0 || mutant(Mutant::receipts_pass_a_block)) return unheard;
    for (const auto& one : context.store.blocks().silences_about(conversation.key, member.account)) {
        if (has_blocked(context.store, one.reader, one.account) ||
            has_blocked(context.store, one.account, one.reader)) {
            unheard.push_back(one.reader);
        } else {
            context.store.block_writes().remove(one);
            --conversation.silences;
        }
    }
    return unheard;
}

namespace {

protocol::Receipt receipt_with(protocol::Receipt receipt, std::int64_t from) {
    if (from != 0) receipt.from = from;
    return receipt;
}

}  // namespace

protocol::Receipt receipt_of(const MemberRecord& member) {
    return receipt_with(
        {.account = to_id(member.account), .delivered = member.delivered, .read = member.read},
        member.receipts_from);
}

protocol::Receipt receipt_of(const Silence& silence) {
    return receipt_with(
        {.account = to_id(silence.account), .delivered = silence.delivered, .read = silence.read},
        silence.receipts_from);
}

}  // namespace parley::server
