#pragma once

#include "protocol/generated/cpp/limits.hpp"
#include "server/api/http_call.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// What a call says as a message of the protocol, out of path, query and body. Segments of a path are plain
/// (http_target.hpp), so that nothing in them needs escaping. `malformed` or `invalid` where it says none.
namespace parley::server::payloads {

using protocol::Payload;

/// A message to the person {account}.
Result<Payload> send_direct(const HttpCall& call);
Result<Payload> remove_member(const HttpCall& call);
Result<Payload> give_role(const HttpCall& call);
Result<Uuid> message_of(const HttpCall& call);
Result<Payload> delete_message(const HttpCall& call);
Result<Payload> read_message_history(const HttpCall& call);
Result<Payload> list_links(const HttpCall& call);
Result<Payload> revoke_link(const HttpCall& call);
Result<Payload> revoke_device(const HttpCall& call);
Result<Payload> block(const HttpCall& call);
Result<Payload> unblock(const HttpCall& call);
/// As `decode` does for the socket: 1 up to a page.
Result<std::optional<std::int64_t>> limit_of(const HttpCall& call);
Result<Payload> read_page(const HttpCall& call);
Result<Payload> read_changes(const HttpCall& call);

Result<protocol::Typing> typing(const HttpCall& call);

/// A command on the conversation {stream}; the rest of its payload is the body.
template <class T>
Result<Payload> on_stream(const HttpCall& call) {
    return call.body_with_target<T>("{\"stream\":\"" + call.parameter("stream") + "\"}");
}

template <class T>
Result<Payload> as_body(const HttpCall& call) {
    return call.body<T>();
}

/// What is done to a message, and whose it is, stands in the body.
template <class Command>
Result<Payload> done_to_message(const HttpCall& call) {
    TRY_ASSIGN(const Uuid message, message_of(call));
    return call.body_with_fields<Command>("\"message\":\"" + message.text() + "\",\"target\":{\"stream\":\"" +
                                          call.parameter("stream") + "\"}");
}

template <protocol::RowKind kind>
Result<Payload> read_rows(const HttpCall& call) {
    protocol::Rows rows;
    rows.stream = StreamId(call.parameter("stream"));
    rows.kind = kind;
    TRY_ASSIGN(const auto after, call.target.number("after"));
    rows.after = after.value_or(0);
    TRY_ASSIGN(rows.limit, limit_of(call));
    return rows;
}

}  // namespace parley::server::payloads
