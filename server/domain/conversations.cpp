#include "base/mutant.hpp"
#include "core/rules/text.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

using core::rules::Act;
using protocol::ConversationKind;
using protocol::Role;

struct Founding {
    ConversationKind kind = ConversationKind::group;
    std::string title;
    /// The maker first.
    std::vector<AccountKey> members;
    bool shares_history = false;
};

protocol::ConversationChanged settings_of(const ConversationRecord& conversation, AccountKey by) {
    protocol::ConversationChanged settings{.kind = conversation.kind, .by = to_id(by)};
    if (conversation.kind == ConversationKind::group) settings.title = conversation.title;
    settings.permissions = permissions_of(conversation);
    settings.history_from = history_from_of(conversation);
    settings.slow_ms = slow_ms_of(conversation);
    return settings;
}

/// Writes and tells the settings as they are now.
Answer change_settings(WorkContext& context, ConversationRecord& conversation) {
    auto change =
        write_change(context, conversation,
                     {.slot = Slot::settings(), .payload = settings_of(conversation, context.account())});
    const auto seq = change.seq;
    context.effects.emplace_back(ConversationChange{
        .conversation = conversation.key, .change = std::move(change), .origin = context.origin});
    return done(context, to_id(conversation.key), seq);
}

/// Of a direct conversation that begins.
void note_blocks(WorkContext& context, ConversationRecord& conversation) {
    conversation.low_blocks = has_blocked(context.store, conversation.low, conversation.high);
    conversation.high_blocks = has_blocked(context.store, conversation.high, conversation.low);
}

/// The settings are the first row, the members follow in order; messages begin behind them. All see from 1
/// on.
ConversationRecord found(WorkContext& context, const Founding& founding) {
    auto& writes = context.store.conversation_writes();
    ConversationRecord conversation{.key = {context.store.next_key(context.at)},
                                    .kind = founding.kind,
                                    .title = founding.title,
                                    .history_from = founding.shares_history ? 1 : 0,
                                    .members = static_cast<std::int64_t>(founding.members.size())};
    if (founding.kind == ConversationKind::direct) {
        std::tie(conversation.low, conversation.high) =
            std::minmax(founding.members.front(), founding.members.back());
        note_blocks(context, conversation);
    }
    const auto maker = founding.members.front();
    // Not there for whoever has blocked the maker, until something comes that he sees.
    const auto is_spared = [&](AccountKey account) {
        return account != maker && conversation.kind == ConversationKind::direct &&
               conversation.is_blocked_by(account) && !mutant(Mutant::blocked_begins_aloud);
    };
    std::vector<protocol::Change> changes;
    changes.push_back(write_change(context, conversation,
                                   {.slot = Slot::settings(), .payload = settings_of(conversation, maker)}));
    std::vector<MemberRecord> members;
    for (const auto account : founding.members) {
        const bool owns = founding.kind == ConversationKind::group && account == maker;
        const MemberRecord member{.conversation = conversation.key,
                                  .account = account,
                                  .role = owns ? Role::owner : Role::member,
                                  .present = true,
                                  .from = 1,
                                  .since = conversation.head + 1,
                                  .read = 1};
        changes.push_back(write_change(
            context, conversation,
            {.slot = Slot::member(account), .payload = member_changed(context.store, member, maker)}));
        auto kept = member;
        kept.spared = is_spared(account);
        writes.put(kept);
        if (kept.spared) continue;
        writes.open_interval(conversation.key, account, member.from);
        members.push_back(member);
    }
    for (const auto& member : members) {
        change_account(
            context, member.account,
            {.slot = Slot::membership(conversation.key),
             .payload = protocol::Joined{.conversation = to_id(conversation.key),
                                         .from = member.from,
                                         .state = summary_of(context.store, conversation, member)}});
        context.effects.emplace_back(Opened{.account = member.account, .conversation = conversation.key});
    }
    for (auto& change : changes) {
        context.effects.emplace_back(ConversationChange{
            .conversation = conversation.key, .change = std::move(change), .origin = context.origin});
    }
    begin_silences(context, conversation, founding.members);
    return conversation;
}

}  // namespace

ConversationRecord found_direct(WorkContext& context, AccountKey other) {
    Founding founding{.kind = ConversationKind::direct, .members = {context.account()}};
    // One's saved messages are a direct conversation with oneself.
    if (other != context.account()) founding.members.push_back(other);
    return found(context, founding);
}

Result<Answer> perform(WorkContext& context, const protocol::ConversationCreate& command) {
    TRY(core::rules::check_name(command.title, "title"));
    Founding founding{
        .title = command.title, .members = {context.account()}, .shares_history = command.shares_history};
    for (const auto& id : command.members) {
        const auto key = account_key(id.text());
        if (!key || context.store.accounts().find(*key) == nullptr) {
            return fail(Error{ErrorCode::account_not_found, "no such account", 0, "members"});
        }
        TRY(check_may_be_added(context, *key, "members"));
        if (std::ranges::find(founding.members, *key) == founding.members.end())
            founding.members.push_back(*key);
    }
    if (std::cmp_greater(founding.members.size(), context.rules.members_max)) {
        return fail(Error{ErrorCode::limit, "too many members", 0, "members"});
    }
    const auto conversation = found(context, founding);
    return Answer{.payload = protocol::ConversationCreated{},
                  .stream = to_id(conversation.key),
                  .seq = conversation.head,
                  .timestamp = context.at};
}

Result<Answer> perform(WorkContext& context, const protocol::ConversationRename& command) {
    TRY(core::rules::check_name(command.title, "title"));
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::rename));
    standing.conversation.title = command.title;
    return change_settings(context, standing.conversation);
}

Result<Answer> perform(WorkContext& context, const protocol::ConversationPermissions& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::change_permissions));
    auto& conversation = standing.conversation;
    const auto before = core::rules::in_force(conversation.permissions);
    const auto after = core::rules::with(before, command.permissions);
    if (after == before) return nothing_to_do(context);
    conversation.permissions = after;
    auto answer = change_settings(context, conversation);
    if (mutant(Mutant::permissions_of_before)) {
        conversation.permissions = before;
        context.store.conversation_writes().put(conversation);
    }
    return answer;
}

Result<Answer> perform(WorkContext& context, const protocol::HistoryShare& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::share_history));
    auto& conversation = standing.conversation;
    if ((conversation.history_from != 0) == command.shared) return nothing_to_do(context);
    // Behind the change itself: what was said before was not said to whoever comes.
    conversation.history_from = command.shared ? conversation.head + 1 : 0;
    if (command.shared && mutant(Mutant::sharing_reaches_back)) conversation.history_from = 1;
    return change_settings(context, conversation);
}

Result<Answer> perform(WorkContext& context, const protocol::SlowModeSet& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(auto standing, authorize(context.store, key, context.account(), Act::set_slow_mode));
    auto& conversation = standing.conversation;
    const auto wanted = milliseconds(command.interval_ms.value_or(0));
    if (conversation.slow == wanted) return nothing_to_do(context);
    conversation.slow = wanted;
    return change_settings(context, conversation);
}

}  // namespace parley::server
