#include "sim/history.hpp"

#include <algorithm>
#include <iterator>

namespace parley::sim {

bool Membership::sees(std::int64_t born) const {
    return std::ranges::any_of(intervals, [born](const Interval& one) { return one.holds(born); });
}

const protocol::Change* StreamHistory::row(std::int64_t born) const {
    const auto found = latest.find(born);
    return found == latest.end() ? nullptr : &changes.at(found->second);
}

const protocol::MessageNew* StreamHistory::message(std::int64_t born) const {
    const auto* found = row(born);
    return found == nullptr ? nullptr : std::get_if<protocol::MessageNew>(&found->payload);
}

std::vector<const protocol::Change*> StreamHistory::states(std::int64_t born) const {
    std::vector<const protocol::Change*> found;
    if (const auto first = changes.find(born); first != changes.end()) found.push_back(&first->second);
    if (const auto more = later.find(born); more != later.end()) {
        for (const std::int64_t seq : more->second)
            found.push_back(&changes.at(seq));
    }
    return found;
}

const protocol::PreferencesChanged* StreamHistory::preferences_in(const StreamId& stream) const {
    const auto found = preferences.find(stream);
    const protocol::Change* there = found == preferences.end() ? nullptr : row(found->second);
    return there == nullptr ? nullptr : std::get_if<protocol::PreferencesChanged>(&there->payload);
}

const protocol::DraftChanged* StreamHistory::draft_in(const StreamId& stream) const {
    const auto found = drafts.find(stream);
    const protocol::Change* there = found == drafts.end() ? nullptr : row(found->second);
    return there == nullptr ? nullptr : std::get_if<protocol::DraftChanged>(&there->payload);
}

std::map<std::string, std::set<AccountId>> StreamHistory::reactions_to(std::int64_t message,
                                                                       const Seen& seen) const {
    std::map<std::string, std::set<AccountId>> people;
    const auto found = on_messages.find(message);
    if (found == on_messages.end()) return people;
    for (const std::int64_t born : found->second) {
        const auto* change = row(born);
        const auto* reaction =
            change == nullptr ? nullptr : std::get_if<protocol::ReactionChanged>(&change->payload);
        if (reaction != nullptr && seen && !seen(*change)) continue;
        if (reaction != nullptr && reaction->emoji) people[*reaction->emoji].insert(reaction->account);
    }
    return people;
}

std::int64_t StreamHistory::edits(std::int64_t born) const {
    return std::ranges::count_if(states(born), [](const auto* state) {
        const auto* said = std::get_if<protocol::MessageNew>(&state->payload);
        return said != nullptr && said->edited_at;
    });
}

const protocol::MessageNew* StreamHistory::message_as_of(std::int64_t born, std::int64_t seq) const {
    const protocol::MessageNew* message = nullptr;
    for (const auto* state : states(born))
        if (state->seq <= seq) message = std::get_if<protocol::MessageNew>(&state->payload);
    return message;
}

void History::apply(const server::Batch& batch) {
    // The work that made a stream, by the stream.
    std::map<StreamId, std::optional<Uuid>> founded;
    for (const auto& effect : batch.effects) {
        if (const auto* change = std::get_if<server::ConversationChange>(&effect)) {
            const StreamId stream = server::to_id(change->conversation);
            if (change->change.seq == 1) founded[stream] = change->origin.command;
            const auto maker = founded.find(stream);
            add(stream, change->change, maker != founded.end() && maker->second == change->origin.command);
        } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
            add(server::to_stream(own->account), own->change, false);
        }
    }
}

bool History::learn(const StreamId& stream, const protocol::Change& change) {
    const StreamHistory* known = find(stream);
    if (known != nullptr && known->changes.contains(change.seq)) return false;
    // Who came with the making came in the same moment.
    const protocol::Change* settings = known == nullptr ? nullptr : known->row(1);
    const bool founding = settings != nullptr && change.born == change.seq && settings->seq == 1 &&
                          settings->timestamp == change.timestamp;
    add(stream, change, founding);
    return true;
}

void History::begin_epoch(const std::map<StreamId, std::int64_t>& heads) {
    for (const auto& [id, head] : heads) {
        streams_[id].base = head;
        streams_[id].unseen.clear();
    }
}

void History::learn_head(const StreamId& id, std::int64_t head) {
    StreamHistory& stream = streams_[id];
    for (std::int64_t seq = stream.base + 1; seq <= head; ++seq) {
        if (!stream.changes.contains(seq) && std::ranges::find(stream.unseen, seq) == stream.unseen.end())
            stream.unseen.push_back(seq);
    }
}

const StreamHistory* History::find(const StreamId& stream) const {
    const auto found = streams_.find(stream);
    return found == streams_.end() ? nullptr : &found->second;
}

