#include "base/mutant.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace parley::server {

namespace {

using core::rules::Act;
using protocol::Role;

void emit(WorkContext& context, ConversationKey conversation, protocol::Change change) {
    context.effects.emplace_back(ConversationChange{
        .conversation = conversation, .change = std::move(change), .origin = context.origin});
}

/// Those of the list who are no members yet, each once.
Result<std::vector<AccountKey>> newcomers(WorkContext& context, ConversationKey conversation,
                                          const std::vector<AccountId>& ids) {
    std::vector<AccountKey> found;
    for (const auto& id : ids) {
        const auto key = account_key(id.text());
        if (!key || context.store.accounts().find(*key) == nullptr) {
            return fail(Error{ErrorCode::account_not_found, "no such account", 0, "accounts"});
        }
        const auto* member = context.store.conversations().member(conversation, *key);
        const bool present = member != nullptr && member->present;
        if (!present) TRY(check_may_be_added(context, *key, "accounts"));
        if (!present && std::ranges::find(found, *key) == found.end()) found.push_back(*key);
    }
    return found;
}

/// Of somebody who comes in, and may have been in before.
MemberRecord newcomer(WorkContext& context, const Standing& adds, AccountKey account) {
    const auto key = adds.conversation.key;
    const auto* earlier = context.store.conversations().member(key, account);
    MemberRecord member =
        earlier != nullptr ? *earlier : MemberRecord{.conversation = key, .account = account};
    member.invited_by = {};
    if (mutant(Mutant::role_outlives_membership)) return member;
    const auto before = earlier != nullptr ? std::optional(earlier->role) : std::nullopt;
    member.role = core::rules::role_of_newcomer(adds.member.role, before);
    return member;
}

/// From where on somebody sees the messages who comes in with this change: from there, or from where the
/// group shares its history, behind what he has seen in a membership of before.
std::int64_t first_seen(WorkContext& context, const ConversationRecord& conversation,
                        const MemberRecord& member, std::int64_t joined) {
    if (mutant(Mutant::newcomer_sees_everything)) return 1;
    if (conversation.history_from == 0 || mutant(Mutant::shared_history_withheld)) return joined;
    const auto before = context.store.conversations().intervals(conversation.key, member.account);
    const auto seen = before.empty() ? 0 : before.back().last;
    return std::max(conversation.history_from, seen + 1);
}

/// Begins a membership with the conversation's next change, which is returned, not yet emitted.
protocol::Change begin_membership(WorkContext& context, ConversationRecord& conversation,
                                  MemberRecord member) {
    const auto seq = conversation.head + 1;
    member.present = true;
    member.from = seq;
    member.since = seq;
    // Joining sets the read position to the joining: what was said before does not count.
    member.read = seq;
    member.counted_at_read = conversation.counted;
    if (mutant(Mutant::joining_counts_what_was_before)) member.counted_at_read = 0;
    member.own_since_read = 0;
    context.store.conversation_writes().open_interval(conversation.key, member.account,
                                                      first_seen(context, conversation, member, seq));
    auto change = write_change(context, conversation,
                               {.slot = Slot::member(member.account),
                                .payload = member_changed(context.store, member, context.account())});
    context.store.conversation_writes().put(member);
    return change;
}

/// Ends a membership. The one who goes hears `left` and nothing after it; the others see the change.
std::int64_t end_membership(WorkContext& context, ConversationRecord& conversation, MemberRecord member) {
    member.present = false;
    if (!mutant(Mutant::departed_member_still_counted)) --conversation.members;
    auto change = write_change(context, conversation,
                               {.slot = Slot::member(member.account),
                                .payload = member_changed(context.store, member, context.account()),
                                .gone = true});
    const auto seq = change.seq;
    context.store.conversation_writes().put(member);
    context.store.conversation_writes().close_interval(conversation.key, member.account, seq);
    context.store.conversation_writes().drop_mentions(conversation.key, member.account, seq);
    if (!mutant(Mutant::links_outlive_their_maker))
        context.store.link_writes().remove_of(conversation.key, member.account);
    change_account(context, member.account,
                   {.slot = Slot::membership(conversation.key),
                    .payload = protocol::Left{.conversation = to_id(conversation.key), .until = seq},
                    .gone = true});
    // Nothing may stand between `left` and this.
    if (!mutant(Mutant::one_change_after_a_removal))
        context.effects.emplace_back(Closed{.account = member.account, .conversation = conversation.key});
    emit(context, conversation.key, std::move(change));
    return seq;
}

}  // namespace

