#include "base/mutant.hpp"
#include "server/api/encoding.hpp"
#include "server/api/reads.hpp"
#include "server/api/session.hpp"
#include "server/api/shard.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace parley::server {

namespace {

/// When the readers are busy, a resume tries again after this.
constexpr Duration part_retry = milliseconds(100);

void append(std::string& frame, const protocol::Envelope& envelope, protocol::Encoding encoding, Log& log) {
    std::string text;
    append_answer(text, envelope, encoding, log);
    protocol::append_to_frame(frame, text, encoding);
}

}  // namespace

void Session::begin_resume(std::optional<Uuid> re, const protocol::Resume& request) {
    std::optional<SyncToken> token;
    if (request.token) {
        auto checked = shard_.ports().tokens.check_sync(*request.token, account_);
        if (!checked) {
            refuse(re, checked.error());
            return;
        }
        token = *checked;
    }
    ShardMetrics& metrics = shard_.ports().metrics;
    (token ? metrics.resumes_continued : metrics.resumes_fresh).add();
    if (token && attempt_ == 0) metrics.reconnects.add();
    if (sync_ == Sync::resuming) metrics.resumes_cut_short.add();
    if (listens()) shard_.leave(*this);
    // What is queued goes out before the first part, and a token in it stays true: the parts only add to it.
    restart_resume(token);
}

void Session::restart_resume(const std::optional<SyncToken>& token) {
    sync_ = Sync::resuming;
    open_ = {};
    subscribed_ = {};
    ++attempt_;
    awaits_epoch_ = false;
    // What was dropped is read anew.
    overflow_.reset();
    resume_token_ = token;
    shard_.mark_dirty(*this);
}

void Session::read_part() {
    // Nor while the kernel has not taken the last frame: who reads nothing then costs nothing. And one at a
    // time, whatever it is read for: who asks to resume again and again must not fill the readers' queue.
    if (reading_part_ || awaits_epoch_ || writing_ || !outbound_.empty()) return;
    struct Part {
        Result<ResumePart> part = not_read();
        std::string text;
    };
    auto part = std::make_shared<Part>();  // by the read and by what follows it
    const bool reading = shard_.ports().reads.submit(
        shard_.options().number,
        [part, account = account_, token = resume_token_, encoding = encoding_,
         &log = shard_.ports().log](Snapshot& snapshot) {
            part->part = resume_part(snapshot, account, token);
            if (!part->part) return;
            for (const protocol::Envelope& envelope : part->part->envelopes)
                append(part->text, envelope, encoding, log);
        },
        [&shard = shard_, key = key_, attempt = attempt_, part] {
            if (Session* session = shard.find(key))
                session->handle_part(attempt, part->part, std::move(part->text));
        });
    reading_part_ = reading;
    if (!reading) retry_at_ = shard_.now().instant + part_retry;
}

void Session::handle_part(std::uint32_t attempt, const Result<ResumePart>& read, std::string text) {
    reading_part_ = false;
    if (closed() || sync_ != Sync::resuming) return;
    if (attempt != attempt_) {
        shard_.mark_dirty(*this);
        return;
    }
    if (!read) {
        refuse(std::nullopt, read.error());
        close(CloseCode::internal);
        return;
    }
    if (read->ahead) {
        report_ahead();
        return;
    }
    ResumePart part = *read;
    if (mutant(Mutant::token_after_data) && part.finished)
        part.position = part.token.position = std::max(part.position, shard_.walked());
    resume_token_ = part.token;
    const bool goes_live = part.finished && shard_.replays_from(part.position);
    protocol::Envelope last;
    last.timestamp = shard_.now().wall;
    if (goes_live) {
        last.payload = protocol::Resumed{.token = sealed(part.token), .epoch = part.token.epoch};
    } else {
        last.payload = protocol::Sync{.token = sealed(part.token)};
    }
    append(text, last, encoding_, shard_.ports().log);
    push_reply(std::make_shared<const std::string>(std::move(text)));
    if (goes_live && !closed()) go_live(part);
}

