#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/client.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/door.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parley::core {

/// What the bytes of a push or a poll are; the numbers are those of bindings/parley.h.
enum class DoorKind : std::uint8_t {
    nothing = 0,
    message = 1,   ///< One DoorInput (pushed) or DoorOutput (polled).
    frame = 2,     ///< A frame as it travels on the socket.
    commands = 3,  ///< Pushed only: commands for the outbox, answered with one DoorReply.
};

/// A core to which one speaks in encoded messages alone, and what it has said that nobody has polled yet:
/// what stands behind the C door.
class Door {
  public:
    struct Output {
        DoorKind kind = DoorKind::nothing;
        std::string bytes;
    };

    /// `options` are DoorOptions in `encoding`, as all messages through this door. The ports, and the
    /// recorder where there is one, outlive the door.
    static Result<std::unique_ptr<Door>> open(std::string_view options, protocol::Encoding encoding,
                                              Database& database, Primitives& primitives, Now now,
                                              Recorder* recorder = nullptr);

    /// Fails, and does nothing, where it does not understand.
    Status push(DoorKind kind, std::string_view bytes, Now now);
    std::optional<Output> poll();

    Client& client() { return *client_; }

  private:
    explicit Door(protocol::Encoding encoding) : encoding_(encoding) {}

    Status take_in(const protocol::DoorInput& input, Now now);
    void collect();
    void say(protocol::DoorOutput output);
    void say(Action action);

    protocol::Encoding encoding_;
    std::unique_ptr<Client> client_;
    std::deque<Output> outputs_;
};

}  // namespace parley::core
