#include "server/api/busy.hpp"
#include "server/api/commands.hpp"
#include "server/api/encoding.hpp"
#include "server/api/http_api.hpp"
#include "server/api/http_call.hpp"
#include "server/api/http_payloads.hpp"
#include "server/api/reads.hpp"
#include "server/store/view.hpp"

#include <algorithm>
#include <utility>

namespace parley::server {

namespace {

using protocol::Encoding;

/// What a read brought, as the body of the answer.
using Body = Result<std::string>;

/// Says in the log what nobody could read; the caller then gets `internal`.
template <class T>
Body written(const T& answer, Log& log) {
    Body body = protocol::try_encode(answer, Encoding::json);
    if (!body) log_unreadable(log, "an answer of HTTP");
    return body;
}

Body written(const protocol::Envelope& envelope, Log& log) {
    std::string body;
    const Status appended = protocol::try_append_envelope(body, envelope, Encoding::json);
    if (appended) return body;
    log_unreadable(log, name_of(envelope.type()));
    return fail(appended.error());
}

void answer_with(HttpCall& call, const Body& body) {
    if (body) return call.answer_json(200, *body);
    // What an error of ours says is for the log.
    if (body.error().code == ErrorCode::internal) return call.refuse({ErrorCode::internal, {}, 0, {}});
    call.refuse(body.error());
}

}  // namespace

void HttpApi::serve_message(const SharedCall& call) {
    auto payload = call->route->parse(*call);
    if (!payload) return call->refuse(payload.error());
    if (std::holds_alternative<protocol::LinkLook>(*payload)) {
        const auto wait = shard_.ports().limits.take_link_try(call->claims.account, shard_.now().instant);
        if (wait) return call->refuse(too_many_links(*wait));
        return serve_read(call, std::move(*payload));
    }
    if (call->request.method == "GET" || std::holds_alternative<protocol::ProfileFind>(*payload)) {
        return serve_read(call, std::move(*payload));
    }
    serve_command(call, std::move(*payload));
}

void HttpApi::serve_read(const SharedCall& call, protocol::Payload request) {
    struct Brought {
        Body body = not_read();
        std::optional<std::int64_t> floor;
    };
    auto brought = std::make_shared<Brought>();  // by the read and by what follows it
    with_device(
        call,
        [brought, read = to_read(call->claims.account, std::move(request), shard_.now().wall),
         at = shard_.now().wall, &log = shard_.ports().log](Snapshot& snapshot) {
            auto answer = read(snapshot);
            if (!answer) {
                brought->body = fail(std::move(answer.error()));
                return;
            }
            if (const auto* refusal = std::get_if<protocol::ErrorReply>(&answer->payload)) {
                brought->body = fail(refusal->code, refusal->message);
                brought->floor = refusal->floor;
                return;
            }
            answer->timestamp = at;
            brought->body = written(*answer, log);
        },
        [call, brought] {
            if (!brought->floor) return answer_with(*call, brought->body);
            call->answer(problem(brought->body.error(), 0, brought->floor));
        });
}

namespace {

/// What the envelope's `follows` says on the socket.
Result<std::optional<Uuid>> follows_of(const HttpRequest& request) {
    if (request.follows.empty()) return std::optional<Uuid>();
    if (const auto id = Uuid::parse(request.follows)) return id;
    return fail({ErrorCode::invalid, "The header Parley-Follows names a command by its id, a UUID.", 0,
                 "Parley-Follows"});
}

}  // namespace

void HttpApi::serve_command(const SharedCall& call, protocol::Payload request) {
    if (std::holds_alternative<protocol::MessageSend>(request)) shard_.ports().metrics.messages_in.add();
    auto command = to_command(std::move(request));
    if (!command) return call->refuse({ErrorCode::internal, "This route has no command.", 0, {}});
    auto id = command_id(Uuid::parse(call->request.idempotency_key));
    if (!id) {
        Error error = id.error();
        error.context = "Send the header Idempotency-Key with a UUID of version 7.";
        error.field = "Idempotency-Key";
        return call->refuse(error);
    }
    const auto follows = follows_of(call->request);
    if (!follows) return call->refuse(follows.error());
    auto shared = std::make_shared<Command>(std::move(*command));  // until the device is known to be present
    with_device(call, nullptr, [this, call, shared, id = *id, follows = *follows] {
        const Now now = shard_.now();
        if (const auto cost = rate_cost(*shared); cost > 0) {
            if (const auto wait =
                    shard_.ports().limits.take_message(call->claims.account, now.instant, cost)) {
                return call->refuse({ErrorCode::rate_limited, "Too many commands; slow down.", wait->ms, {}});
            }
        }
        if (std::holds_alternative<protocol::LinkJoin>(*shared)) {
            const auto wait = shard_.ports().limits.take_link_try(call->claims.account, now.instant);
            if (wait) return call->refuse(too_many_links(*wait));
        }
        Origin origin;
        origin.account = call->claims.account;
        origin.device = call->claims.device;
        origin.command = id;
        origin.follows = follows;
        origin.received = call->received;
        const auto* revoke = std::get_if<protocol::DeviceRevoke>(shared.get());
        const bool leaves = revoke != nullptr && revoke->device == to_id(origin.device);
        const bool queued = shard_.submit_call(
            origin, std::move(*shared), [this, call, id, leaves](const Result<Answer>& answer) {
                // Another shard may have said already that the device is signed out: then it hears nothing
                // else, be it a refusal.
                if (const Status still = shard_.check_not_revoked(call->claims.device); !still && !leaves)
                    return call->refuse(still.error());
                if (!answer) return call->refuse(answer.error());
                answer_with(*call, written(answer_envelope(id, *answer), *call->log));
            });
        if (!queued) call->refuse(busy());
    });
}

void HttpApi::serve_acks(const SharedCall& call) {
    auto ack = call->body<protocol::Ack>();
    if (!ack) return call->refuse(ack.error());
    auto shared =
        std::make_shared<protocol::Ack>(std::move(*ack));  // until the device is known to be present
    with_device(call, nullptr, [this, call, shared] {
        shard_.collect_acks(call->claims.account, call->claims.device, *shared);
        call->answer({.status = 204, .content_type = {}, .body = {}, .headers = {}});
    });
}

void HttpApi::serve_typing(const SharedCall& call) {
    const auto typing = payloads::typing(*call);
    if (!typing) return call->refuse(typing.error());
    struct Found {
        Result<ConversationKey> conversation = not_read();
        std::vector<AccountKey> blocked;
        std::int64_t position = 0;
    };
    auto found = std::make_shared<Found>();  // by the read and by what follows it
    with_device(
        call,
        [found, account = call->claims.account, stream = typing->stream](Snapshot& snapshot) {
            found->conversation = conversation_of(snapshot, account, stream);
            found->blocked = blocked_by(snapshot, account);
            found->position = snapshot.position();
        },
        [this, call, found, kind = typing->kind.value_or(protocol::TypingKind::text)] {
            if (!found->conversation) return call->refuse(found->conversation.error());
            call->answer({.status = 204, .content_type = {}, .body = {}, .headers = {}});
            if (!shard_.ports().limits.take_typing(call->claims.account, shard_.now().instant)) return;
            shard_.tell_typing({.conversation = *found->conversation,
                                .account = call->claims.account,
                                .kind = kind,
                                .position = found->position,
                                .unheard_by = share(std::move(found->blocked))});
        });
}

void HttpApi::serve_conversations(const SharedCall& call) {
    const auto after = call->target.number("after");
    if (!after) return call->refuse(after.error());
    serve_own(call, [account = call->claims.account, after = after->value_or(0)](Snapshot& snapshot) {
        return conversation_states(snapshot, account, after);
    });
}

void HttpApi::serve_devices(const SharedCall& call) {
    serve_own(call,
              [account = call->claims.account](Snapshot& snapshot) { return devices(snapshot, account); });
}

void HttpApi::serve_blocks(const SharedCall& call) {
    serve_own(call,
              [account = call->claims.account](Snapshot& snapshot) { return blocks(snapshot, account); });
}

void HttpApi::serve_profile(const SharedCall& call) {
    serve_own(call,
              [account = call->claims.account](Snapshot& snapshot) { return profile(snapshot, account); });
}

template <class Read>
void HttpApi::serve_own(const SharedCall& call, Read read) {
    auto body = std::make_shared<Body>(not_read());  // by the read and by what follows it
    with_device(
        call,
        [body, read = std::move(read), &log = shard_.ports().log](Snapshot& snapshot) {
            const auto found = read(snapshot);
            *body = found ? written(*found, log) : Body(fail(found.error()));
        },
        [call, body] { answer_with(*call, *body); });
}

}  // namespace parley::server