/// What this device holds was committed by a store that is gone. Nothing is read for it until it comes back:
/// with the epoch that the writer begins, or where that fails, later, this session ends.
void Session::report_ahead() {
    awaits_epoch_ = true;
    log(LogLevel::info, "ahead of the store", {{"position", resume_token_->position}});
    if (!shard_.submit(*this, std::nullopt, std::nullopt, TokenAhead{*resume_token_}))
        close(CloseCode::try_later);
}

void Session::go_live(const ResumePart& part) {
    shard_.ports().metrics.resumes_finished.add();
    sync_ = Sync::live;
    live_from_ = part.position;
    live_epoch_ = part.token.epoch;
    account_seq_ = part.token.account_seq;
    open_ = part.open;
    blocked_ = share(part.blocked);
    resume_token_.reset();
    shard_.join(*this);
    // The part was read while batches went by; they are told now. Those up to `live_from_` stand in the part.
    if (!mutant(Mutant::nothing_replayed)) shard_.replay(*this, part.position);
}

void Session::fall_back() {
    assert(live());
    shard_.ports().metrics.resumes_fallen_back.add();
    log(LogLevel::info, "fell back", {{"queued_bytes", outbound_.bytes()}});
    const std::optional<Coverage> dropped = outbound_.drop_changes();
    const Coverage now{.position = std::max(shard_.walked(), live_from_), .account_seq = account_seq_};
    const Coverage covered = mutant(Mutant::dropped_changes_covered) ? now
                             : dropped                               ? *dropped
                             : overflow_                             ? *overflow_
                                                                     : now;
    shard_.leave(*this);
    restart_resume(SyncToken{.epoch = epoch(),
                             .life = shard_.options().life,
                             .position = covered.position,
                             .account_seq = covered.account_seq});
    count_queued();
}

std::optional<SyncToken> Session::token() const {
    const bool owes = !live() || overflow_;
    if (owes && !mutant(Mutant::pong_token_while_resuming)) return std::nullopt;
    return SyncToken{.epoch = epoch(),
                     .life = shard_.options().life,
                     .position = std::max(shard_.walked(), live_from_),
                     .account_seq = account_seq_};
}

std::int64_t Session::epoch() const {
    return std::max(shard_.epoch(), live_epoch_);
}

std::string Session::sealed(const SyncToken& token) const {
    return shard_.ports().tokens.make_sync(token, account_);
}

bool Session::handle_change(SharedText text, const Batch& batch, Stamp received,
                            std::optional<std::int64_t> account_seq) {
    const Coverage before{.position = batch.first_position - 1, .account_seq = account_seq_};
    if (outbound_.bytes() + text->size() > shard_.session_queue_bytes_max()) {
        // Settled at the end of the turn: the lists that are being walked must not change now.
        overflow_ = before;
        shard_.mark_dirty(*this);
        return false;
    }
    outbound_.push_change(std::move(text), before, received);
    if (account_seq) account_seq_ = std::max(account_seq_, *account_seq);
    shard_.ports().metrics.changes_out.add();
    count_queued();
    return true;
}

void Session::handle_opened(ConversationKey conversation) {
    // Who has subscribed to something says so of each.
    if (!live()) return;
    const auto place = std::lower_bound(open_.begin(), open_.end(), conversation);
    if (place != open_.end() && *place == conversation) return;
    if (mutant(Mutant::joined_stream_not_opened)) return;
    open_.insert(place, conversation);
    shard_.open(*this, conversation);
}

bool Session::has_open(ConversationKey conversation) const {
    return std::binary_search(open_.begin(), open_.end(), conversation);
}

void Session::handle_closed(ConversationKey conversation) {
    if (std::erase(open_, conversation) > 0) shard_.close(*this, conversation);
    std::erase_if(subscribed_, [&](const Subscribed& one) { return one.stream == conversation; });
}

}  // namespace parley::server
