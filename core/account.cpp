#include "core/account.hpp"

#include <algorithm>
#include <set>
#include <variant>
#include <vector>

namespace parley::core {

Status Account::handle_change(const protocol::Change& change, WallTime now) {
    TRY(store(change, now));
    seen_ = std::max(seen_, change.seq);
    Identity& identity = identity_.edit();
    if (!live_ || change.seq <= identity.cursor) return {};
    if (change.seq == identity.cursor + 1 && !identity.behind)
        identity.cursor = change.seq;
    else
        identity.behind = true;
    return {};
}

void Account::handle_token(const std::string& token) {
    Identity& identity = identity_.edit();
    identity.sync_token = token;
    // Before `resumed`, what lies between the changes that came is superseded: the token covers it.
    if (!live_ && !identity.behind) identity.cursor = std::max(identity.cursor, seen_);
}

Status Account::handle_resumed(const protocol::Resumed& resumed) {
    handle_token(resumed.token);
    Identity& identity = identity_.edit();
    // What came before the first epoch that this device was told may be of an earlier one.
    const bool restored = identity.epoch ? *identity.epoch != resumed.epoch : began_at_ > 0;
    identity.epoch = resumed.epoch;
    streams_.handle_resumed();
    if (restored) {
        TRY(rows_.mark_not_on_server(account_stream_number, -1));
        own_settings_.handle_restored();
        blocks_.handle_restored();
        TRY(streams_.handle_restored());
        identity.cursor = 0;
        identity.behind = true;
        identity.may_be_lost = true;
    }
    live_ = true;
    return {};
}

void Account::handle_disconnected() {
    live_ = false;
    seen_ = 0;
    began_at_ = identity_.get().cursor;
}

void Account::start_over() {
    Identity& identity = identity_.edit();
    identity.sync_token.reset();
    identity.cursor = 0;
    identity.behind = false;
}

Status Account::look_again() {
    // States in which the version before could not read something are told again, with all others.
    identity_.edit().sync_token.reset();
    TRY_ASSIGN(const auto first, rows_.first_unreadable(account_stream_number));
    if (!first) return {};
    Identity& identity = identity_.edit();
    identity.cursor = std::min(identity.cursor, *first - 1);
    identity.behind = true;
    return {};
}

Status Account::handle_changes(const protocol::ChangesOk& changes, WallTime now) {
    for (const auto& row : changes.rows)
        TRY(store(row, now));
    Identity& identity = identity_.edit();
    if (changes.after > identity.cursor) return {};
    identity.cursor = std::max(identity.cursor, changes.upto);
    if (changes.more) return {};
    identity.behind = seen_ > identity.cursor;
    TRY(forget_lost(now));
    TRY_ASSIGN(const bool blocks_changed, blocks_.handle_told());
    if (blocks_changed) streams_.handle_blocks_changed();
    return own_settings_.handle_told();
}

/// Everything was told. What was marked at the beginning of an epoch and did not come again is not there.
Status Account::forget_lost(WallTime now) {
    if (!identity_.get().may_be_lost) return {};
    TRY(forget_lost_conversations());
    identity_.edit().may_be_lost = false;
    TRY_ASSIGN(const auto drafts, rows_.of_type(account_stream_number, protocol::Type::draft_changed));
    for (const auto& row : drafts) {
        const auto* draft = std::get_if<protocol::DraftChanged>(&row.change.payload);
        if (row.not_on_server && draft && !draft->text.empty()) TRY(outbox_.write_again(*draft, 0, now));
    }
    return rows_.remove_not_on_server(account_stream_number);
}

/// One is in where a row says so. Of others a state of the epoch before may have told, and the row that was
/// to say so never came; unless it is one that this version cannot read.
Status Account::forget_lost_conversations() {
    TRY_ASSIGN(const auto unreadable, rows_.first_unreadable(account_stream_number));
    TRY_ASSIGN(const auto joined, rows_.of_type(account_stream_number, protocol::Type::joined));
    std::set<StreamId> in;
    std::set<StreamId> marked;
    for (const auto& row : joined)
        (row.not_on_server ? marked : in).insert(std::get<protocol::Joined>(row.change.payload).conversation);
    std::vector<StreamId> lost;
    for (const auto& [stream, conversation] : conversations_.all()) {
        if (!conversation->present || in.contains(stream)) continue;
        if (!unreadable || marked.contains(stream)) lost.push_back(stream);
    }
    for (const StreamId& stream : lost)
        TRY(streams_.handle_lost(stream));
    return {};
}

/// The server has an earlier draft than this device, since a restore took that away; or one that was written
/// after a restore, of which nobody knows whether its writer had this one before him.
Status Account::keep_lost_draft(const protocol::Change& told, WallTime now) {
    const auto* draft = told.unreadable ? nullptr : std::get_if<protocol::DraftChanged>(&told.payload);
    if (!draft) return {};
    TRY_ASSIGN(const auto held, rows_.find(account_stream_number, told.born));
    const auto* lost = held && !held->change.unreadable
                           ? std::get_if<protocol::DraftChanged>(&held->change.payload)
                           : nullptr;
    if (!lost || lost->text == draft->text) return {};
    const std::int64_t seq = held->change.seq;
    if (held->not_on_server && seq > told.seq) return outbox_.write_again(*lost, told.seq, now);
    const bool after_restore = restore_generation(told.seq) > restore_generation(seq);
    if (!after_restore || draft->text.starts_with(lost->text)) return {};
    return outbox_.write_again(*lost, seq, now);
}

Status Account::store(const protocol::Change& change, WallTime now) {
    TRY(keep_lost_draft(change, now));
    TRY_ASSIGN(Applied applied, rows_.apply(account_stream_number, change, identity_.get().account));
    if (applied == Applied::older || applied == Applied::unreadable) return {};
    output_.touch_list();
    own_settings_.handle_row(change);
    if (blocks_.handle_row(change)) streams_.handle_blocks_changed();
    if (const auto* joined = std::get_if<protocol::Joined>(&change.payload))
        return streams_.handle_joined(*joined);
    if (const auto* left = std::get_if<protocol::Left>(&change.payload)) return streams_.handle_left(*left);
    if (const auto* profile = std::get_if<protocol::ProfileChanged>(&change.payload))
        return profiles_.put(profile->profile);
    if (const auto* read = std::get_if<protocol::ReadChanged>(&change.payload)) {
        if (Conversation* conversation = conversations_.find(read->conversation))
            streams_.handle_counts(*conversation, {{read->unread, read->mentions}, read->as_of, read->upto});
    }
    return {};
}

}  // namespace parley::core
