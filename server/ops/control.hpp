#pragma once

#include "base/result.hpp"
#include "server/net/shard_loop.hpp"
#include "server/ops/control_socket.hpp"

#include <string>
#include <string_view>

namespace parley::server {

/// What the control socket is asked for:
///
///     invite USES DAYS [administrator]    answered with the code
class ControlTasks {
  public:
    explicit ControlTasks(ShardLoop& loop) : loop_(loop) {}

    /// On the socket's thread; waits for the writer.
    Result<std::string> serve(std::string_view request);

  private:
    Result<std::string> invite(const OperatorInvite& invite);

    ShardLoop& loop_;
};

}  // namespace parley::server
