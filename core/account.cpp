#include "core/account.hpp"

#include <algorithm>
#include <limits>
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
    const bool restored = identity.epoch && *identity.epoch != resumed.epoch;
    identity.epoch = resumed.epoch;
    if (restored) {
        TRY(rows_.mark_not_on_server(account_stream_number, -1, std::numeric_limits<std::int64_t>::max()));
        streams_.forget_unseen();
        identity.cursor = 0;
        identity.behind = true;
    }
    live_ = true;
    return {};
}

void Account::handle_disconnected() {
    live_ = false;
    seen_ = 0;
}

Status Account::handle_changes(const protocol::ChangesOk& changes) {
    for (const auto& row : changes.rows)
        TRY(store(row));
    Identity& identity = identity_.edit();
    if (changes.after > identity.cursor) return {};
    identity.cursor = std::max(identity.cursor, changes.upto);
    if (!changes.more) identity.behind = seen_ > identity.cursor;
    return {};
}

Status Account::store(const protocol::Change& change) {
    TRY_ASSIGN(Applied applied, rows_.apply(account_stream_number, change, identity_.get().account));
    if (applied == Applied::older) return {};
    output_.touch_list();
    if (const auto* joined = std::get_if<protocol::Joined>(&change.payload))
        return streams_.handle_joined(*joined);
    if (const auto* left = std::get_if<protocol::Left>(&change.payload)) streams_.handle_left(*left);
    if (const auto* profile = std::get_if<protocol::ProfileChanged>(&change.payload))
        return profiles_.put(profile->profile);
    if (const auto* read = std::get_if<protocol::ReadChanged>(&change.payload)) {
        if (Conversation* conversation = conversations_.find(read->conversation))
            streams_.handle_counts(*conversation, {{read->unread, read->mentions}, read->as_of, read->upto});
    }
    return {};
}

}  // namespace parley::core
