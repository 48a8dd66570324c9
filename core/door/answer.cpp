#include "core/door/answer.hpp"

#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <vector>

namespace parley::core {
namespace {

using protocol::DoorAct;
using protocol::DoorReply;

/// As many as a reply may carry (7_door.yaml).
constexpr std::int64_t outbox_shown_max = 1000;

template <class View, class Out>
void put(const std::vector<View>& views, std::vector<Out>& out) {
    out.reserve(views.size());
    for (const View& view : views)
        out.push_back(door_view(view));
}

/// A core that has ended still says so; its outbox is the next one's to count.
bool has_ended(const Client& client) {
    const Connection connection = client.connection();
    return connection == Connection::lease_lost || connection == Connection::broken;
}

void put_status(const Client& client, DoorReply& reply, Now now) {
    if (has_ended(client)) {
        reply.status = protocol::DoorStatus{.connection = door_connection(client.connection())};
        return;
    }
    const OutboxCount outbox = client.outbox_count();
    reply.status = protocol::DoorStatus{.connection = door_connection(client.connection()),
                                        .account = client.account(),
                                        .device = client.device(),
                                        .waiting = outbox.waiting,
                                        .failed = outbox.failed,
                                        .server_time = client.server_time(now)};
}

Status put_outbox(const Client& client, const protocol::DoorListQuery& part, DoorReply& reply) {
    TRY_ASSIGN(const auto found,
               client.outbox(static_cast<std::size_t>(part.offset), static_cast<std::size_t>(part.limit)));
    put(found, reply.outbox);
    return {};
}

Status act(Client& client, DoorAct what, DoorReply& reply, Now now) {
    switch (what) {
        case DoorAct::connect:
            client.connect(now);
            return {};
        case DoorAct::disconnect:
            client.disconnect(now);
            return {};
        case DoorAct::sign_out:
            client.sign_out(now);
            return {};
        case DoorAct::erase:
            client.erase(now);
            return {};
        case DoorAct::status:
            put_status(client, reply, now);
            return {};
        case DoorAct::outbox:
            return put_outbox(client, {.limit = outbox_shown_max}, reply);
        case DoorAct::badge: {
            TRY_ASSIGN(reply.badge, client.badge());
            return {};
        }
        case DoorAct::blocked: {
            TRY_ASSIGN(const auto blocked, client.blocked());
            put(blocked, reply.blocked);
            return {};
        }
        case DoorAct::devices:
            break;
    }
    TRY_ASSIGN(const auto devices, client.devices());
    put(devices, reply.devices);
    return {};
}

Status read(Client& client, const protocol::DoorRequest& request, DoorReply& reply) {
    if (const auto& list = request.conversations) {
        TRY_ASSIGN(const auto found, client.conversations(static_cast<std::size_t>(list->offset),
                                                          static_cast<std::size_t>(list->limit)));
        put(found, reply.conversations);
    } else if (request.conversation) {
        TRY_ASSIGN(const auto found, client.conversation(*request.conversation));
        if (found) reply.conversations.push_back(door_view(*found));
    } else if (const auto& part = request.window) {
        const WindowQuery query{.around = part->around,
                                .before = part->before,
                                .after = part->after,
                                .limit = static_cast<std::size_t>(part->limit)};
        const protocol::Target target =
            part->target ? *part->target : protocol::Target{.stream = part->stream};
        TRY_ASSIGN(const auto found, client.window(target, query));
        reply.window = door_view(found);
    } else if (request.outbox) {
        return put_outbox(client, *request.outbox, reply);
    } else if (request.settled) {
        TRY_ASSIGN(const auto found, client.settled(request.settled->ids));
        put(found, reply.settled);
    } else if (request.members) {
        TRY_ASSIGN(const auto found, client.members(*request.members));
        put(found, reply.members);
    } else if (request.pins) {
        TRY_ASSIGN(const auto found, client.pins(*request.pins));
        put(found, reply.pins);
    }
    return {};
}

Status carry_out(Client& client, const protocol::DoorRequest& request, DoorReply& reply, Now now) {
    if (request.act) return act(client, *request.act, reply, now);
    if (request.registration) {
        client.register_account(*request.registration, now);
    } else if (request.sign_in) {
        client.sign_in(*request.sign_in, now);
    } else if (request.retry) {
        TRY_ASSIGN(const Uuid again, client.retry(*request.retry, now));
        reply.accepted.push_back(again);
    } else if (request.discard) {
        return client.discard(*request.discard, now);
    } else if (request.look) {
        client.look(request.look->streams, now, request.look->viewer);
    } else if (const auto& typing = request.typing) {
        client.type(typing->stream, typing->kind.value_or(protocol::TypingKind::text), now);
    } else {
        return read(client, request, reply);
    }
    return {};
}

/// Whether the command itself is at fault, and not this device.
bool is_refusal(const Error& error) {
    return class_of(error.code) == ErrorClass::permanent;
}

}  // namespace

DoorReply answer(Client& client, const protocol::DoorRequest& request, Now now) {
    DoorReply reply;
    if (const auto done = carry_out(client, request, reply, now); !done) {
        reply = DoorReply{.failure = door_failure(done.error())};
    }
    reply.call = request.call;
    return reply;
}

DoorReply submit(Client& client, std::span<const protocol::Envelope> commands, Now now) {
    DoorReply reply;
    for (const protocol::Envelope& command : commands) {
        const auto id = client.submit(command.payload, now, command.id);
        if (id) {
            reply.accepted.push_back(*id);
        } else if (is_refusal(id.error())) {
            reply.refused.push_back(
                {.command = command.id.value_or(Uuid{}), .failure = door_failure(id.error())});
        } else {
            reply.failure = door_failure(id.error());
            break;
        }
    }
    return reply;
}

DoorReply submit(Client& client, std::string_view frame, protocol::Encoding encoding, Now now) {
    const auto decoded = protocol::decode_frame(frame, encoding);
    if (!decoded) return {.failure = door_failure(decoded.error())};
    DoorReply reply;
    std::vector<protocol::Envelope> commands;
    for (const protocol::Decoded& one : *decoded) {
        if (const auto* command = std::get_if<protocol::Envelope>(&one)) {
            commands.push_back(*command);
        } else {
            const auto& rejected = std::get<protocol::Rejected>(one);
            reply.refused.push_back(
                {.command = rejected.id.value_or(Uuid{}), .failure = door_failure(rejected.error)});
        }
    }
    DoorReply taken = submit(client, commands, now);
    reply.failure = std::move(taken.failure);
    reply.accepted = std::move(taken.accepted);
    reply.refused.insert(reply.refused.end(), std::make_move_iterator(taken.refused.begin()),
                         std::make_move_iterator(taken.refused.end()));
    return reply;
}

}  // namespace parley::core
