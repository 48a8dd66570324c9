// Rows of conversations: what a change of one does, and how answers to pulls become cursors and ranges.

#include "base/mutant.hpp"
#include "core/streams.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

Status Streams::store(Conversation& conversation, const protocol::Change& change, WallTime now) {
    TRY_ASSIGN(Applied applied, rows_.apply(conversation.number, change, identity_.get().account));
    if (applied == Applied::unreadable) {
        // It may have been a message that counted, or was the newest.
        conversation.shown.reset();
        if (conversation.preview && conversation.preview->born == change.born) conversation.preview.reset();
        changed(conversation);
        return {};
    }
    if (change.unreadable) return {};
    if (std::holds_alternative<protocol::MessageNew>(change.payload))
        return note_message(conversation, change, applied, now);
    if (applied == Applied::older) return {};
    changed(conversation);
    if (const auto* member = std::get_if<protocol::MemberChanged>(&change.payload))
        return note_member(conversation, *member);
    if (const auto* settings = std::get_if<protocol::ConversationChanged>(&change.payload))
        note_settings(conversation, *settings);
    return {};
}

Status Streams::note_message(Conversation& conversation, const protocol::Change& change, Applied applied,
                             WallTime now) {
    const auto& message = std::get<protocol::MessageNew>(change.payload);
    const AccountId& self = identity_.get().account;
    // Whichever way it comes, an own message that is here was accepted.
    if (message.sender == self && change.id)
        TRY(outbox_.accepted(*change.id, conversation.stream, std::nullopt, now));
    if (applied == Applied::older) return {};
    changed(conversation);
    // The row says it, and says it later.
    if (conversation.preview && conversation.preview->born == change.born) conversation.preview.reset();
    if (message.deleted_by && change.id) {
        TRY(outbox_.message_deleted(*change.id, message.sender, message.sender == self, conversation.stream,
                                    now));
        TRY(forget_lost_copies(conversation, *change.id, message.sender));
    }
    // It may have been marked, and is back: what others have is said of it again.
    if (message.sender == self && applied == Applied::updated) recount_.insert(conversation.stream);
    conversation.note_newest(change.born, change.timestamp);
    if (message.sender == self && conversation.said_at)
        conversation.said_at = std::max(*conversation.said_at, change.timestamp);
    if (!conversation.shown) return {};
    if (applied == Applied::added && change.born > conversation.triple.as_of.conversation)
        conversation.shown->add(
            rules::while_blocked(rules::counts_for(self, message), blocks_.stands(message.sender)),
            change.born, conversation.read_shown());
    else
        conversation.shown.reset();
    return {};
}

Status Streams::note_member(Conversation& conversation, const protocol::MemberChanged& member) {
    TRY(profiles_.put(member.profile));
    recount_.insert(conversation.stream);
    auto& summary = conversation.summary;
    const bool own = member.profile.account == identity_.get().account;
    // Of saved messages one is the other as well.
    const bool with_oneself = summary.peer && summary.peer->account == identity_.get().account;
    if (own) {
        if (member.present && summary.role != member.role) outbox_.slow_mode_changed(conversation.stream);
        if (member.present) summary.role = member.role;
    }
    if (summary.kind == protocol::ConversationKind::direct && own == with_oneself) {
        summary.peer = member.profile;
        conversations_.described(conversation);
    }
    return {};
}

void Streams::note_settings(Conversation& conversation, const protocol::ConversationChanged& settings) {
    conversation.summary.kind = settings.kind;
    conversation.summary.title = settings.title;
    conversation.summary.permissions = settings.permissions;
    conversation.summary.history_from = settings.history_from;
    if (conversation.summary.slow_ms != settings.slow_ms) outbox_.slow_mode_changed(conversation.stream);
    conversation.summary.slow_ms = settings.slow_ms;
    conversations_.described(conversation);
}

/// A state that was read early is overtaken by answers to pulls. What it says of members and settings gives
/// way to the rows that came after it and are here already.
Status Streams::note_what_is_newer(Conversation& conversation, std::int64_t state_head) {
    for (const auto type : {protocol::Type::member_changed, protocol::Type::conversation_changed}) {
        TRY_ASSIGN(const auto rows, rows_.of_type(conversation.number, type));
        for (const auto& row : rows) {
            if (row.change.seq <= state_head || row.not_on_server) continue;
            if (const auto* member = std::get_if<protocol::MemberChanged>(&row.change.payload))
                TRY(note_member(conversation, *member));
            if (const auto* settings = std::get_if<protocol::ConversationChanged>(&row.change.payload))
                note_settings(conversation, *settings);
        }
    }
    return {};
}

