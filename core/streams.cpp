#include "core/streams.hpp"

#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

Status Streams::load() {
    for (const auto& [stream, conversation] : conversations_.all())
        TRY(note_newest_row(*conversation));
    return {};
}

Status Streams::note_newest_row(Conversation& conversation) {
    TRY_ASSIGN(auto newest, rows_.messages_below(conversation.number, Range::live, 1));
    if (!newest.empty()) conversation.note_newest(newest[0].change.born, newest[0].change.timestamp);
    return {};
}

Status Streams::handle_change(const StreamId& stream, const protocol::Change& change, WallTime now) {
    // One that is not known yet collects what comes, so that nothing is lost when `joined` comes later.
    Conversation& conversation = conversations_.open(stream);
    TRY(store(conversation, change, now));
    received(conversation, change.seq);
    return {};
}

void Streams::handle_skip(const StreamId& stream, std::int64_t seq) {
    received(conversations_.open(stream), seq);
}

Status Streams::handle_state(const StreamId& stream, const protocol::ConversationState& state) {
    Conversation& conversation = conversations_.open(stream);
    if (state.restored_from && conversation.restored_from != state.restored_from) {
        // Where one came in after that restore, everything is of its history already.
        const bool told =
            conversation.known && conversation.told_generation == restore_generation(state.head);
        if (!told) TRY(restore(conversation, *state.restored_from, state.head));
        conversation.restored_from = state.restored_from;
    }
    // A joining of an earlier epoch that the state does not know: a restore took it away.
    if (restore_generation(conversation.origin) < restore_generation(state.head))
        conversation.origin = std::min(conversation.origin, state.from);
    TRY(begin(conversation, state.from, state.summary));
    // Of the present moment, which a joining's summary is not.
    const auto& before = conversation.summary;
    if (before.slow_ms != state.summary.slow_ms || before.role != state.summary.role)
        outbox_.slow_mode_changed(conversation.stream);
    conversation.summary = state.summary;
    conversations_.described(conversation);
    if (std::max(conversation.head, conversation.rows_as_of) > state.head)
        TRY(note_what_is_newer(conversation, state.head));
    if (!mutant(Mutant::head_of_state_ignored)) conversation.head = std::max(conversation.head, state.head);
    if (state.last && (!conversation.preview || conversation.preview->born <= state.last->born)) {
        // Where the row itself is here, it is shown, and may be later than the state: what was deleted
        // meanwhile does not come back by this way.
        TRY_ASSIGN(const auto held, rows_.find(conversation.number, state.last->born));
        const bool shown = held && !held->change.unreadable && !held->not_on_server;
        conversation.preview = shown ? std::nullopt : state.last;
        conversation.note_newest(state.last->born, state.last->at);
    }
    conversation.head_promised = false;
    conversation.told_generation = restore_generation(state.head);
    conversation.state_owed = false;
    handle_counts(conversation, {{state.unread, state.mentions}, state.as_of, state.read});
    // Places of before a restore may be of memberships that it took away; a state names all that hold.
    if (state.restored_from)
        TRY(receipts_.forget_before(conversation, restore_generation(state.head) * limits::restore_jump));
    for (const auto& receipt : state.receipts)
        TRY(receipts_.handle_receipt(conversation, receipt));
    changed(conversation);
    return {};
}

Status Streams::handle_joined(const protocol::Joined& joined) {
    Conversation& conversation = conversations_.open(joined.conversation);
    TRY(begin(conversation, joined.from, joined.state));
    // An answer to a question of before may have come first.
    if (std::max(conversation.head, conversation.rows_as_of) > joined.from)
        TRY(note_what_is_newer(conversation, joined.from));
    if (conversation.head < joined.from) {
        conversation.head = joined.from;
        conversation.head_promised = true;
    }
    changed(conversation);
    return {};
}

