#include "sim/promises/deed_effects.hpp"
#include "sim/said.hpp"

#include <string>

namespace parley::sim {

namespace {

/// What is forwarded, as it stood in that moment.
std::string wrong_forward(const Deed& deed, const protocol::ForwardOf& asked,
                          const protocol::MessageNew& message) {
    const AccountId sender = asked.sender.value_or(deed.by);
    const StreamHistory* history = deed.before.history().find(asked.stream);
    // What was superseded before anybody heard of it may be anything.
    if (history != nullptr && !history->unseen.empty()) return {};
    if (!deed.before.present(asked.stream, deed.by)) return "it forwards out of a conversation of others";
    const auto* change = deed.before.message(asked.stream, sender, asked.message);
    const auto* said = change == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&change->payload);
    if (said == nullptr) return "it forwards what nobody has said";
    const Membership* own = deed.before.history().membership(asked.stream, deed.by);
    if (own != nullptr && own->present && !own->sees(change->born)) return "it forwards what he does not see";
    if (said->deleted_by) return "it forwards what was deleted";
    if (message.text != said->text || message.custom != said->custom ||
        message.entities != entities_without_names(said->entities))
        return "it says something else than what it forwards";
    if (said->forwarded)
        return message.forwarded == said->forwarded ? std::string() : "it does not say who said it first";
    const auto* profile = deed.before.profile(sender);
    const bool his = message.forwarded->account == sender && message.forwarded->at == change->timestamp &&
                     (profile == nullptr || message.forwarded->name == profile->profile.name);
    return his ? std::string() : "it does not say who said it";
}

/// Of a forward the answer says what it says, as long as it stands; of all else nothing.
bool answer_fits(const Deed& deed, const protocol::MessageNew& message) {
    const auto& answer = std::get<protocol::MessageAccepted>(deed.answer.payload);
    const auto* row = deed.after.message(deed.answer.stream, deed.by, deed.id);
    const auto* now = row == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&row->payload);
    const bool gone = now != nullptr && now->deleted_by;
    if (!message.forwarded || (gone && !deed.first)) return answer == protocol::MessageAccepted{};
    return answer.text == message.text && answer.entities == message.entities &&
           answer.custom == message.custom && answer.forwarded == message.forwarded;
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

/// Whether it alerts anybody was settled when it was sent, too.
bool speaks_up(const Deed& deed, const Uuid& id, const protocol::MessageNew& now) {
    const auto* change = deed.before.message(deed.answer.stream, deed.by, id);
    const auto* before = change == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&change->payload);
    return before != nullptr && before->silent != now.silent;
}

/// Whether it names everybody was settled when it was sent, and stays.
bool names_all_anew(const Deed& deed, const Uuid& id, const AccountId& sender,
                    const protocol::MessageNew& now) {
    const auto* change = deed.before.message(deed.answer.stream, sender, id);
    const auto* before = change == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&change->payload);
    return before != nullptr && before->names_all != now.names_all;
}

}  // namespace

std::string wrong_of(const Deed& deed, const protocol::MessageSend& asked) {
    if (!answered_with<protocol::MessageAccepted>(deed)) return "it was answered with something else";
    const auto* message = answered_change<protocol::MessageNew>(deed);
    // What it said first may be superseded, and unknown; its place is not.
    const auto* row = deed.after.message(deed.answer.stream, deed.by, deed.id);
    const bool stands = row != nullptr && row->born == deed.answer.seq;
    if (!stands || (message == nullptr && !is_unknown(deed))) return "no message stands where it was said to";
    const bool same = message == nullptr || (says(*message, asked) && message->reply_to == asked.reply_to);
    if (are_broken(asked.entities, asked.text)) return "it took entities that break the rule";
    if (is_broken(asked.custom) || says_nothing_sensible(asked)) return "it took what makes no sense";
    if (message != nullptr && !answer_fits(deed, *message)) return "the answer says something else";
    if (message != nullptr && message->names_all != names_everybody(asked))
        return "the row does not say whether it names everybody";
    if (!same) return "another message stands where it was said to";
    if (message != nullptr && asked.forward && deed.first) {
        if (auto wrong = wrong_forward(deed, *asked.forward, *message); !wrong.empty()) return wrong;
    }
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
    if (is_broken(asked.custom) || says_nothing_sensible(asked)) return "it took what makes no sense";
    if (message->forwarded) return "what another has said was edited";
    if (speaks_up(deed, asked.message, *message))
        return "what was silent is silent no more, or the other way";
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
        !message->mentions.empty() || !message->entities.empty() || message->reply_to || message->edited_at ||
        message->silent || message->custom || message->forwarded)
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
        return known && deed.after.is_pinned(*target.stream, meant->born, deed.by) == asked.remove
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

}  // namespace parley::sim