Status Streams::handle_changes(Conversation& conversation, const protocol::ChangesOk& changes, WallTime now) {
    for (const auto& row : changes.rows)
        TRY(store(conversation, row, now));
    changed(conversation);
    conversation.head = std::max({conversation.head, changes.head, changes.upto});
    // An answer to a question of before the cursor was set back says nothing about where it stands now.
    if (changes.after > conversation.cursor || conversation.ahead_of_its_state()) return {};
    conversation.cursor = std::max(conversation.cursor, changes.upto);
    if (mutant(Mutant::prefix_taken_for_range))
        conversation.cursor = std::max(conversation.cursor, changes.head);
    leap(conversation);
    if (changes.more && !mutant(Mutant::prefix_taken_for_range)) return {};
    hold(conversation);
    // The head that a joining promised may be the place of a row that is still to be made. One that a state
    // told is there, and the answer may be of before the state.
    const bool promised = conversation.head_promised && conversation.head <= conversation.origin;
    if (changes.upto == changes.after && promised)
        conversation.head = std::max({changes.head, conversation.live_high, conversation.cursor});
    return {};
}

Status Streams::handle_removed(Conversation& conversation, const protocol::ChangesOk& changes, WallTime now) {
    for (const auto& row : changes.rows)
        TRY(store(conversation, row, now));
    changed(conversation);
    if (!conversation.removed_after || changes.after > *conversation.removed_after) return {};
    conversation.head = std::max(conversation.head, changes.head);
    if (conversation.ahead_of_its_state()) return {};
    conversation.removed_after = std::max(*conversation.removed_after, changes.upto);
    if (!changes.more || *conversation.removed_after >= conversation.removed_upto)
        conversation.removed_after.reset();
    return {};
}

namespace {

/// What of the history a page proves to be all that there is: what it says, the places between what was asked
/// and the nearest message, and everything beyond the last message.
Range covered_by(const protocol::Page& asked, const protocol::PageOk& page) {
    Range range{page.from, page.to};
    if (asked.from || asked.to) return range;
    const std::int64_t below = asked.before.value_or(0) > 0 ? *asked.before - 1 : page.as_of;
    const bool nothing_listed = page.rows.empty() && page.to < page.from;
    if (nothing_listed) {
        if (asked.before) range = {below + 1, below};
        if (asked.after) range = {*asked.after + 1, *asked.after};
        if (asked.around) range = {*asked.around + 1, *asked.around};
    } else {
        if (asked.before) range.high = std::max(range.high, below);
        if (asked.after) range.low = std::min(range.low, *asked.after + 1);
    }
    if (!asked.after && !page.more_before) range.low = 1;
    if (!asked.before && !page.more_after) range.high = std::max(range.high, page.as_of);
    return range;
}

}  // namespace

Status Streams::handle_page(Conversation& conversation, const protocol::Page& asked,
                            const protocol::PageOk& page, WallTime now) {
    for (const auto& row : page.rows)
        TRY(store(conversation, row, now));
    changed(conversation);
    // What is at least as new as the last jump is kept by the cursor from here on.
    const bool as_new_as_base = page.as_of >= conversation.base;
    Range range = covered_by(asked, page);
    if (mutant(Mutant::page_taken_for_everything)) range = {1, page.as_of};
    range.as_of = as_new_as_base ? Range::live : page.as_of;
    if (asked.since) {
        // What has changed since a moment completes no more than what is still held as of then: a restore
        // may have come in between.
        for (const Range& held : conversation.ranges.held(range.low, range.high, *asked.since))
            conversation.ranges.add({held.low, held.high, range.as_of});
    } else {
        conversation.ranges.add(range);
    }
    if (asked.before == 0 && as_new_as_base) conversation.newest_owed = false;
    return {};
}

Status Streams::handle_part(Conversation& conversation, const protocol::PageOk& page, WallTime now) {
    for (const auto& row : page.rows)
        TRY(store(conversation, row, now));
    changed(conversation);
    return {};
}

Status Streams::handle_rows(Conversation& conversation, const protocol::Rows& asked,
                            const protocol::RowsOk& rows, bool settles, WallTime now) {
    for (const auto& row : rows.rows)
        TRY(store(conversation, row, now));
    changed(conversation);
    conversation.rows_as_of = std::max(conversation.rows_as_of, rows.as_of);
    if (!settles) return {};
    if (asked.kind == protocol::RowKind::settings) {
        if (!rows.more) conversation.settings_owed = false;
        return {};
    }
    if (rows.more && !rows.rows.empty()) {
        conversation.members_after = rows.rows.back().born;
        return {};
    }
    conversation.members_after.reset();
    recount_.insert(conversation.stream);
    return {};
}

void Streams::handle_blocks_changed() {
    for (const auto& [stream, conversation] : conversations_.all()) {
        conversation->shown.reset();
        if (conversation->known) recount_.insert(stream);
        output_.touch(stream);
    }
    output_.touch_list();
}

Status Streams::settle() {
    for (const StreamId& stream : std::exchange(recount_, {})) {
        Conversation& conversation = conversations_.open(stream);
        TRY(receipts_.recount(conversation));
        if (conversation.members_after || conversation.summary.kind != protocol::ConversationKind::group)
            continue;
        // The server's number stands where a row that cannot be read may be that of a member.
        TRY_ASSIGN(const std::int64_t unreadable, rows_.count_unreadable(conversation.number));
        if (unreadable > 0) continue;
        TRY_ASSIGN(const auto seats, rows_.seats(conversation.number));
        const auto present = static_cast<std::int64_t>(seats.size());
        if (conversation.summary.members == present) continue;
        conversation.summary.members = present;
        changed(conversation);
    }
    return {};
}

}  // namespace parley::core