const Membership* History::membership(const StreamId& stream, const AccountId& account) const {
    const StreamHistory* history = find(stream);
    if (history == nullptr) return nullptr;
    const auto found = history->members.find(account);
    return found == history->members.end() ? nullptr : &found->second;
}

const Place* History::place(const AccountId& sender, const Uuid& id) const {
    const auto found = places_.find({sender, id});
    return found == places_.end() ? nullptr : &found->second;
}

std::vector<std::int64_t> StreamHistory::pins(const Seen& seen) const {
    std::map<std::int64_t, std::int64_t> by_seq;
    for (const auto& [message, rows] : on_messages) {
        for (const std::int64_t born : rows) {
            const auto* change = row(born);
            const auto* pin =
                change == nullptr ? nullptr : std::get_if<protocol::PinChanged>(&change->payload);
            if (pin != nullptr && seen && !seen(*change)) continue;
            if (pin != nullptr && !pin->removed) by_seq[change->seq] = message;
        }
    }
    std::vector<std::int64_t> places;
    places.reserve(by_seq.size());
    for (const auto& [seq, message] : by_seq)
        places.push_back(message);
    return places;
}

std::int64_t History::read(const AccountId& account, const StreamId& conversation) const {
    const Membership* member = membership(conversation, account);
    const std::int64_t joined = member == nullptr ? 0 : member->joined;
    const StreamHistory* own = find(StreamId{account.text()});
    if (own == nullptr) return joined;
    const auto found = own->read.find(conversation);
    return found == own->read.end() ? joined : std::max(joined, found->second);
}

void History::add(const StreamId& id, const protocol::Change& change, bool founding) {
    StreamHistory& stream = streams_[id];
    stream.id = id;
    stream.changes[change.seq] = change;
    auto& latest = stream.latest[change.born];
    latest = std::max(latest, change.seq);
    if (change.seq != change.born) {
        auto& later = stream.later[change.born];
        later.insert(std::ranges::upper_bound(later, change.seq), change.seq);
    }
    if (const auto* settings = std::get_if<protocol::ConversationChanged>(&change.payload)) {
        stream.conversation = true;
        stream.kind = settings->kind;
    } else if (const auto* member = std::get_if<protocol::MemberChanged>(&change.payload)) {
        add_member(stream, change, *member, founding);
    } else if (const auto* message = std::get_if<protocol::MessageNew>(&change.payload)) {
        if (change.id) places_.try_emplace({message->sender, *change.id}, Place{id, change.born});
        if (message->deleted_by) drop_what_hangs_on(stream, change.born);
    } else if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&change.payload)) {
        stream.on_messages[reaction->message].insert(change.born);
    } else if (const auto* pin = std::get_if<protocol::PinChanged>(&change.payload)) {
        stream.on_messages[pin->message].insert(change.born);
    } else if (const auto* read = std::get_if<protocol::ReadChanged>(&change.payload)) {
        stream.read[read->conversation] = read->upto;
    } else if (const auto* set = std::get_if<protocol::PreferencesChanged>(&change.payload)) {
        stream.preferences[set->conversation] = change.born;
    } else if (const auto* draft = std::get_if<protocol::DraftChanged>(&change.payload)) {
        stream.drafts[draft->conversation] = change.born;
    } else if (const auto* block = std::get_if<protocol::BlockChanged>(&change.payload)) {
        add_block(id, change, *block);
    } else if (const auto* joined = std::get_if<protocol::Joined>(&change.payload)) {
        add_joined(id, *joined);
    }
}

/// In a direct conversation what the blocker sees ends here, or begins anew.
void History::add_block(const StreamId& account, const protocol::Change& change,
                        const protocol::BlockChanged& block) {
    const AccountId blocker{account.text()};
    streams_[account].blocks[block.account][change.seq] = block.blocked;
    StreamHistory* direct = direct_between(blocker, block.account);
    const auto member =
        direct == nullptr ? std::map<AccountId, Membership>::iterator{} : direct->members.find(blocker);
    if (direct == nullptr || member == direct->members.end() || member->second.intervals.empty()) return;
    auto& intervals = member->second.intervals;
    auto& last = intervals.back();
    if (block.blocked) {
        if (!last.until) last.until = direct->head();
    } else if (last.until == direct->head()) {
        last.until.reset();
    } else if (last.until) {
        intervals.push_back({.from = direct->head() + 1, .until = {}, .joined = direct->head() + 1});
        join_where_nothing_was_said(*direct, intervals);
    }
}

/// Of receipts only a message makes it matter that somebody did not see what was made meanwhile.
void History::join_where_nothing_was_said(const StreamHistory& stream, std::vector<Interval>& intervals) {
    for (std::size_t i = 1; i < intervals.size(); ++i) {
        const Interval& before = intervals[i - 1];
        bool said = false;
        for (auto row = stream.latest.upper_bound(before.until.value_or(0));
             row != stream.latest.end() && row->first < intervals[i].from; ++row)
            said = said || stream.message(row->first) != nullptr;
        intervals[i].joined = said ? intervals[i].from : before.joined;
    }
}

