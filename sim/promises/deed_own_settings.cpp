// Deeds of one's own: what one reads, sets for oneself, and begins to write.

#include "sim/promises/deed_effects.hpp"

#include <cstdint>
#include <optional>

namespace parley::sim {

namespace {

/// Of what stood there nothing is changed but that it is marked.
bool is_taken_back(const Deed& deed, const protocol::Read& asked, server::AccountKey account,
                   const protocol::PreferencesChanged& set) {
    const auto* before = deed.before.preferences(deed.by, deed.answer.stream);
    if (before == nullptr || !before->marked_unread || server::to_id(account) != deed.by) return false;
    auto expected = *before;
    expected.marked_unread = false;
    return set == expected && asked.upto >= deed.before.read(deed.by, deed.answer.stream);
}

}  // namespace

std::string wrong_of(const Deed& deed, const protocol::Read& asked) {
    const auto* answer = std::get_if<protocol::ReadOk>(&deed.answer.payload);
    if (answer == nullptr) return "it was answered with something else";
    if (!in_place(deed, asked.target)) return "it moved in another conversation";
    if (answer->upto < asked.upto) return "it was answered with less than was read";
    if (answer->upto > deed.after.read(deed.by, deed.answer.stream))
        return "it was answered with more than was ever read";
    if (!done_in_conversations(deed).empty()) return "it changed a conversation";
    bool moves = false;
    bool takes_back = false;
    for (const auto* own : all_of<server::AccountChange>(deed.effects)) {
        if (const auto* set = std::get_if<protocol::PreferencesChanged>(&own->change.payload)) {
            if (takes_back || !is_taken_back(deed, asked, own->account, *set))
                return "it set something else than that it was read";
            takes_back = true;
            continue;
        }
        moves = true;
        const auto* moved = std::get_if<protocol::ReadChanged>(&own->change.payload);
        if (moved == nullptr || moved->conversation != deed.answer.stream || moved->upto != asked.upto ||
            server::to_id(own->account) != deed.by)
            return "it moved something else, or to another place";
    }
    const auto* before = deed.before.preferences(deed.by, deed.answer.stream);
    const bool taken = before == nullptr || !before->marked_unread || takes_back;
    const bool looks_again = deed.first && asked.upto >= deed.before.read(deed.by, deed.answer.stream);
    if (!taken && (moves || looks_again)) return "what was read is still marked as unread";
    return {};
}

namespace {

/// The one change that a command made to what its own person has set for himself; null: none, or others too.
const protocol::Change* own_change(const Deed& deed) {
    const auto changes = all_of<server::AccountChange>(deed.effects);
    const bool alone = changes.size() == 1 && server::to_id(changes.front()->account) == deed.by;
    return alone ? &changes.front()->change : nullptr;
}

/// No change has this number.
constexpr std::int64_t never_pinned_by_it = -1;

/// What stands there, also where nothing was ever set.
protocol::PreferencesChanged set_in(const Moment& moment, const AccountId& by, const StreamId& conversation) {
    const auto* set = moment.preferences(by, conversation);
    return set != nullptr
               ? *set
               : protocol::PreferencesChanged{.conversation = conversation, .notify = protocol::Notify::all};
}

/// The conversation that is meant; nothing: it is not known.
std::optional<StreamId> meant(const Deed& deed, const protocol::Target& target) {
    if (target.direct) return deed.after.direct_between(deed.by, *target.direct);
    return target.made_by ? deed.made_by(*target.made_by) : target.stream;
}

/// What is set as it was asked for, and all else as it stood before.
protocol::PreferencesChanged as_asked(const Deed& deed, const protocol::PreferencesSet& asked,
                                      const StreamId& conversation, std::int64_t seq) {
    protocol::PreferencesChanged after = set_in(deed.before, deed.by, conversation);
    if (asked.muted_until) after.muted_until = asked.muted_until;
    if (after.muted_until && after.muted_until->ms == 0) after.muted_until.reset();
    after.archived = asked.archived.value_or(after.archived);
    after.marked_unread = asked.marked_unread.value_or(after.marked_unread);
    after.notify = asked.notify.value_or(after.notify);
    if (asked.pinned == false) after.pinned = 0;
    if (asked.pinned == true && after.pinned == 0) after.pinned = seq;
    return after;
}

}  // namespace

std::string wrong_of(const Deed& deed, const protocol::PreferencesSet& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!done_in_conversations(deed).empty()) return "it changed a conversation";
    const bool did = !accounts_hear_nothing(deed);
    if (!deed.answer.seq) {
        if (did) return "it did something, and did not say so";
        const auto stream = meant(deed, asked.target);
        // Where that had to change something, it is not so.
        const bool so = !stream || set_in(deed.after, deed.by, *stream) ==
                                       as_asked(deed, asked, *stream, never_pinned_by_it);
        return deed.first && !so ? "it is not set as was asked for" : std::string();
    }
    if (is_unknown(deed)) return {};
    const auto* set = answered_change<protocol::PreferencesChanged>(deed);
    if (set == nullptr) return "nothing was set by it";
    if (!fits_target(deed.after, deed.by, deed.made_by, asked.target, set->conversation))
        return "it was set in another conversation";
    if (!did) return {};
    if (own_change(deed) == nullptr) return "it did more than that";
    return *set == as_asked(deed, asked, set->conversation, *deed.answer.seq)
               ? std::string()
               : "it is not set as was asked for";
}

