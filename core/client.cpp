#include "core/client.hpp"

#include "core/chance.hpp"
#include "core/client_impl.hpp"
#include "core/commands.hpp"
#include "core/lease.hpp"
#include "core/recorded.hpp"
#include "core/rules/text.hpp"
#include "core/schema.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

using protocol::DoorAct;
using protocol::DoorInput;
using protocol::DoorRequest;

namespace {

constexpr auto door_list_max = static_cast<std::size_t>(limits::door_list_max);

DoorInput wish(DoorRequest request) {
    return {.request = std::move(request)};
}

}  // namespace

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(ClientOptions options, Database& database,
                                             Primitives& primitives, Now now) {
    auto impl = std::make_unique<Impl>(std::move(options), database, primitives);
    Recorded recorded(impl->options_.recorder, [&](Recorder& to) { to.opens(impl->options_, now); });
    TRY(recorded.reply(impl->open(now)));
    return std::unique_ptr<Client>(new Client(std::move(impl)));
}

// Getters.

Connection Client::connection() const {
    return impl_->connection();
}

std::optional<AccountId> Client::account() const {
    const Identity& identity = impl_->identity_.get();
    if (impl_->ended_ || !identity.known()) return std::nullopt;
    return identity.account;
}

std::optional<DeviceId> Client::device() const {
    const Identity& identity = impl_->identity_.get();
    if (impl_->ended_ || !identity.known()) return std::nullopt;
    return identity.device;
}

Result<std::vector<ConversationView>> Client::conversations(std::size_t offset, std::size_t limit) const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] {
        return wish({.conversations = protocol::DoorListQuery{static_cast<std::int64_t>(offset),
                                                              static_cast<std::int64_t>(limit)}});
    });
    return recorded.reply(impl_->views_.conversations(offset, limit, impl_->server_time()));
}

Result<std::optional<ConversationView>> Client::conversation(const StreamId& stream) const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] { return wish({.conversation = stream}); });
    auto view = impl_->views_.conversation(stream, impl_->server_time());
    if (view && *view && (*view)->present) (*view)->typing = impl_->typing_.of(stream);
    return recorded.reply(std::move(view));
}

Result<WindowView> Client::window(const StreamId& stream, WindowQuery query) {
    return window(protocol::Target{.stream = stream}, query);
}

Result<WindowView> Client::window(const protocol::Target& target, WindowQuery query) {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] {
        protocol::DoorWindowQuery asked{.around = query.around,
                                        .before = query.before,
                                        .after = query.after,
                                        .limit = static_cast<std::int64_t>(query.limit)};
        if (target.stream)
            asked.stream = target.stream;
        else
            asked.target = target;
        return wish({.window = std::move(asked)});
    });
    return recorded.reply(impl_->window(target, query));
}

Result<std::vector<MemberView>> Client::members(const StreamId& stream) const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] { return wish({.members = stream}); });
    return recorded.reply(impl_->views_.members(stream));
}

Result<std::vector<PinView>> Client::pins(const StreamId& stream) const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] { return wish({.pins = stream}); });
    return recorded.reply(impl_->views_.pins(stream));
}

Result<std::vector<BlockedView>> Client::blocked() const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] { return wish({.act = DoorAct::blocked}); });
    return recorded.reply(impl_->views_.blocked());
}

Result<std::vector<DeviceView>> Client::devices() const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] { return wish({.act = DoorAct::devices}); });
    return recorded.reply(impl_->views_.devices());
}

Result<std::int64_t> Client::badge() const {
    TRY(impl_->standing());
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] { return wish({.act = DoorAct::badge}); });
    auto badge = impl_->views_.badge(impl_->server_time());
    if (badge) impl_->badge_told_ = *badge;
    return recorded.reply(std::move(badge));
}

std::optional<WallTime> Client::server_time(Now now) const {
    return impl_->session_.server_time(now.instant);
}

