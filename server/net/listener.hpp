#pragma once

#include "base/result.hpp"
#include "server/net/options.hpp"
#include "server/net/shard_loop.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace parley::server {

/// What `Listener::create` would say of these options, but for the port, which may be that of a server that
/// runs: whether the address is one of this machine, and the certificate and its key can be used.
Status check_listening(const NetOptions& options);

/// Takes connections and deals them out to the shards in turn. The loops outlive it.
class Listener {
  public:
    /// Binds at once, so that a port in use or a certificate that cannot be read is an error of the start.
    /// `loops` is not empty; the first one accepts.
    static Result<std::unique_ptr<Listener>> create(const NetOptions& options, std::vector<ShardLoop*> loops);
    ~Listener();

    /// Where it listens, also when port 0 was asked for.
    std::uint16_t port() const;
    bool secured() const;
    /// Whether only this machine can connect.
    bool is_loopback() const;

    void start();
    /// Takes no more connections; sockets stay, and other connections end with the answer under way. From any
    /// thread.
    void stop();
    /// Connections of every kind. From any thread.
    std::int64_t connections() const;
    /// Those of them that are WebSockets.
    std::int64_t sockets() const;
    /// Connections that ever came above the numbers that are taken. From any thread.
    std::int64_t refused() const;
    /// Those of them that are still there. From any thread.
    std::int64_t refusals() const;
    /// HTTP calls under way, from being received to being answered. From any thread.
    std::int64_t calls() const;

  private:
    struct Impl;
    explicit Listener(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::server
