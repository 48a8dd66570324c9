#include "sim/promises/reason.hpp"

#include "protocol/generated/cpp/limits.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace parley::sim {

namespace {

using protocol::Role;

const protocol::Target* target_of(const protocol::Payload& asked) {
    return std::visit(
        [](const auto& command) -> const protocol::Target* {
            if constexpr (requires { command.target; }) {
                return &command.target;
            } else {
                return nullptr;
            }
        },
        asked);
}

/// The conversation that is meant; nothing: there is none, or none is known.
std::optional<StreamId> meant(const Refusal& refusal, const protocol::Payload& asked) {
    const protocol::Target* target = target_of(asked);
    if (target == nullptr) return std::nullopt;
    if (target->direct) return refusal.moment.direct_between(refusal.by, *target->direct);
    return target->made_by ? refusal.made_by(*target->made_by) : target->stream;
}

/// Whom the command names besides its own person.
std::vector<AccountId> named(const protocol::Payload& asked) {
    if (const auto* create = std::get_if<protocol::ConversationCreate>(&asked)) return create->members;
    if (const auto* add = std::get_if<protocol::MemberAdd>(&asked)) return add->accounts;
    if (const auto* remove = std::get_if<protocol::MemberRemove>(&asked)) return {remove->account};
    if (const auto* role = std::get_if<protocol::MemberRole>(&asked)) return {role->account};
    if (const auto* transfer = std::get_if<protocol::OwnershipTransfer>(&asked)) return {transfer->account};
    if (const auto* block = std::get_if<protocol::BlockSet>(&asked)) return {block->account};
    const protocol::Target* target = target_of(asked);
    if (target != nullptr && target->direct) return {*target->direct};
    return {};
}

const protocol::ForwardOf* forward_in(const protocol::Payload& asked) {
    const auto* send = std::get_if<protocol::MessageSend>(&asked);
    return send != nullptr && send->forward ? &*send->forward : nullptr;
}

/// What is to be forwarded, where its person sees it; null: he does not, or nothing is.
const protocol::Change* message_to_forward(const Refusal& refusal, const protocol::ForwardOf& forward) {
    const Membership* own = refusal.moment.history().membership(forward.stream, refusal.by);
    const auto* found =
        refusal.moment.message(forward.stream, forward.sender.value_or(refusal.by), forward.message);
    return own != nullptr && found != nullptr && own->sees(found->born) ? found : nullptr;
}

bool forwards_what_it_cannot_see(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* forward = forward_in(asked);
    return forward != nullptr && message_to_forward(refusal, *forward) == nullptr;
}

bool forwards_what_is_deleted(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* forward = forward_in(asked);
    const auto* message = forward == nullptr ? nullptr : message_to_forward(refusal, *forward);
    return message != nullptr && std::get<protocol::MessageNew>(message->payload).deleted_by.has_value();
}

bool is_out(const Refusal& refusal, const protocol::Payload& asked) {
    const auto stream = meant(refusal, asked);
    const auto* forward = forward_in(asked);
    if (forward != nullptr && !refusal.moment.present(forward->stream, refusal.by)) return true;
    return !stream || !refusal.moment.present(*stream, refusal.by);
}

/// What it takes to do this; nothing: to be a member.
std::optional<Right> right_for(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* deletion = std::get_if<protocol::MessageDelete>(&asked);
    if (deletion != nullptr && deletion->sender.value_or(refusal.by) != refusal.by)
        return Right::delete_others;
    if (std::holds_alternative<protocol::MessageSend>(asked)) return Right::post;
    if (std::holds_alternative<protocol::MessageEdit>(asked)) return Right::post;
    // In a direct conversation both may.
    if (std::holds_alternative<protocol::MessagePin>(asked)) {
        const auto stream = meant(refusal, asked);
        const bool group = stream && refusal.moment.kind(*stream) == protocol::ConversationKind::group;
        return group ? std::optional(Right::pin) : std::nullopt;
    }
    if (std::holds_alternative<protocol::ConversationRename>(asked)) return Right::rename;
    if (std::holds_alternative<protocol::MemberAdd>(asked)) return Right::add;
    if (std::holds_alternative<protocol::MemberRemove>(asked)) return Right::remove;
    if (std::holds_alternative<protocol::MemberRole>(asked)) return Right::give_roles;
    if (std::holds_alternative<protocol::ConversationPermissions>(asked)) return Right::set_permissions;
    if (std::holds_alternative<protocol::OwnershipTransfer>(asked)) return Right::transfer;
    if (std::holds_alternative<protocol::HistoryShare>(asked)) return Right::share_history;
    if (std::holds_alternative<protocol::SlowModeSet>(asked)) return Right::slow_down;
    if (std::holds_alternative<protocol::LinkCreate>(asked)) return Right::invite;
    if (std::holds_alternative<protocol::LinkRevoke>(asked)) return Right::invite;
    return std::nullopt;
}

/// It is about somebody who does not stand below, or about a role that does not.
bool goes_too_far(const Refusal& refusal, const protocol::Payload& asked, const Moment::Standing& own) {
    const auto* remove = std::get_if<protocol::MemberRemove>(&asked);
    const auto* role = std::get_if<protocol::MemberRole>(&asked);
    if (remove == nullptr && role == nullptr) return false;
    const auto other =
        refusal.moment.member(*meant(refusal, asked), remove != nullptr ? remove->account : role->account);
    if (!other || !other->present) return false;
    return !reaches(own.role, other->role) || (role != nullptr && !reaches(own.role, role->role));
}

/// It names all at once in a group. Of an edit that is a reason where the text did not do so before; what it
/// did, others ask.
bool names_all_without_right(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* send = std::get_if<protocol::MessageSend>(&asked);
    const auto* edit = std::get_if<protocol::MessageEdit>(&asked);
    const bool names = (send && names_everybody(*send)) || (edit && names_everybody(*edit));
    const auto stream = meant(refusal, asked);
    if (!names || !stream || refusal.moment.kind(*stream) != protocol::ConversationKind::group) return false;
    if (refusal.moment.has_right(*stream, refusal.by, Right::name_all)) return false;
    const auto* before = edit ? refusal.moment.message(*stream, refusal.by, edit->message) : nullptr;
    return before == nullptr || !names_everybody(std::get<protocol::MessageNew>(before->payload));
}

/// What was forwarded.
bool edits_anothers_words(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* edit = std::get_if<protocol::MessageEdit>(&asked);
    const auto stream = meant(refusal, asked);
    const auto* before =
        edit && stream ? refusal.moment.message(*stream, refusal.by, edit->message) : nullptr;
    const auto* said = before ? std::get_if<protocol::MessageNew>(&before->payload) : nullptr;
    return said != nullptr && said->forwarded.has_value();
}

bool may_not(const Refusal& refusal, const protocol::Payload& asked) {
    if (std::holds_alternative<protocol::InviteCreate>(asked)) {
        const auto* profile = refusal.moment.profile(refusal.by);
        const bool administrator =
            profile != nullptr && profile->role == protocol::AccountRole::administrator;
        return !refusal.everyone_invites && !administrator;
    }
    const auto stream = meant(refusal, asked);
    const auto own = stream ? refusal.moment.member(*stream, refusal.by) : std::nullopt;
    if (!own || !own->present) return false;
    if (const auto* role = std::get_if<protocol::MemberRole>(&asked); role && role->account == refusal.by)
        return stands_above(role->role, own->role);
    if (names_all_without_right(refusal, asked) || edits_anothers_words(refusal, asked)) return true;
    const auto* link = std::get_if<protocol::LinkCreate>(&asked);
    if (link != nullptr && link->role && stands_above(*link->role, own->role)) return true;
    const auto right = right_for(refusal, asked);
    if (!right) return false;
    return !refusal.moment.has_right(*stream, refusal.by, *right) || goes_too_far(refusal, asked, *own);
}

bool has_no_such_act(const Refusal& refusal, const protocol::Payload& asked) {
    const auto stream = meant(refusal, asked);
    const bool of_all = std::holds_alternative<protocol::MessageSend>(asked) ||
                        std::holds_alternative<protocol::MessageEdit>(asked) ||
                        std::holds_alternative<protocol::MessageDelete>(asked) ||
                        std::holds_alternative<protocol::MessageReact>(asked) ||
                        std::holds_alternative<protocol::MessagePin>(asked) ||
                        std::holds_alternative<protocol::Read>(asked) ||
                        std::holds_alternative<protocol::PreferencesSet>(asked) ||
                        std::holds_alternative<protocol::DraftSet>(asked);
    return !of_all && stream && refusal.moment.kind(*stream) == protocol::ConversationKind::direct;
}

bool somebody_is_missing(const Refusal& refusal, const protocol::Payload& asked) {
    const auto people = named(asked);
    const bool unknown = std::ranges::any_of(
        people, [&](const AccountId& one) { return refusal.moment.profile(one) == nullptr; });
    if (unknown) return true;
    // Who has blocked whoever would bring him in looks the same.
    const bool brings_in = std::holds_alternative<protocol::MemberAdd>(asked) ||
                           std::holds_alternative<protocol::ConversationCreate>(asked);
    if (brings_in && std::ranges::any_of(people, [&](const AccountId& one) {
            return refusal.moment.has_blocked(one, refusal.by);
        }))
        return true;
    // Who was never in it is as unknown there as one who does not exist.
    const auto* remove = std::get_if<protocol::MemberRemove>(&asked);
    const auto stream = meant(refusal, asked);
    if (remove != nullptr) return stream && !refusal.moment.member(*stream, remove->account);
    const bool of_members = std::holds_alternative<protocol::MemberRole>(asked) ||
                            std::holds_alternative<protocol::OwnershipTransfer>(asked);
    return of_members && stream && !refusal.moment.present(*stream, people.front());
}

bool makes_no_sense(const Refusal& refusal, const protocol::Payload& asked) {
    const auto breaks_a_rule = [](const auto& said) {
        return are_broken(said.entities, said.text) || is_broken(said.custom) || says_nothing_sensible(said);
    };
    if (const auto* send = std::get_if<protocol::MessageSend>(&asked))
        if (breaks_a_rule(*send)) return true;
    if (const auto* edit = std::get_if<protocol::MessageEdit>(&asked))
        if (breaks_a_rule(*edit)) return true;
    if (const auto* read = std::get_if<protocol::Read>(&asked)) {
        const auto stream = meant(refusal, asked);
        return stream && read->upto > refusal.moment.head(*stream);
    }
    if (const auto* remove = std::get_if<protocol::MemberRemove>(&asked))
        return remove->account == refusal.by;
    if (const auto* transfer = std::get_if<protocol::OwnershipTransfer>(&asked))
        return transfer->account == refusal.by;
    if (const auto* block = std::get_if<protocol::BlockSet>(&asked)) return block->account == refusal.by;
    return false;
}

/// He would leave the group without an owner.
bool steps_down_last(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* role = std::get_if<protocol::MemberRole>(&asked);
    const auto stream = meant(refusal, asked);
    return role != nullptr && stream && role->account == refusal.by && role->role != Role::owner &&
           refusal.moment.is_only_owner(*stream, refusal.by);
}

/// Of two with one handle the other may have had it at any time. What was superseded before anybody heard of
/// it may have been such a handle.
bool is_taken(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* set = std::get_if<protocol::ProfileSet>(&asked);
    if (set == nullptr || !set->handle) return false;
    return std::ranges::any_of(refusal.moment.history().streams(), [&](const auto& one) {
        const auto& [stream, history] = one;
        if (history.conversation || stream.text() == refusal.by.text()) return false;
        return !history.unseen.empty() || std::ranges::any_of(history.changes, [&](const auto& change) {
            const auto* profile = std::get_if<protocol::ProfileChanged>(&change.second.payload);
            return profile != nullptr && profile->profile.handle == *set->handle;
        });
    });
}

bool has_had_too_many(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* set = std::get_if<protocol::ProfileSet>(&asked);
    const StreamHistory* own = refusal.moment.history().find(StreamId{refusal.by.text()});
    if (set == nullptr || !set->handle || own == nullptr) return false;
    std::set<std::string> handles{*set->handle};
    for (const auto& [seq, change] : own->changes) {
        const auto* profile = std::get_if<protocol::ProfileChanged>(&change.payload);
        if (profile != nullptr) handles.insert(profile->profile.handle);
    }
    if (const auto* now = refusal.moment.profile(refusal.by)) handles.insert(now->profile.handle);
    const auto unseen = static_cast<std::int64_t>(own->unseen.size());
    return static_cast<std::int64_t>(handles.size()) + unseen > limits::handles_max;
}

bool changes_a_message(const protocol::Payload& asked) {
    return std::holds_alternative<protocol::MessageEdit>(asked) ||
           std::holds_alternative<protocol::MessageDelete>(asked) ||
           std::holds_alternative<protocol::MessageReact>(asked) ||
           std::holds_alternative<protocol::MessagePin>(asked);
}

/// The message that an edit, a deletion, a reaction or a pin is about, where its person can see it; null:
/// there is none, or the command is another.
const protocol::Change* message_to_change(const Refusal& refusal, const protocol::Payload& asked) {
    const auto stream = meant(refusal, asked);
    const Membership* own = stream ? refusal.moment.history().membership(*stream, refusal.by) : nullptr;
    if (own == nullptr || !changes_a_message(asked)) return nullptr;
    const protocol::Change* found = std::visit(
        [&](const auto& one) -> const protocol::Change* {
            if constexpr (requires { one.message.bytes; }) {
                AccountId sender = refusal.by;
                if constexpr (requires { one.sender.value_or(sender); }) sender = one.sender.value_or(sender);
                return refusal.moment.message(*stream, sender, one.message);
            } else {
                return nullptr;
            }
        },
        asked);
    return found != nullptr && own->sees(found->born) ? found : nullptr;
}

bool changes_what_it_cannot_see(const Refusal& refusal, const protocol::Payload& asked) {
    return changes_a_message(asked) && message_to_change(refusal, asked) == nullptr;
}

bool edits_what_is_deleted(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* message = message_to_change(refusal, asked);
    const auto* reaction = std::get_if<protocol::MessageReact>(&asked);
    const auto* pin = std::get_if<protocol::MessagePin>(&asked);
    const bool adds = std::holds_alternative<protocol::MessageEdit>(asked) ||
                      (reaction && !reaction->remove) || (pin && !pin->remove);
    return adds && message != nullptr &&
           std::get<protocol::MessageNew>(message->payload).deleted_by.has_value();
}

/// Of what was superseded before anybody heard of it the number is known, and nothing else.
bool edits_too_often(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* message = message_to_change(refusal, asked);
    const auto stream = meant(refusal, asked);
    const StreamHistory* history = stream ? refusal.moment.history().find(*stream) : nullptr;
    if (!std::holds_alternative<protocol::MessageEdit>(asked) || message == nullptr || history == nullptr)
        return false;
    const auto unknown = static_cast<std::int64_t>(history->unseen.size());
    return refusal.moment.edits(*stream, message->born) + unknown >= refusal.edits_max;
}

bool pins_too_much(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* pin = std::get_if<protocol::MessagePin>(&asked);
    const auto stream = meant(refusal, asked);
    const StreamHistory* history = stream ? refusal.moment.history().find(*stream) : nullptr;
    if (pin == nullptr || pin->remove || history == nullptr) return false;
    const auto known = static_cast<std::int64_t>(history->pins().size() + history->unseen.size());
    return known >= limits::pins_max;
}

bool answers_what_it_cannot_see(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* send = std::get_if<protocol::MessageSend>(&asked);
    if (send == nullptr || !send->reply_to) return false;
    const auto stream = meant(refusal, asked);
    const StreamHistory* history = stream ? refusal.moment.history().find(*stream) : nullptr;
    const Membership* own = stream ? refusal.moment.history().membership(*stream, refusal.by) : nullptr;
    if (history == nullptr || own == nullptr) return true;
    return std::ranges::none_of(history->latest, [&](const auto& row) {
        return history->changes.at(row.second).id == send->reply_to && own->sees(row.first);
    });
}

bool is_superseded(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* draft = std::get_if<protocol::DraftSet>(&asked);
    const auto stream = meant(refusal, asked);
    return draft != nullptr && stream && refusal.moment.supersedes(refusal.by, *stream, *draft);
}

/// What he would add to a direct conversation with somebody whom he has blocked.
bool has_blocked_the_other(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* reaction = std::get_if<protocol::MessageReact>(&asked);
    const auto* pin = std::get_if<protocol::MessagePin>(&asked);
    const bool adds = std::holds_alternative<protocol::MessageSend>(asked) ||
                      std::holds_alternative<protocol::MessageEdit>(asked) ||
                      (reaction != nullptr && !reaction->remove) || (pin != nullptr && !pin->remove);
    if (!adds) return false;
    const protocol::Target* target = target_of(asked);
    const auto stream = meant(refusal, asked);
    const auto other = stream ? refusal.moment.other_in(*stream, refusal.by)
                              : (target != nullptr ? target->direct : std::nullopt);
    return other && refusal.moment.has_blocked(refusal.by, *other);
}

bool has_no_such_device(const Refusal& refusal, const protocol::Payload& asked) {
    const auto* revoke = std::get_if<protocol::DeviceRevoke>(&asked);
    return revoke != nullptr && refusal.moment.device(refusal.by, revoke->device) == nullptr;
}

}  // namespace