Result<std::vector<OutboxView>> Client::outbox(std::size_t offset, std::size_t limit) const {
    TRY(impl_->standing());
    limit = std::min(limit, door_list_max);
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] {
        return wish({.outbox = protocol::DoorListQuery{static_cast<std::int64_t>(offset),
                                                       static_cast<std::int64_t>(limit)}});
    });
    return recorded.reply(impl_->views_.outbox(offset, limit));
}

Result<std::vector<CommandSettled>> Client::settled(std::span<const Uuid> commands) const {
    TRY(impl_->standing());
    if (commands.size() > door_list_max)
        return fail(ErrorCode::invalid, "at most 1,000 commands are asked about at once");
    Recorded recorded(impl_->options_.recorder, impl_->now_, [&] {
        return wish({.settled = protocol::DoorCommands{{commands.begin(), commands.end()}}});
    });
    return recorded.reply(impl_->outbox_.settled(commands));
}

OutboxCount Client::outbox_count() const {
    return impl_->ended_ ? OutboxCount{} : impl_->views_.outbox_count();
}

std::optional<Instant> Client::next_timeout() const {
    if (impl_->ended_) return std::nullopt;
    return impl_->timers_.next();
}

bool Client::idle() const {
    const Impl& impl = *impl_;
    return !impl.ended_ && impl.session_.phase() == Session::Phase::live && impl.pulls_.idle() &&
           !impl.outbox_.waiting();
}

// Input.

void Client::handle_connected(Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [] { return DoorInput{.connected = true}; });
    impl_->handle(now, [&]() -> Status {
        impl_->session_.handle_connected(now);
        return {};
    });
}

void Client::handle_frame(std::string_view frame, Now now) {
    const Recorded recorded(impl_->options_.recorder, [&](Recorder& to) { to.takes_frame(frame, now); });
    impl_->handle(now, [&] { return impl_->handle_frame(frame); });
}

void Client::handle_disconnected(std::optional<std::uint16_t> close_code, Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [&] {
        return DoorInput{.disconnected = protocol::DoorDisconnected{close_code}};
    });
    impl_->handle(now, [&]() -> Status {
        if (impl_->session_.has_socket() && close_code == static_cast<std::uint16_t>(CloseCode::revoked))
            return impl_->erase(Session::Rest::revoked);
        impl_->session_.handle_disconnected(close_code, now);
        return {};
    });
}

void Client::handle_http_response(std::uint64_t call, int status, std::string_view body, Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [&] {
        return DoorInput{
            .answer = protocol::DoorAnswer{static_cast<std::int64_t>(call), status, std::string(body)}};
    });
    impl_->handle(now, [&] {
        return impl_->handle_outcome(impl_->credentials_.handle_response(call, status, body, now.instant));
    });
}

void Client::handle_timer(Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [] { return DoorInput{.timer = true}; });
    impl_->output_.timer_rang();
    impl_->handle(now, [&]() -> Status {
        impl_->session_.handle_timer(now);
        impl_->pulls_.handle_timer(now.instant);
        impl_->timers_.fired(Timer::outbox, now.instant);
        impl_->timers_.fired(Timer::ack, now.instant);
        impl_->timers_.fired(Timer::unmuting, now.instant);
        if (impl_->timers_.fired(Timer::reply, now.instant) && impl_->session_.has_socket())
            impl_->session_.drop(static_cast<std::uint16_t>(CloseCode::going_away), now);
        return impl_->handle_outcome(impl_->credentials_.handle_timer(now.instant));
    });
}

void Client::handle_network(bool up, Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [&] { return DoorInput{.network = up}; });
    impl_->handle(now, [&]() -> Status {
        impl_->session_.handle_network(up, now);
        return {};
    });
}

// Commands.

void Client::connect(Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [] { return wish({.act = DoorAct::connect}); });
    impl_->handle(now, [&]() -> Status {
        if (impl_->credentials_.busy())
            impl_->session_.want();
        else
            impl_->session_.connect(now);
        return {};
    });
}

