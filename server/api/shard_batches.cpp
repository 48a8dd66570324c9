#include "base/mutant.hpp"
#include "server/api/shard.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace parley::server {

namespace {

/// After an epoch began, all that were connected come back one after the other.
constexpr Duration return_spacing = milliseconds(1);

/// For so long, and of so many, it is known that a device was signed out: longer than a call may take, after
/// which it is answered without what was read for it.
constexpr Duration revoked_known = seconds(60);
constexpr std::size_t revoked_max = 4'096;

/// The text of one effect as this shard's sessions share it. A copy per shard: the counts of its users then
/// stay in one processor's cache.
class Pieces {
  public:
    Pieces(const EncodedBatch& batch, std::size_t effect) : batch_(batch), effect_(effect) {}

    const SharedText& in(protocol::Encoding encoding) {
        SharedText& piece = pieces_[static_cast<std::size_t>(encoding)];
        if (!piece) piece = std::make_shared<const std::string>(batch_.text(effect_, encoding));
        return piece;
    }

  private:
    const EncodedBatch& batch_;
    std::size_t effect_;
    std::array<SharedText, 2> pieces_;
};

/// A message that was not there before.
bool is_new_message(const protocol::Change& change) {
    return change.seq == change.born && std::holds_alternative<protocol::MessageNew>(change.payload);
}

/// Whether a session is told of a change of a conversation; the sender of a message has his `accepted`
/// instead.
bool hears(const Session& session, const ConversationChange& change) {
    const bool message = is_new_message(change.change);
    if (mutant(Mutant::other_devices_forgotten) && message) return session.account() != change.origin.account;
    if (std::ranges::binary_search(change.unseen_by, session.account())) return false;
    return session.key() != change.origin.session || !message;
}

/// The same of a receipt.
bool hears(const Session& session, const ReceiptMoved& moved) {
    return session.account() != moved.account &&
           !std::ranges::binary_search(moved.unheard_by, session.account());
}

/// What an account's own stream says of blocks, its sessions have to know.
void note_block(Session& session, const AccountChange& own) {
    const auto* block = std::get_if<protocol::BlockChanged>(&own.change.payload);
    const auto account = block != nullptr ? account_key(block->account.text()) : std::nullopt;
    if (account) session.handle_block(*account, block->blocked);
}

bool skips(const Session& session, const Skipped& skipped) {
    return std::ranges::binary_search(skipped.accounts, session.account());
}

/// Whether an effect says something of this conversation, or (nothing) of the account's own stream.
bool concerns(const Effect& effect, AccountKey account, std::optional<ConversationKey> stream) {
    if (const auto* change = std::get_if<ConversationChange>(&effect)) return change->conversation == stream;
    if (const auto* closed = std::get_if<Closed>(&effect))
        return closed->account == account && closed->conversation == stream;
    if (const auto* moved = std::get_if<ReceiptMoved>(&effect)) return moved->conversation == stream;
    if (const auto* skipped = std::get_if<Skipped>(&effect)) return skipped->conversation == stream;
    const auto* own = std::get_if<AccountChange>(&effect);
    if (own == nullptr || own->account != account) return false;
    const auto* left = std::get_if<protocol::Left>(&own->change.payload);
    return !stream || (left != nullptr && left->conversation == to_id(*stream));
}

/// One effect for one session that comes out of a resume, or begins to hear of a stream.
void walk_for(Session& session, const EncodedBatch& encoded, std::size_t index) {
    const Batch& batch = encoded.batch();
    const Effect& effect = batch.effects[index];
    Pieces pieces(encoded, index);
    if (const auto* change = std::get_if<ConversationChange>(&effect)) {
        if (session.has_open(change->conversation) && hears(session, *change)) {
            session.handle_change(pieces.in(session.encoding()), batch, change->origin.received,
                                  std::nullopt);
        }
    } else if (const auto* skipped = std::get_if<Skipped>(&effect)) {
        if (session.has_open(skipped->conversation) && skips(session, *skipped))
            session.handle_change(pieces.in(session.encoding()), batch, {}, std::nullopt);
    } else if (const auto* own = std::get_if<AccountChange>(&effect)) {
        if (own->account == session.account()) {
            note_block(session, *own);
            session.handle_change(pieces.in(session.encoding()), batch, {}, own->change.seq);
        }
    } else if (const auto* opened = std::get_if<Opened>(&effect)) {
        if (opened->account == session.account()) session.handle_opened(opened->conversation);
    } else if (const auto* closed = std::get_if<Closed>(&effect)) {
        if (mutant(Mutant::removal_missed_in_replay)) return;
        if (closed->account == session.account()) session.handle_closed(closed->conversation);
    } else if (const auto* moved = std::get_if<ReceiptMoved>(&effect)) {
        if (session.has_open(moved->conversation) && hears(session, *moved)) {
            session.handle_change(pieces.in(session.encoding()), batch, {}, std::nullopt);
        }
    }
    // Nobody is told of an epoch so: it ended all sessions, and what is read for a later one is of it.
}

}  // namespace