bool has_reason(const Refusal& refusal, const protocol::Payload& asked) {
    switch (refusal.code) {
        case ErrorCode::conversation_not_member:
            return is_out(refusal, asked);
        case ErrorCode::not_allowed:
            return may_not(refusal, asked);
        case ErrorCode::conversation_last_owner:
            return steps_down_last(refusal, asked);
        case ErrorCode::conversation_kind:
            return has_no_such_act(refusal, asked);
        case ErrorCode::account_not_found:
            return somebody_is_missing(refusal, asked);
        case ErrorCode::invalid:
            return makes_no_sense(refusal, asked);
        case ErrorCode::handle_taken:
            return is_taken(refusal, asked);
        case ErrorCode::limit:
            return has_had_too_many(refusal, asked) || edits_too_often(refusal, asked) ||
                   pins_too_much(refusal, asked);
        case ErrorCode::message_not_found:
            return answers_what_it_cannot_see(refusal, asked) || changes_what_it_cannot_see(refusal, asked) ||
                   forwards_what_it_cannot_see(refusal, asked);
        // Whether the link is so, p18_links.cpp knows.
        case ErrorCode::link_unknown:
        case ErrorCode::link_over:
        case ErrorCode::link_barred:
            return std::holds_alternative<protocol::LinkJoin>(asked);
        case ErrorCode::message_deleted:
            return edits_what_is_deleted(refusal, asked) || forwards_what_is_deleted(refusal, asked);
        case ErrorCode::account_blocked:
            return has_blocked_the_other(refusal, asked);
        case ErrorCode::draft_superseded:
            return is_superseded(refusal, asked);
        case ErrorCode::device_not_found:
            return has_no_such_device(refusal, asked);
        case ErrorCode::made_by_refused:
            return !meant(refusal, asked);
        case ErrorCode::follows_refused:
            return !refusal.has_followed;
        case ErrorCode::revoked: {
            const auto* device = refusal.moment.device(refusal.by, refusal.device);
            return device == nullptr || !device->present;
        }
        default:
            return class_of(refusal.code) != ErrorClass::permanent;
    }
}

}  // namespace parley::sim
