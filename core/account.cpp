#include "core/account.hpp"

#include <algorithm>
#include <set>
#include <variant>

namespace parley::core {

Status Account::handle_change(const protocol::Change& change) {
    TRY(store(change));
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
        TRY(streams_.handle_restored());
        identity.cursor = 0;
        identity.behind = true;
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

Status Account::handle_changes(const protocol::ChangesOk& changes) {
    for (const auto& row : changes.rows)
        TRY(store(row));
    Identity& identity = identity_.edit();
    if (changes.after > identity.cursor) return {};
    identity.cursor = std::max(identity.cursor, changes.upto);
    if (changes.more) return {};
    identity.behind = seen_ > identity.cursor;
    TRY(forget_lost());
    return own_settings_.handle_told();
}

/// Everything was told. What was marked at the beginning of an epoch and did not come again is not there.
Status Account::forget_lost() {
    TRY_ASSIGN(bool any, rows_.any_not_on_server(account_stream_number));
    if (!any) return {};
    TRY_ASSIGN(auto joined, rows_.of_type(account_stream_number, protocol::Type::joined));
    std::set<StreamId> present;
    for (const auto& row : joined)
        if (!row.not_on_server) present.insert(std::get<protocol::Joined>(row.change.payload).conversation);
    for (const auto& row : joined) {
        const StreamId& stream = std::get<protocol::Joined>(row.change.payload).conversation;
        if (row.not_on_server && !present.contains(stream)) TRY(streams_.handle_lost(stream));
    }
    return rows_.remove_not_on_server(account_stream_number);
}

Status Account::store(const protocol::Change& change) {
    TRY_ASSIGN(Applied applied, rows_.apply(account_stream_number, change, identity_.get().account));
    if (applied == Applied::older || applied == Applied::unreadable) return {};
    output_.touch_list();
    own_settings_.handle_row(change);
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
