#pragma once

#include "bench/deliveries.hpp"
#include "bench/latency.hpp"
#include "bench/measure.hpp"
#include "bench/report.hpp"
#include "bench/session.hpp"
#include "bench/world.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace parley::bench {

/// Messages on their way and what became of them. Each text begins with the moment at which it was sent, so
/// that every delivery is timed. A delivery is a `message.new` on one connection; the sender's own copy is
/// his `accepted`. Of reactions it is a `reaction.changed`, which is not timed, and comes to whoever reacted,
/// too.
class Traffic {
  public:
    Traffic(Loop& loop, pid_t server);

    /// Counts what this session receives.
    void watch(Session& session);

    /// Sends one message; `moment` is when it was due, which latencies count from.
    void send(Session& from, const protocol::Target& target, Nanos moment);
    void react(Session& from, protocol::MessageReact reaction, Nanos moment);

    /// Called for each accepted message.
    std::function<void(Session&)> on_accepted;

    /// Begins to measure: forgets all counts and notes what the processes have used.
    void start();
    /// Waits until everything that was sent is accepted, and delivered this often each; false where that took
    /// too long. Then notes what the processes have used.
    bool finish(std::size_t deliveries_each);

    std::uint64_t sent() const { return sent_; }
    std::uint64_t accepted() const { return accepted_count_; }
    const Latency& delivered_latency() const { return delivered_; }

    /// Figures of what `start` and `finish` enclose.
    void describe(Phase& phase, Report& report) const;

    std::size_t text_bytes = 100;

  private:
    void handle(Session& session, const Seen& seen, Nanos now);

    Loop& loop_;
    pid_t server_;
    Latency accepted_;
    Latency delivered_;
    std::unordered_map<Uuid, Nanos> in_flight_;
    Deliveries deliveries_;
    std::uint64_t sent_ = 0;
    std::uint64_t accepted_count_ = 0;
    std::uint64_t delivered_count_ = 0;
    std::uint64_t refused_ = 0;
    std::string first_refusal_;
    Usage server_before_;
    Usage own_before_;
    Usage server_used_;
    Usage own_used_;
    Nanos sending_took_ = 0;
};

/// Calls `send` with numbers from 0 on and the moment at which each is due, at an even rate for so long.
void at_even_rate(Loop& loop, double per_second, double seconds,
                  const std::function<void(std::size_t number, Nanos due)>& send);

}  // namespace parley::bench