void Client::disconnect(Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [] { return wish({.act = DoorAct::disconnect}); });
    impl_->handle(now, [&]() -> Status {
        impl_->session_.disconnect();
        return {};
    });
}

void Client::register_account(protocol::Registration registration, Now now) {
    const Recorded recorded(impl_->options_.recorder, now,
                            [&] { return wish({.registration = registration}); });
    impl_->handle(now, [&]() -> Status {
        if (impl_->identity_.get().known()) {
            impl_->sign_in_refused("this local database belongs to an account already");
            return {};
        }
        impl_->credentials_.register_account(registration, now.instant);
        return {};
    });
}

void Client::sign_in(protocol::SignIn sign_in, Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [&] { return wish({.sign_in = sign_in}); });
    impl_->handle(now, [&]() -> Status {
        if (impl_->credentials_.token_ended()) {
            const bool wanted = impl_->session_.wanted();
            impl_->session_.rest(Session::Rest::signed_out);
            if (wanted) impl_->session_.want();
        } else if (impl_->identity_.get().signed_in()) {
            impl_->sign_in_refused("this device is signed in already");
            return {};
        }
        impl_->credentials_.sign_in(sign_in, now.instant);
        return {};
    });
}

void Client::erase(Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [] { return wish({.act = DoorAct::erase}); });
    impl_->handle(now, [&] { return impl_->erase(Session::Rest::signed_out); });
}

void Client::sign_out(Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [] { return wish({.act = DoorAct::sign_out}); });
    impl_->handle(now, [&]() -> Status {
        const Identity leaving = impl_->identity_.get();
        TRY(impl_->erase(Session::Rest::signed_out));
        if (!leaving.signed_in()) return {};
        impl_->credentials_.sign_out(leaving, now.instant);
        return {};
    });
}

void Client::look(const std::vector<StreamId>& streams, Now now, std::int64_t viewer) {
    const Recorded recorded(impl_->options_.recorder, now, [&] {
        return wish({.look = protocol::DoorLook{.streams = streams, .viewer = viewer}});
    });
    impl_->handle(now, [&]() -> Status {
        impl_->typing_.look(viewer, streams);
        return {};
    });
}

void Client::type(const StreamId& stream, protocol::TypingKind kind, Now now) {
    const Recorded recorded(impl_->options_.recorder, now, [&] {
        return wish({.typing = protocol::DoorTyping{.stream = stream, .kind = kind}});
    });
    impl_->handle(now, [&]() -> Status {
        impl_->typing_.type(stream, kind, now.instant);
        return {};
    });
}

Result<Uuid> Client::submit(protocol::Payload command, Now now, std::optional<Uuid> id) {
    Recorded recorded(impl_->options_.recorder, [&](Recorder& to) { to.takes_command(command, id, now); });
    return recorded.reply(impl_->attempt<Uuid>(now, [&] { return impl_->submit(command, now, id); }));
}

Result<Uuid> Client::retry(const Uuid& command, Now now) {
    Recorded recorded(impl_->options_.recorder, now, [&] { return wish({.retry = command}); });
    return recorded.reply(impl_->attempt<Uuid>(now, [&]() -> Result<Uuid> {
        TRY_ASSIGN(const Uuid again, impl_->outbox_.retry(command, now.wall));
        if (const core::Command* waiting = impl_->outbox_.find(again)) impl_->touch_for(waiting->type);
        return again;
    }));
}

Status Client::discard(const Uuid& command, Now now) {
    Recorded recorded(impl_->options_.recorder, now, [&] { return wish({.discard = command}); });
    return recorded.reply(impl_->attempt<void>(now, [&] { return impl_->outbox_.discard(command); }));
}

// Output.

std::optional<Action> Client::poll_action() {
    return impl_->output_.poll();
}

std::optional<std::string> Client::check() const {
    return impl_->check();
}

}  // namespace parley::core
