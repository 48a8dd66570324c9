#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/action.hpp"
#include "core/view.hpp"
#include "protocol/generated/cpp/door.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace parley::core {

struct ClientOptions;

/// What a core answers to whoever asked: a view, a number, an id, or that it went well; or the error.
using Reply = std::variant<const Result<std::vector<ConversationView>>*,
                           const Result<std::optional<ConversationView>>*, const Result<WindowView>*,
                           const Result<std::vector<MemberView>>*, const Result<std::vector<PinView>>*,
                           const Result<std::vector<DeviceView>>*, const Result<std::vector<BlockedView>>*,
                           const Result<std::vector<OutboxView>>*, const Result<std::vector<CommandSettled>>*,
                           const Result<std::int64_t>*, const Result<Uuid>*, const Status*>;

/// Is told everything that goes into a core and all that comes out, as it happens. After `opens` and each of
/// `takes` comes what the core asks of its ports, then what it gives, then `done`; nothing is taken in
/// between. It must not call the core. What it is given lives as long as the call.
class Recorder {
  public:
    virtual ~Recorder() = default;

    virtual void opens(const ClientOptions& options, Now now) = 0;
    /// Something happened, or somebody wants something.
    virtual void takes(const protocol::DoorInput& input, Now now) = 0;
    virtual void takes_frame(std::string_view frame, Now now) = 0;
    virtual void takes_command(const protocol::Payload& command, std::optional<Uuid> id, Now now) = 0;

    /// The host may carry this out.
    virtual void gives(const Action& action) = 0;
    virtual void replies(Reply reply) = 0;
    virtual void done() = 0;
};

}  // namespace parley::core