protocol::MemberChanged member_changed(View& view, const MemberRecord& member, AccountKey by) {
    protocol::MemberChanged changed{
        .role = member.role, .present = member.present, .by = to_id(by), .from = member.from};
    if (member.invited_by) changed.invited_by = to_id(member.invited_by);
    for (const auto& seen : view.conversations().intervals(member.conversation, member.account))
        if (seen.first < member.from && seen.contains(member.from)) changed.history_from = seen.first;
    if (const auto* account = view.accounts().find(member.account)) changed.profile = profile_of(*account);
    return changed;
}

Status check_members(const WorkContext& context, const ConversationRecord& conversation, std::int64_t more,
                     std::string field) {
    if (conversation.members + more <= context.rules.members_max) return {};
    return fail(Error{ErrorCode::limit, "too many members", 0, std::move(field)});
}

std::int64_t admit(WorkContext& context, ConversationRecord& conversation,
                   std::vector<MemberRecord> members) {
    const auto key = conversation.key;
    conversation.members += std::ssize(members);
    std::vector<protocol::Change> changes;
    for (const auto& member : members)
        changes.push_back(begin_membership(context, conversation, member));
    // First the newcomers hear that they are in, then everybody sees who came: so none of them misses the
    // others.
    for (const auto& one : members) {
        const auto* member = context.store.conversations().member(key, one.account);
        if (member == nullptr) continue;  // Only where the store failed.
        change_account(
            context, one.account,
            {.slot = Slot::membership(key),
             .payload = protocol::Joined{.conversation = to_id(key),
                                         .from = member->from,
                                         .state = summary_of(context.store, conversation, *member)}});
        context.effects.emplace_back(Opened{.account = one.account, .conversation = key});
    }
    for (auto& change : changes)
        emit(context, key, std::move(change));
    std::vector<AccountKey> newcomers;
    for (const auto& one : members)
        newcomers.push_back(one.account);
    begin_silences(context, conversation, newcomers);
    return conversation.head;
}

Result<Answer> perform(WorkContext& context, const protocol::MemberAdd& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::add_member));
    TRY_ASSIGN(const auto added, newcomers(context, key, command.accounts));
    auto& conversation = standing.conversation;
    if (added.empty()) return nothing_to_do(context);
    TRY(check_members(context, conversation, std::ssize(added), "accounts"));
    std::vector<MemberRecord> members;
    for (const auto account : added)
        members.push_back(newcomer(context, standing, account));
    return done(context, to_id(key), admit(context, conversation, std::move(members)));
}

Result<Answer> perform(WorkContext& context, const protocol::MemberRemove& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::remove_member));
    const auto account = account_key(command.account.text());
    if (!account) return fail(Error{ErrorCode::account_not_found, "no such account", 0, "account"});
    if (*account == context.account()) {
        return fail(Error{ErrorCode::invalid, "nobody removes himself; leave instead", 0, "account"});
    }
    const auto* member = context.store.conversations().member(key, *account);
    if (member == nullptr)
        return fail(Error{ErrorCode::account_not_found, "was never a member", 0, "account"});
    if (!member->present) return nothing_to_do(context);
    if (!mutant(Mutant::anybody_may_be_removed))
        TRY(core::rules::may_change_member(standing.member.role, member->role));
    return done(context, to_id(key), end_membership(context, standing.conversation, *member));
}

Result<Answer> perform(WorkContext& context, const protocol::ConversationLeave& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::leave));
    const auto seq = end_membership(context, standing.conversation, standing.member);
    pass_ownership(context, standing.conversation);
    if (mutant(Mutant::one_change_after_a_removal))
        context.effects.emplace_back(Closed{.account = context.account(), .conversation = key});
    return done(context, to_id(key), seq);
}

}  // namespace parley::server
