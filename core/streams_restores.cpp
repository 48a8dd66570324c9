// What restores of the server do to conversations: what they took away is marked, and everything above is
// fetched again.

#include "core/streams.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>

namespace parley::core {

/// Up to where this device and a server that was restored to a moment with this head have the same past.
/// Numbers of that moment may come from an earlier restore, of which the device was never told, or from
/// before one that it has dealt with and then with another: where that one parted from them nobody says any
/// more, so that nothing is certain.
std::int64_t Streams::certain_upto(const Conversation& conversation, std::int64_t restored_from) {
    if (!conversation.known) return restored_from;
    const std::int64_t generation = restore_generation(restored_from);
    const auto before = conversation.restored_from;
    // What was lost once may be back: between the two moments nothing is certain either.
    if (before && restore_generation(*before) == generation) return std::min(*before, restored_from);
    const bool parted = before && restore_generation(*before) > generation;
    return !parted && generation == conversation.told_generation ? restored_from : 0;
}

/// The server was restored to a moment at which this stream's head was `restored_from`; the numbers that
/// followed it are never given again, except in the jump, of which there was nothing. Everything above is
/// fetched anew; what had come from the new server already is among that.
Status Streams::restore(Conversation& conversation, std::int64_t restored_from, std::int64_t head) {
    const std::int64_t certain = certain_upto(conversation, restored_from);
    TRY(fetch_anew(conversation, certain));
    conversation.restored_from = restored_from;
    conversation.looked_through = true;
    // What came before a state that was read early is of the same history, and is owed as well.
    const bool ahead = restore_generation(conversation.head) == restore_generation(head);
    conversation.head = std::max({head, conversation.cursor, ahead ? conversation.head : 0});
    skip_jump(conversation, restored_from);
    conversation.live_low = conversation.live_high = 0;
    // Counts of before mean nothing any more, and the read position went back as well; the newest are told
    // with the state.
    conversation.triple = {};
    conversation.read = 0;
    conversation.shown.reset();
    conversation.owe_rows();
    changed(conversation);
    // What came since the restore has numbers of the present head's generation.
    const Range lost{certain + 1, restore_generation(head) * limits::restore_jump - 1};
    TRY(forget_lost_preview(conversation, lost));
    return outbox_.limit_reads(conversation.stream, lost);
}

/// The numbers that the jump left out are no hole. Where it began is told as the moment at which the
/// histories parted, or, where the server does not know that, as one before it: what was made from there on
/// until the jump has numbers up to the head's own place behind the jump, which has grown since.
void Streams::skip_jump(Conversation& conversation, std::int64_t restored_from) {
    const std::int64_t first = restore_generation(restored_from) * limits::restore_jump;
    const std::int64_t made_upto = std::max(restored_from, first + conversation.head % limits::restore_jump);
    if (made_upto < restored_from + limits::restore_jump)
        conversation.ranges.add({made_upto + 1, restored_from + limits::restore_jump});
}

/// Nothing above this is held any more: it is marked until it comes again.
Status Streams::fetch_anew(Conversation& conversation, std::int64_t certain) {
    TRY(receipts_.keep_places_of_messages(conversation, certain));
    TRY_ASSIGN(auto older, rows_.mark_not_on_server(conversation.number, certain));
    for (std::int64_t born : older)
        conversation.ranges.remove(born, born);
    conversation.ranges.remove(certain + 1, Range::live - 1);
    // What was known of a later moment is known as of there.
    conversation.ranges.limit_as_of(certain);
    if (conversation.removed_after)
        conversation.removed_after = std::min(*conversation.removed_after, certain);
    conversation.solid = std::min(conversation.solid, certain);
    // Rows of before whose latest change is lost are holes now, as after a jump, and pages fill them.
    conversation.base = older.empty() ? std::min(conversation.base, certain) : conversation.solid;
    // What superseded a row that a pull left out may be lost: from where it began everything is owed anew.
    conversation.cursor = conversation.solid;
    conversation.acked = conversation.ack_sent = std::min(conversation.acked, certain);
    TRY_ASSIGN(const bool missing, newest_may_be_missing(conversation));
    conversation.newest_owed = conversation.newest_owed || missing;
    return {};
}

/// Whether what is held up to `solid` has a hole behind the last message that the server surely has.
Result<bool> Streams::newest_may_be_missing(const Conversation& conversation) {
    const auto gaps = conversation.ranges.gaps(1, conversation.solid);
    if (gaps.empty()) return false;
    TRY_ASSIGN(const auto behind, rows_.messages_above(conversation.number, gaps.back().high, 1));
    return behind.empty() || behind[0].not_on_server;
}

/// The server may have another history than the one that was told last, and who is out is told no more of it:
/// whether it has what earlier restores took away stays in doubt.
void Streams::doubt(Conversation& conversation) {
    conversation.ranges = {};
    conversation.base = conversation.solid;
}

/// A restore took away the joining, and so all that it let one see. What had come before the last end stood
/// by then: only a change of it that this device was told since may be lost, and who is out is not told which
/// state the server has. It is held no more, which leaves it in doubt, and one who is brought back fetches
/// it.
Status Streams::forget_joining(Conversation& conversation, std::int64_t until) {
    TRY_ASSIGN(const auto older, rows_.mark_not_on_server(conversation.number, until));
    if (older.empty()) return {};
    for (std::int64_t born : older)
        conversation.ranges.remove(born, born);
    conversation.base = conversation.solid;
    return {};
}

/// What the server told last of the history of before is there no more. Where this device holds the message
/// itself, that one is shown, and marked; the preview of one that it does not hold would be shown as if it
/// were there.
Status Streams::forget_lost_preview(Conversation& conversation, const Range& lost) {
    const auto& preview = conversation.preview;
    if (!preview || preview->born < lost.low || preview->born > lost.high) return {};
    conversation.preview.reset();
    return find_newest(conversation);
}

/// What was the newest of it may be gone.
Status Streams::find_newest(Conversation& conversation) {
    conversation.newest_born = 0;
    conversation.newest_at = {};
    if (const auto& preview = conversation.preview) conversation.note_newest(preview->born, preview->at);
    return note_newest_row(conversation);
}

/// A message of this conversation is deleted. Where a restore took away the conversation in which it stood,
/// and its sender sent it again, it came to the one that was made instead; what it said stands in the other,
/// too.
Status Streams::forget_lost_copies(const Conversation& conversation, const Uuid& id,
                                   const AccountId& sender) {
    TRY_ASSIGN(const auto streams, rows_.remove_lost_copies(conversation.number, id, sender));
    if (streams.empty()) return {};
    for (const auto& [stream, other] : conversations_.all()) {
        if (std::ranges::find(streams, other->number) == streams.end()) continue;
        TRY(find_newest(*other));
        changed(*other);
    }
    return {};
}

Status Streams::handle_restored() {
    for (const auto& [stream, conversation] : conversations_.all()) {
        if (!conversation->restored_from || conversation->looked_through) continue;
        // Told by the state, which came with this resume.
        const Conversation::Triple triple = conversation->triple;
        TRY(restore(*conversation, *conversation->restored_from, conversation->head));
        conversation->triple = triple;
        conversation->read = triple.read;
        // Of one who is out no state came: this restore may have been to another moment.
        if (!conversation->present) doubt(*conversation);
    }
    return {};
}

/// A restore took away the joining, and so all that it let one see.
Status Streams::handle_lost(const StreamId& stream) {
    Conversation* conversation = conversations_.find(stream);
    if (!conversation || !conversation->present) return {};
    TRY(rows_.mark_not_on_server(conversation->number, conversation->origin - 1));
    TRY(forget_lost_preview(*conversation, {conversation->origin, Range::live}));
    conversation->present = false;
    conversations_.described(*conversation);
    changed(*conversation);
    return outbox_.reroute(stream);
}

}  // namespace parley::core
