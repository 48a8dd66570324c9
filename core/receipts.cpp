#include "core/receipts.hpp"

#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

namespace {

/// Longer than a server keeps an ack before it is in its store: it gathers them for a moment, and its writer
/// has a queue.
constexpr Duration ack_proof_delay = seconds(5);
/// Of so many conversations the receipts are kept in memory: those that people talk in at the time.
constexpr std::size_t conversations_kept_max = 32;

}  // namespace

Result<const Receipts::ByMember*> Receipts::of(const Conversation& conversation) {
    if (known_as_of_ != database_.rollbacks()) known_.clear();
    known_as_of_ = database_.rollbacks();
    if (const auto kept = known_.find(conversation.number); kept != known_.end()) return &kept->second;
    ByMember receipts;
    TRY_ASSIGN(Query query, database_.read("SELECT account, delivered, read, speaks_from FROM receipt"
                                           " WHERE stream = ?",
                                           conversation.number));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) break;
        const AccountId account(query.text(0));
        auto& receipt = receipts[account] = {account, query.integer(1), query.integer(2)};
        if (query.integer(3) > 0) receipt.from = query.integer(3);
    }
    if (known_.size() >= conversations_kept_max) known_.clear();
    return &known_.emplace(conversation.number, std::move(receipts)).first->second;
}

Status Receipts::handle_receipt(Conversation& conversation, const protocol::Receipt& receipt) {
    if (receipt.account == identity_.get().account) return {};
    const std::int64_t delivered = std::max(receipt.delivered, receipt.read);
    const std::int64_t from = receipt.from.value_or(0);
    TRY(database_.write(
        "INSERT INTO receipt (stream, account, delivered, read, speaks_from) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (stream, account) DO UPDATE SET delivered = max(delivered, excluded.delivered),"
        " read = max(read, excluded.read), speaks_from = max(speaks_from, excluded.speaks_from)",
        conversation.number, receipt.account.text(), delivered, receipt.read, from));
    if (const auto kept = known_.find(conversation.number); kept != known_.end()) {
        protocol::Receipt& known = kept->second[receipt.account];
        known = {receipt.account, std::max(known.delivered, delivered), std::max(known.read, receipt.read),
                 std::max(known.from, receipt.from)};
    }
    // How far each has got is shown too, not only how far all have.
    output_.touch(conversation.stream);
    return recount(conversation);
}

Status Receipts::forget_before(const Conversation& conversation, std::int64_t first) {
    known_.erase(conversation.number);
    return database_.write("DELETE FROM receipt WHERE stream = ? AND max(delivered, read) < ?",
                           conversation.number, first);
}

Status Receipts::keep_places_of_messages(Conversation& conversation, std::int64_t certain) {
    TRY_ASSIGN(const auto runs, rows_.own_runs(conversation.number, certain + 1, Range::live - 1));
    // The newest may be shown before its row is here.
    const std::int64_t told = conversation.preview ? conversation.preview->born : 0;
    for (RangeSet* places : {&conversation.delivered_to_all, &conversation.read_by_all}) {
        const bool shown_so = places->at(told).has_value();
        std::int64_t next = certain + 1;
        for (const OwnRun& run : runs) {
            places->remove(next, run.first - 1);
            next = run.last + 1;
        }
        places->remove(next, Range::live - 1);
        if (shown_so) places->add({told, told});
    }
    conversations_.changed(conversation);
    return {};
}

Status Receipts::recount(Conversation& conversation) {
    conversation.receipts_wait = false;
    if (conversation.summary.members > limits::receipts_members_max + 1) return {};
    // A row that cannot be read may be that of a member.
    TRY_ASSIGN(const std::int64_t unreadable, rows_.count_unreadable(conversation.number));
    const bool direct = conversation.summary.kind == protocol::ConversationKind::direct;
    if (unreadable > 0 && !direct) {
        conversation.receipts_wait = true;
        return {};
    }
    TRY_ASSIGN(const auto others, others_of(conversation));
    if (others.empty() || others.size() > static_cast<std::size_t>(limits::receipts_members_max)) return {};

    // Whoever came in above this may be a member that is not known here yet, and has a say.
    const std::int64_t known_upto = direct ? Range::live - 1 : conversation.solid;
    const Range read = reached(others, &Other::read, known_upto, conversation);
    const Range delivered = reached(others, &Other::delivered, known_upto, conversation);
    if (mutant(Mutant::receipts_may_fall)) conversation.delivered_to_all = conversation.read_by_all = {};
    TRY_ASSIGN(auto newly_delivered, new_places(conversation, conversation.delivered_to_all, delivered));
    TRY_ASSIGN(const auto newly_read, new_places(conversation, conversation.read_by_all, read));
    newly_delivered.insert(newly_delivered.end(), newly_read.begin(), newly_read.end());
    if (newly_delivered.empty()) return {};
    for (const Range& places : newly_delivered)
        conversation.delivered_to_all.add(places);
    for (const Range& places : newly_read)
        conversation.read_by_all.add(places);
    conversations_.changed(conversation);
    output_.touch(conversation.stream);
    output_.touch_list();
    return {};
}

Result<std::vector<Range>> Receipts::new_places(const Conversation& conversation, const RangeSet& known,
                                                const Range& range) {
    RangeSet places;
    TRY_ASSIGN(const bool any_lost, rows_.any_not_on_server());
    for (const Range& gap : known.gaps(range.low, range.high)) {
        places.add(gap);
        if (!any_lost) continue;
        TRY_ASSIGN(const auto runs, rows_.own_runs(conversation.number, gap.low, gap.high));
        for (const OwnRun& run : runs)
            if (run.not_on_server) places.remove(run.first, run.last);
    }
    return places.all();
}

