#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/sync.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace parley::server {

namespace {

using core::rules::Act;

std::unexpected<Error> unknown_link() {
    return fail(ErrorCode::link_unknown, "there is no such invite link, or not any more");
}

/// Why nobody joins by it any more; nothing: it is good.
std::optional<Error> why_over(const LinkRecord& link, WallTime at) {
    if (link.expires_at && *link.expires_at <= at && !mutant(Mutant::link_outlives_its_time))
        return Error{ErrorCode::link_over, "the time of this invite link is over", 0, "expires_at"};
    if (link.uses_max && link.uses >= *link.uses_max && !mutant(Mutant::link_used_without_end))
        return Error{ErrorCode::link_over, "this invite link was used as often as it may be", 0, "uses"};
    return std::nullopt;
}

protocol::Link shown(const LinkRecord& link, protocol::Role reader) {
    protocol::Link out{.id = to_id(link.key),
                       .role = link.role,
                       .by = to_id(link.by),
                       .at = link.at,
                       .expires_at = link.expires_at,
                       .uses = link.uses,
                       .uses_max = link.uses_max};
    if (core::rules::rank(link.role) <= core::rules::rank(reader)) out.code = link.code;
    return out;
}

/// The group has room for one more; those of its links that are over are forgotten where it takes that.
Status make_room(WorkContext& context, ConversationKey conversation) {
    const auto links = context.store.links().of(conversation, limits::links_max);
    if (std::ssize(links) < limits::links_max) return {};
    const auto is_over = [&](const LinkRecord& link) {
        return why_over(link, context.at).has_value();
    };
    if (std::ranges::none_of(links, is_over)) {
        return fail(Error{
            ErrorCode::limit,
            "this group has " + std::to_string(limits::links_max) + " invite links: revoke one of them first",
            0, "links"});
    }
    for (const auto& link : links)
        if (is_over(link)) context.store.link_writes().remove(link.key);
    return {};
}

/// A person before a link by which he may join.
struct Entrance {
    LinkRecord link;
    /// Of whoever made the link.
    Standing inviter;
    /// What the person is, or was, in the group; nothing: he never was in it.
    std::optional<MemberRecord> member;

    bool is_inside() const { return member && member->present; }
};

/// Who was removed, and did not go by himself, comes in by no link.
Status check_not_removed(View& view, const Entrance& entrance) {
    if (!entrance.member || mutant(Mutant::removed_comes_back_by_link)) return {};
    const auto& member = *entrance.member;
    const auto row = view.rows().in_slot(StreamKey(member.conversation), Slot::member(member.account));
    TRY(view.status());
    const auto* said = row ? std::get_if<protocol::MemberChanged>(&row->payload) : nullptr;
    if (said == nullptr) return fail(ErrorCode::damaged, "who ended this membership cannot be read");
    if (said->by == to_id(member.account)) return {};
    return fail(ErrorCode::link_barred,
                "you were removed from this group: one of its members has to add you");
}

/// Refuses where joining by the code would be refused, but for want of room. A link is good as long as its
/// maker might add people himself: to join by it is to be added by him.
Result<Entrance> find_entrance(View& view, AccountKey account, std::string_view code, WallTime at) {
    auto link = view.links().by_code(code);
    TRY(view.status());
    if (!link) return unknown_link();
    const auto* member = view.conversations().member(link->conversation, account);
    auto inviter = authorize(view, link->conversation, link->by, Act::invite);
    const bool inside = member != nullptr && member->present;
    if (!inviter && inside) inviter = authorize(view, link->conversation, account, Act::read);
    if (!inviter) return unknown_link();
    Entrance entrance{.link = std::move(*link), .inviter = std::move(*inviter)};
    if (member != nullptr) entrance.member = *member;
    if (inside) return entrance;
    if (auto over = why_over(entrance.link, at)) return fail(std::move(*over));
    TRY(check_not_removed(view, entrance));
    return entrance;
}

/// What he is, or becomes.
protocol::Role role_behind(const Entrance& entrance) {
    if (entrance.is_inside()) return entrance.member->role;
    const auto before = entrance.member ? std::optional(entrance.member->role) : std::nullopt;
    const auto given = mutant(Mutant::link_gives_more_than_it_says)
                           ? entrance.inviter.member.role
                           : core::rules::lower(entrance.inviter.member.role, entrance.link.role);
    return core::rules::role_of_newcomer(given, before);
}

}  // namespace

