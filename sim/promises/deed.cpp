#include "sim/promises/deed.hpp"

#include "sim/promises/deed_effects.hpp"

#include <algorithm>
#include <vector>

namespace parley::sim {

namespace {

using protocol::Role;

/// The settings, and then the members, the maker first.
std::string wrong_of(const Deed& deed, const protocol::ConversationCreate& asked) {
    if (!answered_with<protocol::ConversationCreated>(deed)) return "it was answered with something else";
    const StreamId& stream = deed.answer.stream;
    const std::int64_t head = deed.answer.seq.value_or(0);
    std::vector<AccountId> members{deed.by};
    for (const AccountId& one : asked.members)
        if (std::ranges::find(members, one) == members.end()) members.push_back(one);
    if (head != static_cast<std::int64_t>(members.size()) + 1) return "it has other members";
    if (!made(deed, members.size() + 1)) return "it did more than that";
    if (!accounts_hear_only<protocol::Joined>(deed)) return "it changed accounts";
    const auto* first = deed.after.change(stream, 1);
    const auto* settings =
        first == nullptr ? nullptr : std::get_if<protocol::ConversationChanged>(&first->payload);
    if (settings == nullptr && !is_unknown(deed, 1)) return "it has no settings";
    if (settings != nullptr && (settings->kind != protocol::ConversationKind::group ||
                                settings->title != asked.title || settings->by != deed.by))
        return "it has another title, or kind";
    const auto shares = asked.shares_history ? std::optional<std::int64_t>(1) : std::nullopt;
    if (settings != nullptr && first->seq == 1 && settings->history_from != shares)
        return "it shares its history otherwise";
    for (std::int64_t seq = 2; seq <= head; ++seq) {
        const auto* change = deed.after.change(stream, seq);
        if (is_unknown(deed, seq)) continue;
        const auto* member =
            change == nullptr ? nullptr : std::get_if<protocol::MemberChanged>(&change->payload);
        const AccountId& expected = members[static_cast<std::size_t>(seq) - 2];
        const Role role = expected == deed.by ? Role::owner : Role::member;
        if (member == nullptr || member->profile.account != expected || !member->present ||
            member->role != role || member->by != deed.by)
            return "it has other members, or in other roles";
    }
    return {};
}

std::string wrong_of(const Deed& deed, const protocol::ConversationRename& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    const auto* settings = answered_change<protocol::ConversationChanged>(deed);
    if (settings == nullptr && is_unknown(deed)) return {};
    if (settings == nullptr || settings->title != asked.title || settings->by != deed.by)
        return "the title is not the one that was asked for";
    if (!made(deed, 1)) return "it did more than that";
    return accounts_hear_nothing(deed) ? std::string() : "it changed accounts";
}

std::string wrong_of(const Deed& deed, const protocol::MemberAdd& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    const bool changed = deed.answer.seq.has_value();
    if (changed && !in_place(deed, asked.target)) return "it was done in another conversation";
    const auto role_before = [&](const AccountId& who) {
        return deed.before.member(deed.answer.stream, who).value_or(Moment::Standing{}).role;
    };
    for (const auto* change : done_in_conversations(deed)) {
        const auto* member = std::get_if<protocol::MemberChanged>(&change->change.payload);
        const bool fits =
            member != nullptr && member->present &&
            member->role == comes_in_as(role_before(deed.by), role_before(member->profile.account)) &&
            std::ranges::find(asked.accounts, member->profile.account) != asked.accounts.end();
        if (!fits) return "somebody else came in, or in another role";
    }
    if (changed && !deed.first) {
        const auto* member = answered_change<protocol::MemberChanged>(deed);
        return member != nullptr || is_unknown(deed) ? std::string() : "nobody came in there";
    }
    if (!deed.first) return {};
    const StreamId stream = changed ? deed.answer.stream : asked.target.stream.value_or(StreamId());
    if (stream.empty()) return {};
    for (const AccountId& one : asked.accounts)
        if (!deed.after.present(stream, one)) return one.text() + " is not in it";
    return accounts_hear_only<protocol::Joined>(deed) ? std::string() : "it changed accounts";
}

/// Somebody went, by this.
std::string wrong_going(const Deed& deed, const AccountId& who) {
    const auto* member = answered_change<protocol::MemberChanged>(deed);
    if (member == nullptr && is_unknown(deed)) return {};
    if (member == nullptr || member->profile.account != who || member->present || member->by != deed.by)
        return "somebody else went, or nobody";
    return accounts_hear_only<protocol::Left>(deed) ? std::string() : "it changed accounts";
}

std::string wrong_of(const Deed& deed, const protocol::MemberRemove& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const bool in = asked.target.stream && deed.after.present(*asked.target.stream, asked.account);
        return deed.first && in ? "he is still in it" : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    if (!made(deed, 1)) return "it did more than that";
    return wrong_going(deed, asked.account);
}

std::string wrong_of(const Deed& deed, const protocol::ConversationLeave& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    // Where the last owner goes somebody inherits.
    if (!made(deed, 1) && !made(deed, 2)) return "it did more than that";
    return wrong_going(deed, deed.by);
}

/// He has this role now, by this.
bool has_role_now(const Deed& deed, const protocol::MemberChanged* member, const AccountId& who, Role role) {
    return member != nullptr && member->profile.account == who && member->role == role && member->present &&
           member->by == deed.by;
}

std::string wrong_of(const Deed& deed, const protocol::MemberRole& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const auto now =
            asked.target.stream ? deed.after.member(*asked.target.stream, asked.account) : std::nullopt;
        return deed.first && now && now->role != asked.role ? "he has another role" : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    if (is_unknown(deed)) return {};
    if (!has_role_now(deed, answered_change<protocol::MemberChanged>(deed), asked.account, asked.role))
        return "the role is not the one that was asked for";
    if (!made(deed, 1)) return "it did more than that";
    return accounts_hear_nothing(deed) ? std::string() : "it changed accounts";
}

std::string wrong_of(const Deed& deed, const protocol::ConversationPermissions& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const bool as_asked =
            !asked.target.stream || holds(asked.permissions, deed.after.permissions(*asked.target.stream));
        return deed.first && !as_asked ? "the permissions are not those that were asked for" : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    const auto* settings = answered_change<protocol::ConversationChanged>(deed);
    if (settings == nullptr && is_unknown(deed)) return {};
    if (settings == nullptr || !settings->permissions || !holds(asked.permissions, *settings->permissions) ||
        settings->by != deed.by)
        return "the permissions are not those that were asked for";
    const auto* before = deed.before.settings(deed.answer.stream);
    const bool now = !done_in_conversations(deed).empty();
    if (now && before != nullptr &&
        (!same_besides(asked.permissions, deed.before.permissions(deed.answer.stream),
                       *settings->permissions) ||
         before->title != settings->title))
        return "something else is set, too";
    if (!made(deed, 1)) return "it did more than that";
    return accounts_hear_nothing(deed) ? std::string() : "it changed accounts";
}

/// The other is an owner, and whoever was it an admin: the last of the changes says so.
std::string wrong_of(const Deed& deed, const protocol::OwnershipTransfer& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    const auto* own = answered_change<protocol::MemberChanged>(deed);
    if (own == nullptr && is_unknown(deed)) return {};
    if (!has_role_now(deed, own, deed.by, Role::admin)) return "whoever gave it away is no admin";
    if (done_in_conversations(deed).empty()) return deed.first ? "it did nothing" : std::string();
    const auto heir = deed.after.member(deed.answer.stream, asked.account);
    if (!heir || !heir->present || heir->role != Role::owner) return "somebody else owns it, or nobody";
    const auto before = deed.before.member(deed.answer.stream, asked.account);
    if (!made(deed, before && before->role == Role::owner ? 1 : 2)) return "it did more than that";
    return accounts_hear_nothing(deed) ? std::string() : "it changed accounts";
}

}  // namespace

bool fits_target(const Moment& moment, const AccountId& by, const MadeBy& made_by,
                 const protocol::Target& target, const StreamId& stream) {
    if (target.stream) return *target.stream == stream;
    if (target.direct) {
        return moment.kind(stream) == protocol::ConversationKind::direct &&
               moment.is_between(stream, by, *target.direct);
    }
    const auto made = target.made_by ? made_by(*target.made_by) : std::nullopt;
    return made ? *made == stream : moment.kind(stream) == protocol::ConversationKind::group;
}

std::string what_is_wrong(const Deed& deed, const protocol::Payload& asked) {
    for (const auto* change : done_in_conversations(deed)) {
        if (change->origin.command != deed.id || server::to_id(change->origin.account) != deed.by)
            return "something was done in the name of another command";
        if (server::to_id(change->conversation) != deed.answer.stream)
            return "something was done in another conversation than is said";
    }
    return std::visit(
        [&](const auto& command) -> std::string {
            if constexpr (requires { wrong_of(deed, command); }) {
                return wrong_of(deed, command);
            } else {
                return "it is no command that is carried out";
            }
        },
        asked);
}

}  // namespace parley::sim
