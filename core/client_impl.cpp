#include "core/client_impl.hpp"

#include "core/chance.hpp"
#include "core/commands.hpp"
#include "core/lease.hpp"
#include "core/schema.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

/// The longest time in which a server that owes answers gives none, while its connection lives.
constexpr Duration reply_time_max = seconds(120);
/// What the server says of its clock meanwhile may be something else.
constexpr Duration unmuting_wait_max = seconds(24 * 3600);

}  // namespace

Status Client::Impl::open(Now now) {
    now_ = now;
    TRY(migrate(database_));
    // In one transaction, so that an opening that fails leaves an earlier owner what it has.
    Transaction transaction(database_);
    TRY_ASSIGN(std::int64_t generation, take_lease(database_));
    TRY(identity_.load());
    TRY(conversations_.load());
    TRY(own_settings_.load());
    TRY(blocks_.load());
    TRY(outbox_.load());
    TRY(streams_.load());
    TRY(look_again());
    TRY(transaction.commit());
    database_.guard_with(generation);
    opened_at_ = now.instant;
    opened_time_ = mutes_seen_at_ = identity_.get().heard_at;
    watch_mutes();
    handle_lost_connection();
    output_.discard();
    told_ = connection();
    return {};
}

/// Where the version that opened this last could read other rows than this one.
Status Client::Impl::look_again() {
    TRY_ASSIGN(const std::int64_t stamp, reader_stamp(database_));
    if (stamp == protocol::rows_stamp) return {};
    TRY(account_.look_again());
    TRY(streams_.look_again());
    TRY(conversations_.flush());
    TRY(identity_.flush());
    return set_reader_stamp(database_, protocol::rows_stamp);
}

Connection Client::Impl::connection() const {
    if (ended_) return *ended_;
    if (credentials_.leaving()) return Connection::offline;
    return session_.connection(!pulls_.owes_anything());
}

Status Client::Impl::standing() const {
    if (!ended_) return {};
    return fail(ErrorCode::unavailable, *ended_ == Connection::lease_lost
                                            ? "another core owns the local database now: ask that one"
                                            : "the local database failed: open it again");
}

/// What follows from an input, whatever it was: more is sent where that is possible, and what stands in
/// memory is written back.
Status Client::Impl::settle() {
    if (!session_.has_socket()) handle_lost_connection();
    TRY(streams_.settle());
    receipts_.handle_pings(session_.pings_sent(), now_.instant);
    pulls_.note_changed();
    if (session_.can_send()) {
        const bool live = session_.phase() == Session::Phase::live;
        TRY(outbox_.pump(now_, live));
        TRY(pulls_.pump(now_));
        if (live && !pulls_.owes_anything()) handle_caught_up();
        receipts_.note_changed();
        // Before the resume has ended it may be another epoch in which these numbers mean something else.
        if (live) receipts_.pump(now_.instant);
    }
    typing_.pump(session_.phase() == Session::Phase::live, now_.instant);
    watch_replies();
    watch_mutes();
    TRY(conversations_.flush());
    TRY(identity_.flush());
    outbox_.touch_forwards();
    TRY(watch_badge());
    if (const Connection now_connected = connection(); told_ != now_connected) {
        told_ = now_connected;
        output_.notify(Notice{ConnectionChanged{now_connected}});
    }
    // Only the owner speaks for this device, even where nothing is written.
    return output_.speaks() ? database_.begin() : Status{};
}

void Client::Impl::handle_caught_up() {
    pulls_.handle_caught_up();
    if (!std::exchange(caught_up_, true)) note_heard();
}

/// A server that answers nothing for long while it is alive has lost a question; on a new connection all are
/// asked again.
void Client::Impl::watch_replies() {
    const bool answered = std::exchange(answered_, false);
    const bool owed =
        session_.phase() == Session::Phase::resuming || outbox_.in_flight() > 0 || pulls_.in_flight() > 0;
    if (!owed)
        timers_.stop(Timer::reply);
    else if (answered || !timers_.running(Timer::reply))
        timers_.set(Timer::reply, now_.instant + reply_time_max);
}

WallTime Client::Impl::server_time() const {
    return session_.server_time(now_.instant).value_or(opened_time_ + (now_.instant - opened_at_));
}

/// Mutes that end by themselves show, and count, at that moment.
void Client::Impl::watch_mutes() {
    const WallTime before = std::exchange(mutes_seen_at_, server_time());
    const WallTime time = mutes_seen_at_;
    own_settings_.handle_time(before, time);
    outbox_.handle_time(before, time);
    auto next = own_settings_.next_unmuting(time);
    if (const auto waiting = outbox_.next_unmuting(time); waiting && (!next || *waiting < *next))
        next = waiting;
    if (next)
        timers_.set(Timer::unmuting, now_.instant + std::min(*next - time, unmuting_wait_max));
    else
        timers_.stop(Timer::unmuting);
}