Result<Answer> perform(WorkContext& context, const protocol::LinkCreate& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY_ASSIGN(const auto standing, authorize(context.store, key, context.account(), Act::invite));
    TRY_ASSIGN(const auto role, core::rules::role_of_link(standing.member.role, command.role));
    TRY(make_room(context, key));
    LinkRecord link{.key = {context.store.next_key(context.at)},
                    .conversation = key,
                    .code = new_code(context),
                    .role = role,
                    .by = context.account(),
                    .at = context.at,
                    .uses_max = command.uses};
    if (command.lasts_ms) link.expires_at = context.at + Duration{*command.lasts_ms};
    context.store.link_writes().put(link);
    return Answer{.payload = protocol::LinkMade{.link = shown(link, standing.member.role)},
                  .stream = to_id(key),
                  .timestamp = context.at};
}

Result<Answer> perform(WorkContext& context, const protocol::LinkRevoke& command) {
    TRY_ASSIGN(const auto key, resolve_group(context.store, context.account(), command.target));
    TRY(authorize(context.store, key, context.account(), Act::read));
    const auto wanted = link_key(command.link.text());
    const auto link = wanted ? context.store.links().find(*wanted) : std::nullopt;
    const bool here = link && link->conversation == key;
    if (!here || link->by != context.account())
        TRY(authorize(context.store, key, context.account(), Act::invite));
    if (!here) return nothing_to_do(context);
    context.store.link_writes().remove(link->key);
    return Answer{.payload = protocol::Done{}, .stream = to_id(key), .timestamp = context.at};
}

Result<Answer> perform(WorkContext& context, const protocol::LinkJoin& command) {
    TRY_ASSIGN(auto entrance, find_entrance(context.store, context.account(), command.code, context.at));
    const auto key = entrance.link.conversation;
    if (entrance.is_inside())
        return Answer{.payload = protocol::LinkJoined{}, .stream = to_id(key), .timestamp = context.at};
    auto& conversation = entrance.inviter.conversation;
    TRY(check_members(context, conversation, 1, "members"));
    MemberRecord member =
        entrance.member.value_or(MemberRecord{.conversation = key, .account = context.account()});
    member.role = role_behind(entrance);
    member.invited_by = entrance.link.by;
    if (!mutant(Mutant::link_use_not_counted)) ++entrance.link.uses;
    context.store.link_writes().put(entrance.link);
    return Answer{.payload = protocol::LinkJoined{},
                  .stream = to_id(key),
                  .seq = admit(context, conversation, {std::move(member)}),
                  .timestamp = context.at};
}

Result<protocol::Links> links(Snapshot& snapshot, AccountKey reader, const protocol::LinkList& request) {
    const auto key = conversation_key(request.stream.text());
    const auto standing = key ? authorize(snapshot, *key, reader, Act::invite) : not_member();
    TRY(snapshot.status());
    if (!standing) return fail(standing.error());
    protocol::Links found;
    for (const auto& link : snapshot.links().of(*key, limits::links_max))
        found.links.push_back(shown(link, standing->member.role));
    TRY(snapshot.status());
    return found;
}

Result<protocol::LinkView> look(Snapshot& snapshot, AccountKey reader, const protocol::LinkLook& request,
                                WallTime now) {
    TRY_ASSIGN(const auto entrance, find_entrance(snapshot, reader, request.code, now));
    const auto& conversation = entrance.inviter.conversation;
    protocol::LinkView view{.title = conversation.title,
                            .members = conversation.members,
                            .role = role_behind(entrance),
                            .shares_history = conversation.history_from != 0,
                            .expires_at = entrance.link.expires_at};
    if (entrance.is_inside()) view.stream = to_id(conversation.key);
    return view;
}

}  // namespace parley::server
