#pragma once

#include "base/result.hpp"
#include "server/net/shard_loop.hpp"
#include "server/ops/control_socket.hpp"
#include "server/ops/log.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

namespace parley::server {

/// Does what the control socket is asked for (control_request.hpp).
class ControlTasks {
  public:
    ControlTasks(ShardLoop& loop, std::string directory, Log& log)
        : loop_(loop), directory_(std::move(directory)), log_(log) {}

    /// On the socket's thread; waits for the writer, or until the copy is on disk.
    Result<std::string> serve(std::string_view line);
    /// What takes long is given up. From any thread.
    void end() { ending_ = true; }

  private:
    Result<std::string> invite(const OperatorInvite& invite);
    Result<std::string> backup(const std::string& file);

    ShardLoop& loop_;
    std::string directory_;
    Log& log_;
    std::atomic<bool> ending_{false};
};

}  // namespace parley::server
