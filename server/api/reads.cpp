#include "server/api/reads.hpp"

#include "server/api/commands.hpp"
#include "server/domain/use_cases.hpp"
#include "server/store/view.hpp"

#include <cassert>
#include <utility>

namespace parley::server {

namespace {

template <class T>
Result<protocol::Envelope> envelope_of(Result<T> answer, const StreamId& stream) {
    if (!answer) return fail(std::move(answer.error()));
    protocol::Envelope envelope;
    envelope.stream = stream;
    envelope.payload = std::move(*answer);
    return envelope;
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey reader, const protocol::Changes& request) {
    auto answer = changes(snapshot, reader, request);
    if (answer || answer.error().code != ErrorCode::too_old)
        return envelope_of(std::move(answer), request.stream);
    // A refusal that says more than an error can.
    protocol::ErrorReply refusal = error_reply(answer.error());
    refusal.floor = floor_of(snapshot, reader, request.stream);
    TRY(snapshot.status());
    return envelope_of<protocol::ErrorReply>(std::move(refusal), {});
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey reader, const protocol::Page& request) {
    return envelope_of(page(snapshot, reader, request), request.stream);
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey reader, const protocol::Rows& request) {
    return envelope_of(rows(snapshot, reader, request), request.stream);
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey reader, const protocol::Subscribe& request) {
    // Direct conversations and groups are live in every session that has resumed; what is after the cursor is
    // new.
    const protocol::Changes page{.stream = request.stream, .after = request.after, .limit = {}, .only = {}};
    return read(snapshot, reader, page);
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey, const protocol::ProfileFind& request) {
    return envelope_of(find_profiles(snapshot, request), {});
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey reader,
                                const protocol::MessageHistory& request) {
    return envelope_of(message_history(snapshot, reader, request), request.stream);
}

Result<protocol::Envelope> read(Snapshot& snapshot, AccountKey reader, const protocol::LinkList& request) {
    return envelope_of(links(snapshot, reader, request), request.stream);
}

template <class T>
Result<protocol::Envelope> read(Snapshot&, AccountKey, const T&) {
    assert(false && "nothing that is read");
    return fail(ErrorCode::internal, "This is not a request that reads.");
}

}  // namespace

Status check_device(const Result<std::optional<DeviceFacts>>& read, AccountKey account) {
    if (!read) return fail(read.error());
    const std::optional<DeviceFacts>& known = *read;
    if (!known || known->account != account)
        return fail({ErrorCode::token_invalid, "This server does not know this device.", 0, {}});
    if (known->present) return {};
    return signed_out(known->token_reused);
}

std::function<Result<protocol::Envelope>(Snapshot&)> to_read(AccountKey reader, protocol::Payload request,
                                                             WallTime now) {
    return [reader, request = std::move(request), now](Snapshot& snapshot) {
        if (const auto* code = std::get_if<protocol::LinkLook>(&request))
            return envelope_of(look(snapshot, reader, *code, now), {});
        return std::visit([&](const auto& one) { return read(snapshot, reader, one); }, request);
    };
}

}  // namespace parley::server
