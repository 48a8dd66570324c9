#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace parley::sim {

/// A map by numbers that nearly all come in order and without a gap, in one piece of memory: what stands
/// under a number is mostly found at once. Iterators and pointers hold until the next number comes or goes.
template <class T>
class ByNumber {
  public:
    using Entry = std::pair<std::int64_t, T>;
    using const_iterator = typename std::vector<Entry>::const_iterator;

    const_iterator begin() const { return entries_.begin(); }
    const_iterator end() const { return entries_.end(); }
    auto rbegin() const { return entries_.rbegin(); }
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }

    const_iterator lower_bound(std::int64_t number) const {
        // No number stands further back than it would without gaps.
        const auto most = entries_.empty() ? 0 : number - entries_.front().first;
        if (most <= 0) return begin();
        if (most >= static_cast<std::int64_t>(size()))
            return std::ranges::lower_bound(entries_, number, {}, &Entry::first);
        const auto guess = begin() + most;
        if (guess->first == number) return guess;
        return std::ranges::lower_bound(begin(), guess, number, {}, &Entry::first);
    }
    const_iterator upper_bound(std::int64_t number) const {
        const auto found = lower_bound(number);
        return found != end() && found->first == number ? found + 1 : found;
    }
    const_iterator find(std::int64_t number) const {
        const auto found = lower_bound(number);
        return found != end() && found->first == number ? found : end();
    }
    bool contains(std::int64_t number) const { return find(number) != end(); }
    const T& at(std::int64_t number) const {
        const auto found = find(number);
        assert(found != end());
        return found->second;
    }
    /// Made where there is none.
    T& operator[](std::int64_t number) {
        const auto found = lower_bound(number);
        const auto place = entries_.begin() + (found - begin());
        if (found != end() && found->first == number) return place->second;
        return entries_.emplace(place, number, T{})->second;
    }

    void erase(std::int64_t number) {
        const auto found = find(number);
        if (found != end()) entries_.erase(found);
    }

  private:
    std::vector<Entry> entries_;
};

}  // namespace parley::sim