/// One is in this conversation, and sees it from `from` on.
Status Streams::begin(Conversation& conversation, std::int64_t from, const protocol::Summary& summary) {
    bool new_here = !conversation.known || !conversation.present;
    if (!conversation.known) {
        conversation.known = true;
        conversation.cursor = conversation.solid = conversation.base = std::max<std::int64_t>(from - 1, 0);
        conversation.head = std::max(conversation.head, conversation.cursor);
        // Not the head's: an own message may have been accepted before, and in a history that a restore took
        // away the one before that.
        conversation.told_generation = restore_generation(from);
        if (conversation.told_generation > 0)
            TRY(rows_.mark_older_not_on_server(conversation.number,
                                               conversation.told_generation * limits::restore_jump));
        leap(conversation);
    } else if (from > conversation.origin && (!conversation.present || from - 1 > conversation.cursor)) {
        TRY(rejoin(conversation, from));
        new_here = true;
    } else if (!conversation.present) {
        // Of joinings that follow each other the later has the greater number: this one a restore had taken
        // away, and another backup brings it back.
        TRY(fetch_anew(conversation, from - 1));
    }
    if (new_here && from > 1) {
        // What was made before one came: members and settings, of whatever age.
        conversation.owe_rows();
    }
    if (new_here || from > conversation.origin) {
        // Joining is reading up to there.
        conversation.read = std::max(conversation.read, from - 1);
        conversation.shown.reset();
    }
    conversation.present = true;
    conversation.origin = std::max(conversation.origin, from);
    if (new_here) {
        conversation.summary = summary;
        conversation.just_joined = true;
    }
    const Conversation* other = nullptr;
    if (conversation.summary.peer) other = conversations_.direct_with(conversation.summary.peer->account);
    conversations_.described(conversation);
    // There are never two with the same person: a restore took away the other.
    if (other && other != &conversation) TRY(handle_lost(other->stream));
    if (summary.kind == protocol::ConversationKind::direct && summary.peer) {
        TRY(profiles_.put(*summary.peer));
        TRY(outbox_.peer_known(summary.peer->account, conversation.stream));
    }
    return {};
}

/// What lies between the memberships is a gap, which a page fills: the device cannot know whether there was
/// another one in between, since of the account's row that tells of them only the latest state comes.
Status Streams::rejoin(Conversation& conversation, std::int64_t from) {
    // A server that was restored meanwhile has said nothing of this conversation: up to where the pasts are
    // the same nobody knows.
    const std::int64_t generation = restore_generation(from);
    if (generation != conversation.told_generation) {
        const std::int64_t first = generation * limits::restore_jump;
        TRY(receipts_.keep_places_of_messages(conversation, 0));
        TRY(rows_.mark_older_not_on_server(conversation.number, first));
        conversation.ranges.remove(1, first - 1);
        conversation.told_generation = generation;
        conversation.restored_from.reset();
    }
    const std::int64_t old_cursor = conversation.cursor;
    conversation.ranges.freeze(conversation.solid);
    if (from - 1 > old_cursor) {
        if (!conversation.removed_after) conversation.removed_after = old_cursor;
        conversation.removed_upto = from - 1;
        conversation.cursor = conversation.solid = conversation.base = from - 1;
        conversation.head = std::max(conversation.head, conversation.cursor);
    }
    leap(conversation);
    return {};
}

Status Streams::handle_left(const protocol::Left& left) {
    Conversation* conversation = conversations_.find(left.conversation);
    if (!conversation) return {};
    // An end that lies before the joining: a restore took that away.
    if (left.until < conversation->origin) TRY(forget_joining(*conversation, left.until));
    // An end in another history than the one that was told last.
    const bool taken_out_anew = !conversation->present && left.until != conversation->until;
    if (taken_out_anew || restore_generation(left.until) != conversation->told_generation)
        doubt(*conversation);
    conversation->known = true;
    conversation->present = false;
    conversation->until = left.until;
    conversations_.described(*conversation);
    changed(*conversation);
    return outbox_.reroute(conversation->stream);
}

void Streams::handle_counts(Conversation& conversation, const Conversation::Triple& triple) {
    conversation.read = std::max(conversation.read, triple.read);
    if (mutant(Mutant::older_counts_win) || rules::newer(triple.as_of, conversation.triple.as_of))
        conversation.triple = triple;
    conversation.shown.reset();
    changed(conversation);
}