/// Looked at only where somebody has asked for it, and where something has changed that a list shows.
Status Client::Impl::watch_badge() {
    if (!badge_told_ || !output_.list_touched()) return {};
    TRY_ASSIGN(const std::int64_t badge, views_.badge(server_time()));
    if (std::exchange(badge_told_, badge) != badge) output_.notify(Notice{BadgeChanged{}});
    return {};
}

void Client::Impl::handle_lost_connection() {
    outbox_.handle_disconnected();
    pulls_.handle_disconnected();
    receipts_.handle_disconnected();
    account_.handle_disconnected();
    streams_.handle_disconnected();
    typing_.handle_disconnected();
    caught_up_ = false;
}

void Client::Impl::end() {
    output_.discard();
    database_.rollback();
    ended_ = database_.lease_lost() ? Connection::lease_lost : Connection::broken;
    if (session_.has_socket()) output_.close_socket(static_cast<std::uint16_t>(CloseCode::going_away));
    output_.notify(Notice{ConnectionChanged{*ended_}});
    output_.release(std::nullopt);
}

Status Client::Impl::handle_outcome(Credentials::Outcome outcome) {
    using Outcome = Credentials::Outcome;
    switch (outcome) {
        case Outcome::nothing:
            return {};
        case Outcome::renewed:
            session_.handle_renewed(now_);
            return {};
        case Outcome::sign_in_needed:
            session_.rest(Session::Rest::signed_out);
            return {};
        case Outcome::revoked:
            return erase(Session::Rest::revoked);
        case Outcome::left:
            output_.notify(Notice{SignOutEnded{credentials_.failure()}});
            return {};
        case Outcome::sign_in_failed:
            output_.notify(Notice{SignInEnded{credentials_.failure()}});
            // A token that is kept is tried again, as before.
            if (session_.wanted() && identity_.get().signed_in()) session_.connect(now_);
            return {};
        case Outcome::signed_in:
            session_.handle_signed_in();
            // To the server this is another device, which has acknowledged nothing.
            for (const auto& [stream, conversation] : conversations_.all()) {
                conversation->acked = conversation->ack_sent = 0;
                conversations_.changed(*conversation);
            }
            output_.notify(Notice{SignInEnded{}});
            if (session_.wanted()) session_.connect(now_);
            return {};
    }
    return {};
}

void Client::Impl::sign_in_refused(std::string why) {
    output_.notify(Notice{SignInEnded{Error{ErrorCode::invalid, std::move(why), 0, {}}}});
}

/// Forgets everything that this device holds.
Status Client::Impl::erase(Session::Rest why) {
    session_.rest(why);
    credentials_.stop();
    handle_lost_connection();
    TRY(erase_everything(database_));
    outbox_.clear();
    own_settings_.clear();
    blocks_.clear();
    pulls_.clear();
    receipts_.clear();
    typing_.clear();
    rows_.clear();
    conversations_.clear();
    profiles_.clear();
    identity_.clear();
    output_.touch_list();
    return {};
}

Result<Uuid> Client::Impl::submit(protocol::Payload command, Now now, std::optional<Uuid> id) {
    if (!identity_.get().known()) return fail(ErrorCode::not_signed_in, "sign in first");
    if (id) {
        if (id->version() != 4 && id->version() != 7)
            return fail(Error{ErrorCode::invalid, "a command's id is a UUID of version 7 or 4", 0, "id"});
        TRY_ASSIGN(bool known, outbox_.knows(*id));
        if (known) return *id;
    }
    TRY(check_command(command));
    const Uuid chosen = id.value_or(make_uuid(primitives_, now.wall));
    // Whoever names himself says nothing more than who names nobody.
    std::visit(
        [&](auto& one) {
            if constexpr (requires { one.sender.reset(); })
                if (one.sender == identity_.get().account) one.sender.reset();
        },
        command);
    TRY(outbox_.add(chosen, command, now.wall));
    touch_for(protocol::type_of(command));
    if (const auto* send = std::get_if<protocol::MessageSend>(&command)) {
        TRY_ASSIGN(const auto stream, views_.stream_of(send->target));
        if (stream) typing_.handle_sent(*stream);
    }
    return chosen;
}

Result<WindowView> Client::Impl::window(const protocol::Target& target, const WindowQuery& query) {
    TRY_ASSIGN(const auto stream, views_.stream_of(target));
    if (!stream) return views_.pending_window(target, query);
    TRY_ASSIGN(auto window, views_.window(*stream, query));
    handle(now_, [&]() -> Status {
        pulls_.show(*stream);
        for (const auto& page : window.wanted)
            pulls_.want(*stream, page);
        return {};
    });
    return std::move(window.view);
}

std::optional<std::string> Client::Impl::check() const {
    for (const auto& [stream, conversation] : conversations_.all())
        if (auto wrong = Streams::check(*conversation)) return wrong;
    if (auto wrong = outbox_.check()) return wrong;
    if (pulls_.in_flight() > pulls_in_flight_max) return "pulls: too much in flight";
    if (!session_.has_socket() && (outbox_.in_flight() > 0 || pulls_.in_flight() > 0))
        return "something is in flight without a connection";
    return std::nullopt;
}

}  // namespace parley::core