void Shard::handle_batch(SharedBatch batch, Now now) {
    handle_batch(std::make_shared<const EncodedBatch>(std::move(batch)), now);
}

void Shard::handle_batch(const SharedEncodedBatch& batch, Now now) {
    const Turn turn(*this, now);
    assert(batch->batch().last_position >= walked_);
    for (std::size_t i = 0; i < batch->batch().effects.size(); ++i)
        walk(*batch, i);
    const std::int64_t before = walked_;
    walked_ = batch->batch().last_position;
    if (walked_ > before) remember(batch, before);
}

void Shard::walk(const EncodedBatch& encoded, std::size_t index) {
    const Batch& batch = encoded.batch();
    const Effect& effect = batch.effects[index];
    Pieces pieces(encoded, index);
    if (const auto* replied = std::get_if<Replied>(&effect)) {
        answer(*replied);
    } else if (const auto* change = std::get_if<ConversationChange>(&effect)) {
        std::int64_t told = 0;
        for (Session* session : conversations_.of(change->conversation)) {
            if (!session->awaits(batch, change->conversation) || !hears(*session, *change)) continue;
            told += session->handle_change(pieces.in(session->encoding()), batch, change->origin.received,
                                           std::nullopt)
                        ? 1
                        : 0;
        }
        if (is_new_message(change->change)) ports_.metrics.messages_out.add(told);
    } else if (const auto* skipped = std::get_if<Skipped>(&effect)) {
        for (Session* session : conversations_.of(skipped->conversation)) {
            if (session->awaits(batch, skipped->conversation) && skips(*session, *skipped))
                session->handle_change(pieces.in(session->encoding()), batch, {}, std::nullopt);
        }
    } else if (const auto* own = std::get_if<AccountChange>(&effect)) {
        for (Session* session : accounts_.of(own->account)) {
            note_block(*session, *own);
            if (!session->awaits(batch, own->change)) continue;
            session->handle_change(pieces.in(session->encoding()), batch, {}, own->change.seq);
        }
    } else if (const auto* opened = std::get_if<Opened>(&effect)) {
        for (Session* session : accounts_.of(opened->account)) {
            if (session->awaits(batch)) session->handle_opened(opened->conversation);
        }
    } else if (const auto* closed = std::get_if<Closed>(&effect)) {
        for (Session* session : accounts_.of(closed->account)) {
            if (session->awaits(batch, closed->conversation)) session->handle_closed(closed->conversation);
        }
    } else if (const auto* moved = std::get_if<ReceiptMoved>(&effect)) {
        for (Session* session : conversations_.of(moved->conversation)) {
            if (!session->awaits(batch, moved->conversation) || !hears(*session, *moved)) continue;
            session->handle_change(pieces.in(session->encoding()), batch, {}, std::nullopt);
        }
    } else if (const auto* revoked = std::get_if<DeviceRevoked>(&effect)) {
        if (batch.last_position > revoked_upto_) revoke(*revoked);
    } else if (const auto* returned = std::get_if<AcksReturned>(&effect)) {
        if (returned->shard == options_.number) take_back(*returned);
    } else if (const auto* begun = std::get_if<EpochBegun>(&effect)) {
        begin_epoch(*begun);
    } else if (options_.number != 0) {
        return;  // the rest is for the one shard that looks after what follows from commits
    } else if (std::holds_alternative<FollowUpOwed>(effect)) {
        follow_ups_.handle_owed(now_.instant);
    } else if (const auto* done = std::get_if<FollowedUp>(&effect)) {
        follow_ups_.handle_done(*done, now_.instant);
    }
}

void Shard::begin_epoch(const EpochBegun& begun) {
    epoch_ = begun.epoch;
    // They name numbers of before.
    forget_acks();
    Duration wait;
    for (const SessionKey key : session_keys()) {
        if (Session* session = find(key)) session->close(CloseCode::going_away, wait);
        wait = wait + return_spacing;
    }
}

