#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/types.hpp"
#include "server/api/busy.hpp"
#include "server/domain/sync.hpp"

#include <functional>
#include <optional>

namespace parley::server {

/// What a read begins with, so that it stands where the store could not even be opened for reading.
inline std::unexpected<Error> not_read() {
    return fail({ErrorCode::unavailable, "The store could not be read.", busy_retry_ms, {}});
}

/// What a client's request reads from the store, as a function for a reader's thread: `changes`, `page`,
/// `rows`, `subscribe`, `profile.find`, `message.history`, `link.list`, `link.look`. Its answer has payload
/// and stream; with `too_old` it is an ErrorReply, for its floor. `now`: the server's clock as the request
/// came. The same for the socket and for HTTP.
std::function<Result<protocol::Envelope>(Snapshot&)> to_read(AccountKey reader, protocol::Payload request,
                                                             WallTime now);

/// Whether the device that a sound token names may be served. `revoked`, which makes it erase what it holds,
/// only where it was signed out; one that a restored store does not know (token_invalid) keeps everything and
/// signs in again.
Status check_device(const Result<std::optional<DeviceFacts>>& read, AccountKey account);

}  // namespace parley::server