std::string wrong_of(const Deed& deed, const protocol::DraftSet& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!done_in_conversations(deed).empty()) return "it changed a conversation";
    const bool did = !accounts_hear_nothing(deed);
    const auto as_written = [&](const protocol::DraftChanged& draft) {
        return draft.text == asked.text &&
               draft.reply_to == (asked.text.empty() ? std::nullopt : asked.reply_to);
    };
    if (!deed.answer.seq) {
        if (did) return "it did something, and did not say so";
        const auto stream = meant(deed, asked.target);
        const auto* now = stream ? deed.after.draft(deed.by, *stream) : nullptr;
        const bool so = !stream || (now == nullptr ? asked.text.empty() : as_written(*now));
        return deed.first && !so ? "the draft is not what was written" : std::string();
    }
    if (is_unknown(deed)) return {};
    const auto* draft = answered_change<protocol::DraftChanged>(deed);
    if (draft == nullptr || !as_written(*draft)) return "the draft is not what was written";
    if (!fits_target(deed.after, deed.by, deed.made_by, asked.target, draft->conversation))
        return "it was written in another conversation";
    if (did && deed.before.supersedes(deed.by, draft->conversation, asked))
        return "it took the place of one that its writer had not seen";
    return did && own_change(deed) == nullptr ? "it did more than that" : std::string();
}

/// A row says it, and nobody else hears of it; then come counts that are others now.
std::string wrong_of(const Deed& deed, const protocol::BlockSet& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!done_in_conversations(deed).empty()) return "it changed a conversation";
    const auto changes = all_of<server::AccountChange>(deed.effects);
    if (!deed.answer.seq) {
        if (!changes.empty()) return "it did something, and did not say so";
        return deed.first && deed.after.has_blocked(deed.by, asked.account) != asked.blocked
                   ? "it is not as was asked for"
                   : std::string();
    }
    bool said = false;
    for (const auto* own : changes) {
        if (server::to_id(own->account) != deed.by) return "somebody else hears of it";
        if (const auto* block = std::get_if<protocol::BlockChanged>(&own->change.payload)) {
            if (said || block->account != asked.account || block->blocked != asked.blocked)
                return "it is not as was asked for";
            said = true;
        } else if (!std::holds_alternative<protocol::ReadChanged>(own->change.payload)) {
            return "it did more than that";
        }
    }
    return deed.first && !said ? "it did nothing" : std::string();
}

}  // namespace parley::sim
