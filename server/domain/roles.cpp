#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

using core::rules::Act;
using protocol::Role;

Result<MemberRecord> present_member(WorkContext& context, ConversationKey conversation, const AccountId& id) {
    const auto key = account_key(id.text());
    const auto* member = key ? context.store.conversations().member(conversation, *key) : nullptr;
    if (member == nullptr || !member->present)
        return fail(Error{ErrorCode::account_not_found, "is no member of this group", 0, "account"});
    return *member;
}

bool has_another_owner(WorkContext& context, const MemberRecord& owner) {
    return std::ranges::any_of(
        context.store.conversations().members(owner.conversation, limits::members_max),
        [&](const MemberRecord& one) { return one.role == Role::owner && one.account != owner.account; });
}

}  // namespace

std::int64_t give_role(WorkContext& context, ConversationRecord& conversation, MemberRecord member,
                       Role role) {
    member.role = role;
    auto change = write_change(context, conversation,
                               {.slot = Slot::member(member.account),
                                .payload = member_changed(context.store, member, context.account())});
    const auto seq = change.seq;
    context.store.conversation_writes().put(member);
    context.effects.emplace_back(ConversationChange{
        .conversation = conversation.key, .change = std::move(change), .origin = context.origin});
    return seq;
}

void pass_ownership(WorkContext& context, ConversationRecord& conversation) {
    const auto members = context.store.conversations().members(conversation.key, limits::members_max);
    // The first of the highest, and they stand in the order in which they came.
    const auto heir = std::ranges::max_element(members, {}, [](const MemberRecord& one) {
        return mutant(Mutant::heir_whatever_his_role) && one.role != Role::owner
                   ? 0
                   : core::rules::rank(one.role);
    });
    if (heir == members.end() || heir->role == Role::owner || mutant(Mutant::nobody_inherits)) return;
    give_role(context, conversation, *heir, Role::owner);
}

Result<Answer> perform(WorkContext& context, const protocol::MemberRole& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    const bool to_self = account_key(command.account.text()) == context.account();
    TRY_ASSIGN(auto standing,
               authorize(context.store, key, context.account(), to_self ? Act::step_down : Act::change_role));
    TRY_ASSIGN(const auto member, present_member(context, key, command.account));
    TRY(core::rules::may_give_role(
        {.own = standing.member.role, .to_self = to_self, .before = member.role, .after = command.role}));
    if (member.role == command.role) return nothing_to_do(context);
    const bool steps_down = to_self && member.role == Role::owner;
    if (steps_down && !mutant(Mutant::last_owner_steps_down) && !has_another_owner(context, member)) {
        return fail(ErrorCode::conversation_last_owner,
                    "the only owner of a group transfers it, or makes somebody else an owner, too");
    }
    return done(context, to_id(key), give_role(context, standing.conversation, member, command.role));
}

Result<Answer> perform(WorkContext& context, const protocol::OwnershipTransfer& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::transfer_ownership));
    if (account_key(command.account.text()) == context.account())
        return fail(Error{ErrorCode::invalid, "you are an owner already", 0, "account"});
    TRY_ASSIGN(const auto heir, present_member(context, key, command.account));
    auto& conversation = standing.conversation;
    if (heir.role != Role::owner) give_role(context, conversation, heir, Role::owner);
    return done(context, to_id(key), give_role(context, conversation, standing.member, Role::admin));
}

}  // namespace parley::server
