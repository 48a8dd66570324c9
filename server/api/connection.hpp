#pragma once

#include "protocol/generated/cpp/errors.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley::server {

/// Encoded envelopes, immutable. Shared: one text of a change waits in the queues of all who get it.
using SharedText = std::shared_ptr<const std::string>;

/// One WebSocket message. Its bytes are those of the pieces one after another, so that nothing must be
/// copied.
struct Frame {
    std::vector<SharedText> pieces;
    std::size_t bytes = 0;
};

/// One WebSocket connection, as its session sees it; on the session's shard. After `close` the session does
/// not touch it again, and neither does it call back.
class Connection {
  public:
    virtual ~Connection() = default;

    /// Writes one frame. The next may come only after `Shard::handle_written`.
    virtual void send(Frame frame) = 0;

    /// Whether frames may come, which they may at first; while they may not, they wait with the kernel and,
    /// when that is full, with the peer.
    virtual void take_frames(bool take) = 0;

    /// Its device has signed in: it is nobody's whom nobody knows.
    virtual void handle_signed_in() {}

    /// Ends the connection with `code`, after the frame under way and `last`, which may be empty. A peer that
    /// does not take them within a few seconds is cut off.
    virtual void close(CloseCode code, Frame last) = 0;
};

}  // namespace parley::server
