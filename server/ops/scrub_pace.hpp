#pragma once

#include "base/time.hpp"
#include "server/store/store.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

namespace parley::server {

/// How many rows are scrubbed at a time, and what is waited before them: no reading takes long, and over time
/// it is so many rows a second.
class ScrubPace {
  public:
    explicit ScrubPace(std::int64_t rows_per_second) : rows_per_second_(rows_per_second) {}

    bool never() const { return rows_per_second_ <= 0; }
    std::int64_t rows() const;
    Duration pause() const;
    /// After a round, so that a small store is not gone through, and its damage said, every few seconds.
    static constexpr Duration round_pause = seconds(600);

  private:
    std::int64_t rows_per_second_;
};

/// What the scrubber has found, for people: the last round counts until the next has found more.
class ScrubTally {
  public:
    // Input.
    void take(const Scrubbed& slice);

    // Getters.
    /// Different ones; no more than `damaged_rows_max`.
    std::int64_t damaged() const { return rows_.count(); }
    /// The same of pages of the file.
    std::int64_t damaged_pages() const { return pages_.count(); }
    /// Part of the store could not be read in the round that runs, or in the one that has just ended.
    bool unreadable() const { return unreadable_; }

    /// A store with so many is broken beyond counting.
    static constexpr std::int64_t damaged_rows_max = 10'000;

  private:
    template <class Place>
    class Found {
      public:
        void add(const Place& place) {
            if (std::ssize(places_) < damaged_rows_max) places_.insert(place);
        }
        void begin_round() { last_round_ = std::ssize(std::exchange(places_, {})); }
        void end_round() { last_round_ = 0; }
        std::int64_t count() const { return std::max<std::int64_t>(last_round_, std::ssize(places_)); }

      private:
        std::set<Place> places_;
        std::int64_t last_round_ = 0;
    };

    Found<std::pair<std::int64_t, std::int64_t>> rows_;
    Found<std::int64_t> pages_;
    bool round_ended_ = false;
    bool unreadable_ = false;
};

}  // namespace parley::server