/// The other members as far as they are known, and how far each has got.
Result<std::vector<Receipts::Other>> Receipts::others_of(const Conversation& conversation) {
    std::vector<Other> others;
    TRY_ASSIGN(const auto* receipts, of(conversation));
    const auto add = [&](const AccountId& account, Other other) {
        if (const auto found = receipts->find(account); found != receipts->end()) {
            other.delivered = found->second.delivered;
            other.read = found->second.read;
            other.sees_from = std::max(other.sees_from, found->second.from.value_or(1));
            other.surely_from = std::max(other.surely_from, found->second.from.value_or(1));
        }
        others.push_back(other);
    };
    if (conversation.summary.kind == protocol::ConversationKind::direct) {
        const auto& peer = conversation.summary.peer;
        if (peer && peer->account != identity_.get().account) add(peer->account, {});
        return others;
    }
    if (conversation.members_after) return others;
    TRY_ASSIGN(const auto seats, rows_.seats(conversation.number));
    for (const Seat& seat : seats) {
        if (seat.account == identity_.get().account || blocks_.stands(seat.account)) continue;
        add(seat.account, {.sees_from = seat.sees_from, .surely_from = seat.surely_from});
    }
    return others;
}

/// The places of which everybody who sees them has said so, and somebody does: who came in later has read
/// nothing of what was said before. (`low` above `high`: none.)
///
///     born      1 .......... 20   21 ......... 30   31 ..........
///     ada       sees and has read them              sees them, has not read them
///     grace     sees none         sees and has read them
///     reached   1 ............................ 30
Range Receipts::reached(const std::vector<Other>& others, std::int64_t Other::* how_far,
                        std::int64_t known_upto, Conversation& conversation) {
    Range range{Range::live - 1, known_upto};
    std::int64_t furthest = 0;
    for (const Other& other : others) {
        std::int64_t upto = other.*how_far;
        // It may be of a later membership than the one that is known here: then it says nothing of this one.
        if (upto > known_upto) {
            conversation.receipts_wait = true;
            upto = 0;
        }
        furthest = std::max(furthest, upto);
        range.low = std::min(range.low, other.surely_from);
        range.high = std::min(range.high, std::max(upto, other.sees_from - 1));
    }
    if (mutant(Mutant::newcomers_read_the_past)) range.low = 1;
    if (mutant(Mutant::read_by_one_is_by_all)) range.high = furthest;
    return range;
}

void Receipts::note_changed() {
    for (const auto& [number, conversation] : conversations_.changed())
        if (conversation->present && conversation->ackable() > conversation->ack_sent)
            due_.insert(conversation->stream);
}

void Receipts::handle_signed_in() {
    for (const auto& [stream, conversation] : conversations_.all()) {
        conversation->ack_sent = conversation->acked;
        if (conversation->present && conversation->ackable() > conversation->acked) due_.insert(stream);
    }
}

void Receipts::handle_disconnected() {
    unproven_.clear();
    before_ping_.clear();
    // What this connection still owed will never come.
    pongs_ = pings_;
    timers_.stop(Timer::ack);
}

void Receipts::handle_pings(std::uint64_t pings, Instant now) {
    if (pings == pings_) return;
    pings_ = pings;
    if (!before_ping_.empty()) return;
    for (; !unproven_.empty() && unproven_.front().at + ack_proof_delay <= now; unproven_.pop_front())
        before_ping_.push_back(std::move(unproven_.front().position));
    proving_pong_ = pings;
}

void Receipts::handle_pong(bool proves) {
    if (++pongs_ < proving_pong_) return;
    for (const auto& position : std::exchange(before_ping_, {})) {
        Conversation* conversation = conversations_.find(position.stream);
        if (!conversation || conversation->acked >= position.seq) continue;
        if (!proves) {
            // The server may give up, or end, before it could write it: it is told again.
            conversation->ack_sent = conversation->acked;
            if (conversation->present && conversation->ackable() > conversation->acked)
                due_.insert(position.stream);
            continue;
        }
        conversation->acked = position.seq;
        conversations_.changed(*conversation);
    }
}

void Receipts::pump(Instant now) {
    if (due_.empty()) return;
    if (sent_at_ && now < *sent_at_ + milliseconds(limits::ack_interval_ms)) {
        timers_.set(Timer::ack, *sent_at_ + milliseconds(limits::ack_interval_ms));
        return;
    }
    protocol::Ack ack;
    while (!due_.empty() && ack.streams.size() < static_cast<std::size_t>(limits::acks_max)) {
        Conversation* conversation = conversations_.find(due_.extract(due_.begin()).value());
        if (!conversation || conversation->ackable() <= conversation->ack_sent) continue;
        conversation->ack_sent = conversation->ackable();
        ack.streams.push_back({conversation->stream, conversation->ack_sent});
    }
    timers_.stop(Timer::ack);
    if (ack.streams.empty()) return;
    for (const auto& position : ack.streams)
        unproven_.push_back({position, now});
    sent_at_ = now;
    protocol::Envelope envelope;
    envelope.payload = std::move(ack);
    output_.send(envelope);
    if (!due_.empty()) timers_.set(Timer::ack, now + milliseconds(limits::ack_interval_ms));
}

}  // namespace parley::core