Status Streams::look_again() {
    for (const auto& [stream, conversation] : conversations_.all()) {
        TRY_ASSIGN(const auto first, rows_.first_unreadable(conversation->number));
        if (!first) continue;
        conversation->base = std::min(conversation->base, *first - 1);
        conversation->solid = std::min(conversation->solid, *first - 1);
        conversation->cursor = std::min(conversation->cursor, *first - 1);
        // What was held before a jump is checked from there as well, and so are the removals of one.
        conversation->ranges.limit_as_of(*first - 1);
        if (conversation->removed_after)
            conversation->removed_after = std::min(*conversation->removed_after, *first - 1);
        // Those of one who is out are not given any more, and stay as they are.
        changed(*conversation);
    }
    return {};
}

void Streams::jump(Conversation& conversation) {
    if (conversation.ahead_of_its_state()) return;
    // Also of what the group shares of before one came.
    const bool holds_anything = conversation.cursor >= conversation.origin || !conversation.ranges.empty();
    conversation.ranges.freeze(conversation.solid);
    if (holds_anything && !mutant(Mutant::jump_without_removals)) {
        if (!conversation.removed_after) conversation.removed_after = conversation.cursor;
        conversation.removed_upto = conversation.head;
    }
    conversation.cursor = conversation.solid = conversation.base = conversation.head;
    conversation.newest_owed = true;
    // The rows of all members tell of those who went, too.
    const auto members_after = conversation.members_after;
    conversation.owe_rows();
    if (holds_anything && mutant(Mutant::jump_without_removals)) conversation.members_after = members_after;
    leap(conversation);
    changed(conversation);
}

void Streams::handle_disconnected() {
    for (const auto& [stream, conversation] : conversations_.all()) {
        conversation->live_low = conversation->live_high = 0;
        conversation->looked_through = false;
        conversation->state_owed = true;
    }
}

void Streams::handle_resumed() {
    for (const auto& [stream, conversation] : conversations_.all())
        conversation->state_owed = false;
}

/// The change with this number is here. It moves the cursor if it is the next one; otherwise it is remembered
/// as one that the cursor can pass over when it gets there.
void Streams::received(Conversation& conversation, std::int64_t seq) {
    conversation.head = std::max(conversation.head, seq);
    if (conversation.live_high > 0 && seq == conversation.live_high + 1) {
        conversation.live_high = seq;
    } else if (seq > conversation.live_high) {
        conversation.live_low = seq - 1;
        conversation.live_high = seq;
    }
    changed(conversation);
    if (!conversation.known) return;
    if (seq == conversation.cursor + 1 || (mutant(Mutant::hole_passed_over) && seq > conversation.cursor))
        advance(conversation, seq);
    leap(conversation);
}

void Streams::leap(Conversation& conversation) {
    if (conversation.cursor < conversation.live_low || conversation.cursor >= conversation.live_high) return;
    advance(conversation, conversation.live_high);
}

/// Every change up to `seq` is here, given that every one up to the cursor was.
void Streams::advance(Conversation& conversation, std::int64_t seq) {
    const bool whole = conversation.solid == conversation.cursor;
    conversation.cursor = seq;
    if (whole) hold(conversation);
}

/// Everything up to the cursor is here.
void Streams::hold(Conversation& conversation) {
    conversation.ranges.add({conversation.solid + 1, conversation.cursor});
    conversation.solid = conversation.cursor;
    if (conversation.receipts_wait) recount_.insert(conversation.stream);
}

void Streams::changed(Conversation& conversation) {
    conversations_.changed(conversation);
    output_.touch(conversation.stream);
    output_.touch_list();
}

std::optional<std::string> Streams::check(const Conversation& c) {
    const std::string name = "conversation " + c.stream.text() + ": ";
    if (c.solid > c.cursor) return name + "solid above the cursor";
    if (c.known && c.cursor > c.head) return name + "the cursor above the head";
    if (!c.ranges.well_formed()) return name + "ranges out of order";
    if (c.base > c.cursor) return name + "the last jump lies above the cursor";
    if (c.known && c.solid > c.base && !c.ranges.covers(c.base + 1, c.solid))
        return name + "a hole below solid";
    for (const Range& read : c.read_by_all.all())
        if (!c.delivered_to_all.covers(read.low, read.high)) return name + "read before delivered";
    return std::nullopt;
}

}  // namespace parley::core