void Shard::answer(const Replied& replied) {
    if (replied.origin.shard != options_.number) return;
    if (Session* session = find(replied.origin.session)) {
        session->handle_answer(replied.origin, replied.answer);
        return;
    }
    auto call = calls_.extract(replied.origin.session);
    if (call) call.mapped()(replied.answer);
}

Status Shard::check_not_revoked(DeviceKey device) const {
    const auto found = std::ranges::find(revoked_, device, &RevokedAt::device);
    return found == revoked_.end() ? Status{} : signed_out(found->token_reused);
}

void Shard::revoke(const DeviceRevoked& revoked) {
    while (!revoked_.empty() &&
           (revoked_.front().at + revoked_known < now_.instant || revoked_.size() >= revoked_max))
        revoked_.pop_front();
    revoked_.push_back({.device = revoked.device, .at = now_.instant, .token_reused = revoked.token_reused});
    const auto found = devices_.find(revoked.device);
    if (found == devices_.end() || mutant(Mutant::revocation_not_told)) return;
    if (Session* session = find(found->second))
        session->close(revoked.token_reused ? CloseCode::not_signed_in : CloseCode::revoked);
}

void Shard::handle_revocations(const Batch& batch, Now now) {
    const Turn turn(*this, now);
    for (const Effect& effect : batch.effects) {
        if (const auto* revoked = std::get_if<DeviceRevoked>(&effect)) revoke(*revoked);
    }
    revoked_upto_ = batch.last_position;
}

void Shard::remember(const SharedEncodedBatch& batch, std::int64_t before) {
    ring_.push_back({batch, before});
    ring_effects_ += ring_.back().effects();
    ring_bytes_ += batch->weight();
    const auto too_much = [this] {
        if (mutant(Mutant::replay_unbounded)) return false;
        return ring_effects_ > options_.replay_effects_max || ring_bytes_ > options_.replay_bytes_max;
    };
    while (too_much() && ring_.size() > 1) {
        ring_effects_ -= ring_.front().effects();
        ring_bytes_ -= ring_.front().batch->weight();
        ring_.pop_front();
    }
}

bool Shard::replays_from(std::int64_t position) const {
    if (position >= walked_) return true;
    return !ring_.empty() && position >= ring_.front().before;
}

template <class Wants>
void Shard::walk_again(Session& session, std::int64_t position, Wants wants) {
    const auto behind = std::ranges::upper_bound(
        ring_, position, {}, [](const Ringed& one) { return one.batch->batch().last_position; });
    for (auto ringed = behind; ringed != ring_.end(); ++ringed) {
        const Batch& batch = ringed->batch->batch();
        for (std::size_t i = 0; i < batch.effects.size(); ++i)
            if (wants(batch, batch.effects[i])) walk_for(session, *ringed->batch, i);
    }
}

void Shard::replay(Session& session, std::int64_t position) {
    walk_again(session, position, [&](const Batch& batch, const Effect&) { return session.awaits(batch); });
}

void Shard::replay_blocks(Session& session, std::int64_t position) {
    for (const Ringed& ringed : ring_) {
        const Batch& batch = ringed.batch->batch();
        if (batch.last_position <= position) continue;
        for (const Effect& effect : batch.effects) {
            const auto* own = std::get_if<AccountChange>(&effect);
            if (own != nullptr && own->account == session.account()) note_block(session, *own);
        }
    }
}

void Shard::replay_stream(Session& session, std::int64_t position, std::optional<ConversationKey> stream) {
    walk_again(session, position, [&](const Batch& batch, const Effect& effect) {
        return session.awaits(batch, stream) && concerns(effect, session.account(), stream);
    });
}

void Shard::join(Session& session) {
    accounts_.add(session.account(), session);
    for (const ConversationKey conversation : session.open_conversations())
        conversations_.add(conversation, session);
}

void Shard::leave(Session& session) {
    accounts_.remove(session.account(), session);
    for (const ConversationKey conversation : session.open_conversations()) {
        conversations_.remove(conversation, session);
    }
}

void Shard::open(Session& session, ConversationKey conversation) {
    conversations_.add(conversation, session);
}

void Shard::close(Session& session, ConversationKey conversation) {
    conversations_.remove(conversation, session);
}

}  // namespace parley::server
