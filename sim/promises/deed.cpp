#include "sim/promises/deed.hpp"

#include "sim/promises/deed_effects.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <vector>

namespace parley::sim {

namespace {

using protocol::Role;

std::string wrong_of(const Deed& deed, const protocol::MessageSend& asked) {
    if (!answered_with<protocol::MessageAccepted>(deed)) return "it was answered with something else";
    const auto* message = answered_change<protocol::MessageNew>(deed);
    // What it said first may be superseded, and unknown; its place is not.
    const auto* row = deed.after.message(deed.answer.stream, deed.by, deed.id);
    const bool stands = row != nullptr && row->born == deed.answer.seq;
    if (!stands || (message == nullptr && !is_unknown(deed))) return "no message stands where it was said to";
    const bool same = message == nullptr || (says(*message, asked) && message->reply_to == asked.reply_to);
    if (are_broken(asked.entities, asked.text)) return "it took entities that break the rule";
    if (message != nullptr && message->names_all != names_everybody(asked))
        return "the row does not say whether it names everybody";
    if (!same) return "another message stands where it was said to";
    if (!in_place(deed, asked.target)) return "it went to another conversation";
    // The first to a person makes their conversation: settings and two members, or oneself.
    const auto changes = done_in_conversations(deed);
    const bool founds = !changes.empty() && changes.front()->change.seq == 1;
    if (founds && (!asked.target.direct || deed.before.direct_between(deed.by, *asked.target.direct)))
        return "it made a conversation";
    const bool alone = asked.target.direct == deed.by;
    if (!made(deed, founds ? (alone ? 3 : 4) : 1)) return "it did more than that";
    // Whoever was spared a direct conversation comes in with what he sees.
    const bool direct = deed.after.kind(deed.answer.stream) == protocol::ConversationKind::direct;
    if (founds || direct ? !accounts_hear_only<protocol::Joined>(deed) : !accounts_hear_nothing(deed))
        return "it changed accounts";
    return {};
}

/// The row that an edit or a deletion has changed, where it did: the message that was meant, by its sender.
const protocol::MessageNew* changed_message(const Deed& deed, const Uuid& id, const AccountId& sender) {
    const auto* change = deed.after.change(deed.answer.stream, deed.answer.seq.value_or(0));
    const auto* message = answered_change<protocol::MessageNew>(deed);
    if (message == nullptr || change->id != id || message->sender != sender || change->seq == change->born)
        return nullptr;
    return message;
}

/// As it stands now, where its conversation is named by its id; null: not known.
const protocol::MessageNew* message_meant(const Deed& deed, const protocol::Target& target, const Uuid& id,
                                          const AccountId& sender) {
    const auto* change = target.stream ? deed.after.message(*target.stream, sender, id) : nullptr;
    return change == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&change->payload);
}

/// How often this message of the same sender is known to have been edited before that was done.
std::int64_t edits_before(const Deed& deed, const Uuid& id) {
    const auto* change = deed.before.message(deed.answer.stream, deed.by, id);
    // A repeat tells of what was done long ago.
    const bool now = !done_in_conversations(deed).empty();
    return now && change != nullptr ? deed.before.edits(deed.answer.stream, change->born) : 0;
}

/// Whether it names everybody was settled when it was sent, and stays.
bool names_all_anew(const Deed& deed, const Uuid& id, const AccountId& sender,
                    const protocol::MessageNew& now) {
    const auto* change = deed.before.message(deed.answer.stream, sender, id);
    const auto* before = change == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&change->payload);
    return before != nullptr && before->names_all != now.names_all;
}

std::string wrong_of(const Deed& deed, const protocol::MessageEdit& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    // It says that already.
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const auto* said = message_meant(deed, asked.target, asked.message, deed.by);
        const bool same = said == nullptr || says(*said, asked);
        return deed.first && !same ? "the message does not say what was asked for" : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    if (is_unknown(deed)) return {};
    const auto* message = changed_message(deed, asked.message, deed.by);
    if (message == nullptr || !says(*message, asked) || message->deleted_by || !message->edited_at)
        return "the message does not say what was asked for";
    if (are_broken(asked.entities, asked.text)) return "it took entities that break the rule";
    if (names_all_anew(deed, asked.message, deed.by, *message)) return "whom it alerts has changed";
    if (!made(deed, 1)) return "it did more than that";
    if (edits_before(deed, asked.message) >= deed.edits_max) return "the message had been edited too often";
    return accounts_hear_only<protocol::ReadChanged>(deed) ? std::string() : "it changed accounts";
}

