#pragma once

#include "base/time.hpp"
#include "sim/random.hpp"
#include "sim/trace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace parley::sim {

/// Something that can be killed. Events that were scheduled for a life do not happen after its end, as the
/// memory and the threads of a killed process are gone.
class Life {
  public:
    bool over() const { return over_; }
    void end() { over_ = true; }

  private:
    bool over_ = false;
};

using SharedLife = std::shared_ptr<Life>;  // held by its owner and by every event that waits for it

/// Virtual time: one clock, one queue of events ordered by (time, sequence), one thread, one seed. Between
/// two events nothing happens; whatever the world wants to do to its inhabitants (kill, cut, check) it does
/// there.
class World {
  public:
    using Event = std::move_only_function<void()>;

    explicit World(std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Getters.
    Instant instant() const { return now_; }
    /// The true wall clock; nodes may see another (see wall clock faults).
    WallTime wall() const { return epoch_start + (now_ - Instant{}); }
    Now now() const { return {now_, wall()}; }
    /// Of the turn that is being taken.
    Random& random() { return random_; }
    /// A generator of its own for the part of that name, whatever has happened so far.
    Random fork(std::string_view name) const { return root_.fork(name); }
    Trace& trace() { return trace_; }
    std::uint64_t events() const { return events_; }
    bool idle() const { return queue_.empty(); }

    // Commands.
    /// What chance has to say about this turn depends on its name alone, so that a turn that is left out
    /// moves no other.
    void begin_turn(std::string_view name) { random_ = root_.fork(name); }
    /// 1, 2, 3 …: for what must be told apart.
    std::uint64_t next_number() { return ++number_; }
    void after(Duration delay, Event event);
    void after(Duration delay, const SharedLife& life, Event event);
    void at(Instant when, const SharedLife& life, Event event);
    void note(std::string_view who, std::string_view what, std::string_view bytes = {}) {
        trace_.note(now_, who, what, bytes);
    }
    /// Ends a life, and with it all that its events hold.
    void end(Life& life);
    /// The next event happens; false: there is none.
    bool step();

  private:
    /// Small, since the heap moves each of them often.
    struct Waiting {
        Instant at;
        std::uint64_t sequence = 0;
        /// Where in `held_` it is.
        std::size_t place = 0;
    };
    struct Held {
        SharedLife life;
        Event event;
    };
    Held take(std::size_t place);
    static bool later(const Waiting& a, const Waiting& b);
    void push(Instant when, SharedLife life, Event event);

    /// Where virtual time begins: 2025-01-01, a round number within the range of the server's ids.
    static constexpr WallTime epoch_start{1'735'689'600'000};

    Instant now_{1'000'000};
    std::uint64_t sequence_ = 0;
    std::uint64_t number_ = 0;
    std::uint64_t events_ = 0;
    std::vector<Waiting> queue_;  // a heap, the earliest on top
    std::vector<Held> held_;
    std::vector<std::size_t> free_places_;
    const Random root_;
    Random random_;
    Trace trace_;
};

}  // namespace parley::sim