/// Whoever was spared a direct conversation comes in without a change of it.
void History::add_joined(const StreamId& account, const protocol::Joined& joined) {
    StreamHistory* stream =
        streams_.contains(joined.conversation) ? &streams_.at(joined.conversation) : nullptr;
    const AccountId self{account.text()};
    if (stream == nullptr || stream->kind != protocol::ConversationKind::direct || stream->spared != self ||
        joined.from == 1)
        return;
    stream->spared.reset();
    stream->members[self] = {.present = true,
                             .intervals = {{.from = joined.from, .until = {}, .joined = joined.from}},
                             .joined = joined.from - 1};
}

void History::learn_sight(const StreamId& stream, const AccountId& account, std::vector<Interval> intervals) {
    const auto found = streams_.find(stream);
    if (found == streams_.end() || intervals.empty()) return;
    if (found->second.spared == account) found->second.spared.reset();
    Membership& member = found->second.members[account];
    if (!member.present) member.joined = intervals.front().from > 1 ? intervals.front().from - 1 : 1;
    member.present = true;
    member.intervals = std::move(intervals);
    join_where_nothing_was_said(found->second, member.intervals);
}

StreamHistory* History::direct_between(const AccountId& one, const AccountId& other) {
    for (auto& [id, stream] : streams_) {
        if (!stream.conversation || stream.kind != protocol::ConversationKind::direct) continue;
        std::set<AccountId> persons;
        for (const auto& [seq, change] : stream.changes)
            if (const auto* member = std::get_if<protocol::MemberChanged>(&change.payload))
                persons.insert(member->profile.account);
        if (persons.contains(one) && persons.contains(other)) return &stream;
    }
    return nullptr;
}

bool History::has_blocked(const AccountId& blocker, const AccountId& blocked, std::int64_t as_of) const {
    const StreamHistory* own = find(StreamId{blocker.text()});
    const auto found = own == nullptr ? std::map<AccountId, std::map<std::int64_t, bool>>::const_iterator{}
                                      : own->blocks.find(blocked);
    if (own == nullptr || found == own->blocks.end()) return false;
    const auto later = found->second.upper_bound(as_of);
    return later != found->second.begin() && std::prev(later)->second;
}

bool History::were_apart(const AccountId& one, const AccountId& other) const {
    const auto has = [&](const AccountId& blocker, const AccountId& blocked) {
        const StreamHistory* own = find(StreamId{blocker.text()});
        return own != nullptr && own->blocks.contains(blocked);
    };
    return has(one, other) || has(other, one);
}

bool History::sees(const StreamId& stream, const AccountId& account, const protocol::Change& row) const {
    const StreamHistory* history = find(stream);
    const Membership* member = membership(stream, account);
    if (history == nullptr || member == nullptr) return false;
    const bool direct = history->kind == protocol::ConversationKind::direct;
    if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&row.payload))
        return member->sees(reaction->message) && (!direct || member->sees(row.born));
    if (const auto* pin = std::get_if<protocol::PinChanged>(&row.payload))
        return member->sees(pin->message) &&
               (!direct || pin->removed || member->sees(row.seq) || member->sees(row.born));
    return !std::holds_alternative<protocol::MessageNew>(row.payload) || member->sees(row.born);
}

/// They go with their message, without a change of their own.
void History::drop_what_hangs_on(StreamHistory& stream, std::int64_t message) {
    const auto found = stream.on_messages.extract(message);
    if (!found) return;
    for (const std::int64_t born : found.mapped())
        stream.latest.erase(born);
}

void History::add_member(StreamHistory& stream, const protocol::Change& change,
                         const protocol::MemberChanged& member, bool founding) {
    const auto* settings = stream.row(1);
    const auto* said =
        settings == nullptr ? nullptr : std::get_if<protocol::ConversationChanged>(&settings->payload);
    // Who has blocked whoever begins a conversation is spared it, until something comes that he sees.
    const bool known_member = stream.members.contains(member.profile.account);
    const bool direct = stream.kind == protocol::ConversationKind::direct;
    if (direct && !known_member && said != nullptr &&
        (!founding || has_blocked(member.profile.account, said->by))) {
        stream.spared = member.profile.account;
        return;
    }
    Membership& known = stream.members[member.profile.account];
    known.role = member.role;
    if (member.present && !known.present) {
        // Those who are there from the making see everything.
        known.joined = founding ? 1 : change.seq;
        // That the group shared as much is for promise 17.
        known.intervals.push_back(
            {.from = member.history_from.value_or(known.joined), .until = {}, .joined = known.joined});
    } else if (!member.present && known.present) {
        known.intervals.back().until = change.seq;
        known.removed = member.by != member.profile.account;
    }
    known.present = member.present;
}

}  // namespace parley::sim
