#pragma once

#include "server/api/http_api.hpp"
#include "server/api/shard.hpp"
#include "server/net/event_loop.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace parley::server {

/// A shard with the thread that runs it: gives it the time, and its timer. Sockets call from the loop's
/// thread; `post` is for all others. Outlives every connection on it.
class ShardLoop {
  public:
    ShardLoop(ShardOptions options, ShardPorts ports, HttpOptions http, PasswordHasher& hasher,
              const Operations& operations);

    // For sockets, on the loop's thread.
    SessionKey handle_connected(Connection& connection, protocol::Encoding encoding);
    void handle_frame(SessionKey session, std::string_view bytes);
    void handle_written(SessionKey session);
    void handle_disconnected(SessionKey session);
    void handle_http(HttpRequest request, HttpDone done);
    /// An answer could not be written; `undo` as of HttpResponse::unsent.
    void handle_unsent(const std::function<void()>& undo);

    // For other threads.
    /// Runs `task` as a turn of the shard.
    void post(std::function<void(Shard&, Now)> task);

    EventLoop& loop() { return loop_; }
    std::uint32_t number() const { return shard_.options().number; }

  private:
    /// The shard's next time-out may have come nearer.
    void arm();

    EventLoop loop_;
    Shard shard_;
    HttpApi http_;
    std::optional<Instant> armed_;
};

}  // namespace parley::server