std::string wrong_of(const Deed& deed, const protocol::MessageDelete& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const auto* said = message_meant(deed, asked.target, asked.message, asked.sender.value_or(deed.by));
        return deed.first && said != nullptr && !said->deleted_by ? "the message is still there"
                                                                  : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    if (is_unknown(deed)) return {};
    const auto* message = changed_message(deed, asked.message, asked.sender.value_or(deed.by));
    if (message == nullptr || message->deleted_by != deed.by || !message->text.empty() ||
        !message->mentions.empty() || !message->entities.empty() || message->reply_to || message->edited_at)
        return "the message is not deleted";
    if (names_all_anew(deed, asked.message, asked.sender.value_or(deed.by), *message))
        return "nobody learns whether he counted it as a mention";
    if (!made(deed, 1)) return "it did more than that";
    return accounts_hear_only<protocol::ReadChanged>(deed) ? std::string() : "it changed accounts";
}

/// The row says it, of the message that was meant; a repeat, or one that is so already, makes none.
std::string wrong_of(const Deed& deed, const protocol::MessageReact& asked) {
    const auto* answer = std::get_if<protocol::MessageReacted>(&deed.answer.payload);
    if (answer == nullptr) return "it was answered with something else";
    if (!accounts_hear_nothing(deed)) return "it changed accounts";
    const auto changes = done_in_conversations(deed);
    if (!deed.answer.seq) {
        if (!changes.empty()) return "it did something, and did not say so";
        return asked.remove ? std::string() : "nothing was done";
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    if (changes.size() > 1) return "it did more than that";
    if (is_unknown(deed)) return {};
    const auto* reaction = answered_change<protocol::ReactionChanged>(deed);
    const auto emoji = asked.remove ? std::nullopt : std::optional(asked.emoji);
    if (reaction == nullptr || reaction->account != deed.by || reaction->emoji != emoji)
        return "the reaction is not the one that was asked for";
    if (deed.after.change(deed.answer.stream, *deed.answer.seq)->born != answer->born)
        return "another place was said";
    const auto* message =
        deed.after.message(deed.answer.stream, asked.sender.value_or(deed.by), asked.message);
    return message == nullptr || message->born == reaction->message ? std::string()
                                                                    : "it reacts to another message";
}

/// The row says it, of the message that was meant; what is so already makes none.
std::string wrong_of(const Deed& deed, const protocol::MessagePin& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!accounts_hear_nothing(deed)) return "it changed accounts";
    const auto changes = done_in_conversations(deed);
    if (!deed.answer.seq) {
        if (!changes.empty()) return "it did something, and did not say so";
        const auto& target = asked.target;
        const auto* meant =
            target.stream ? deed.after.message(*target.stream, asked.sender.value_or(deed.by), asked.message)
                          : nullptr;
        const auto* said = meant == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&meant->payload);
        // With a deleted message there is nothing to unpin.
        const bool known = deed.first && said != nullptr && !said->deleted_by;
        return known && deed.after.is_pinned(*target.stream, meant->born) == asked.remove
                   ? "it is not as was asked for"
                   : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    if (is_unknown(deed)) return {};
    if (!made(deed, 1)) return "it did more than that";
    const auto* pin = answered_change<protocol::PinChanged>(deed);
    if (pin == nullptr || pin->by != deed.by || pin->removed != asked.remove || pin->id != asked.message ||
        pin->sender != asked.sender.value_or(deed.by))
        return "the pin is not the one that was asked for";
    const auto* message =
        deed.after.message(deed.answer.stream, asked.sender.value_or(deed.by), asked.message);
    return message == nullptr || message->born == pin->message ? std::string() : "it pins another message";
}

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
