#pragma once

#include "server/net/options.hpp"
#include "server/net/shard_loop.hpp"
#include "server/net/strangers.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace parley::server {

class Wire;

/// What the connections of a listener share. Held by the listener and by every connection, of which the last
/// may be gone later than the listener.
struct Doors {
    NetOptions options;
    std::atomic<std::int64_t> connections{0};
    std::atomic<std::int64_t> sockets{0};
    /// HTTP calls that were taken and whose answer the kernel has not got yet.
    std::atomic<std::int64_t> calls{0};
    /// Connections above `connections_max` or `strangers_max`: ever, and those of them that are still there.
    std::atomic<std::int64_t> refused{0};
    std::atomic<std::int64_t> refusals{0};
    /// The server drains: a connection ends with the answer under way.
    std::atomic<bool> draining{false};
    Strangers strangers;
};
using SharedDoors = std::shared_ptr<Doors>;

/// Counts one connection, socket or call while it lives.
class Counted {
  public:
    Counted(SharedDoors doors, std::atomic<std::int64_t> Doors::* what)
        : doors_(std::move(doors)), what_(what) {
        ++((*doors_).*what_);
    }
    ~Counted() { --((*doors_).*what_); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    const NetOptions& options() const { return doors_->options; }
    const SharedDoors& doors() const { return doors_; }

    /// As long as nobody knows who this is, it keeps a place among the strangers.
    void keep_place(std::unique_ptr<Strangers::Place> place) { place_ = std::move(place); }
    void is_known() { place_.reset(); }

  private:
    SharedDoors doors_;
    std::atomic<std::int64_t> Doors::* what_;
    std::unique_ptr<Strangers::Place> place_;  // in `doors_`, and gone before them
};

/// Serves HTTP calls one after another on a connection, until it ends or becomes a WebSocket. Keeps itself
/// alive.
void serve_http(std::unique_ptr<Wire> wire, std::unique_ptr<Counted> counted, ShardLoop& loop);

}  // namespace parley::server
