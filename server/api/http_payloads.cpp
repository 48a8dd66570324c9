#include "server/api/http_payloads.hpp"

#include "protocol/payload_size.hpp"
#include "server/api/header_text.hpp"

namespace parley::server {

namespace {

bool is_json(std::string_view content_type) {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    return same_word(trimmed(type), "application/json");
}

}  // namespace

std::string HttpCall::parameter(std::string_view name) const {
    for (const auto& [known, value] : parameters) {
        if (known == name) return std::string(value);
    }
    return {};
}

Status HttpCall::check_body() const {
    if (!request.content_type.empty() && !is_json(request.content_type))
        return fail(ErrorCode::malformed, "Bodies are application/json.");
    return protocol::check_payload_size(request.body, protocol::Encoding::json);
}

namespace payloads {

namespace {

std::optional<AccountId> sender_of(const HttpCall& call) {
    const auto sender = call.target.parameter("sender");
    return sender ? std::optional(AccountId(std::string(*sender))) : std::nullopt;
}

}  // namespace

Result<Payload> send_direct(const HttpCall& call) {
    return call.body_with_target<protocol::MessageSend>("{\"direct\":\"" + call.parameter("account") + "\"}");
}

Result<Payload> remove_member(const HttpCall& call) {
    protocol::MemberRemove payload;
    payload.target.stream = StreamId(call.parameter("stream"));
    payload.account = AccountId(call.parameter("account"));
    return payload;
}

Result<Payload> give_role(const HttpCall& call) {
    return call.body_with_fields<protocol::MemberRole>("\"account\":\"" + call.parameter("account") +
                                                       "\",\"target\":{\"stream\":\"" +
                                                       call.parameter("stream") + "\"}");
}

Result<Uuid> message_of(const HttpCall& call) {
    const auto id = Uuid::parse(call.parameter("message"));
    if (!id) return fail({ErrorCode::malformed, "A message has a UUID for its id.", 0, "message"});
    return *id;
}

Result<Payload> delete_message(const HttpCall& call) {
    protocol::MessageDelete payload;
    payload.target.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(payload.message, message_of(call));
    payload.sender = sender_of(call);
    return payload;
}

Result<Payload> read_message_history(const HttpCall& call) {
    protocol::MessageHistory payload;
    payload.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(payload.message, message_of(call));
    payload.sender = sender_of(call);
    TRY_ASSIGN(const auto after, call.target.number("after"));
    payload.after = after.value_or(0);
    return payload;
}

Result<Payload> list_links(const HttpCall& call) {
    return protocol::LinkList{.stream = StreamId(call.parameter("stream"))};
}

Result<Payload> revoke_link(const HttpCall& call) {
    protocol::LinkRevoke payload;
    payload.target.stream = StreamId(call.parameter("stream"));
    payload.link = LinkId(call.parameter("link"));
    return payload;
}

Result<Payload> revoke_device(const HttpCall& call) {
    return protocol::DeviceRevoke{.device = DeviceId(call.parameter("device"))};
}

Result<Payload> block(const HttpCall& call) {
    return call.body_with_fields<protocol::BlockSet>("\"account\":\"" + call.parameter("account") + "\"");
}

Result<Payload> unblock(const HttpCall& call) {
    return protocol::BlockSet{.account = AccountId(call.parameter("account")), .blocked = false};
}

Result<std::optional<std::int64_t>> limit_of(const HttpCall& call) {
    TRY_ASSIGN(const std::optional<std::int64_t> limit, call.target.number("limit"));
    if (limit && (*limit < 1 || *limit > limits::page_rows_max)) {
        return fail({ErrorCode::invalid, "The limit is 1 to 200.", 0, "limit"});
    }
    return limit;
}

Result<Payload> read_page(const HttpCall& call) {
    protocol::Page page;
    page.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(page.before, call.target.number("before"));
    TRY_ASSIGN(page.after, call.target.number("after"));
    TRY_ASSIGN(page.around, call.target.number("around"));
    TRY_ASSIGN(page.from, call.target.number("from"));
    TRY_ASSIGN(page.to, call.target.number("to"));
    TRY_ASSIGN(page.since, call.target.number("since"));
    TRY_ASSIGN(page.limit, limit_of(call));
    TRY_ASSIGN(const auto rest_message, call.target.number("rest_message"));
    TRY_ASSIGN(const auto rest_after, call.target.number("rest_after"));
    if (rest_message) page.rest = {.message = *rest_message, .after = rest_after.value_or(0)};
    return page;
}

Result<Payload> read_changes(const HttpCall& call) {
    protocol::Changes changes;
    changes.stream = StreamId(call.parameter("stream"));
    TRY_ASSIGN(const auto after, call.target.number("after"));
    changes.after = after.value_or(0);
    TRY_ASSIGN(changes.limit, limit_of(call));
    if (const auto only = call.target.parameter("only")) {
        if (*only != "removed") return fail({ErrorCode::invalid, "Only `removed` is known.", 0, "only"});
        changes.only = protocol::Only::removed;
    }
    return changes;
}

Result<protocol::Typing> typing(const HttpCall& call) {
    return call.body_with_fields<protocol::Typing>("\"stream\":\"" + call.parameter("stream") + "\"");
}

}  // namespace payloads

}  // namespace parley::server
