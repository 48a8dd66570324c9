#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

namespace parley::server {

/// At most so many values, each under a number: where there is no room, the one that was looked for longest
/// ago goes. Whoever can choose the numbers can make all fall into one bucket of the table, so where
/// strangers have a say, they are hashes with a secret. Single-threaded.
template <class Value>
class Recent {
  public:
    explicit Recent(std::size_t size_max) : size_max_(size_max) { assert(size_max > 0); }

    std::size_t size() const { return places_.size(); }

    /// Nothing where there is none. What is found is the latest from here on. Valid until the next call.
    Value* find(std::uint64_t number) {
        const auto found = places_.find(number);
        if (found == places_.end()) return nullptr;
        latest_first_.splice(latest_first_.begin(), latest_first_, found->second);
        return &found->second->second;
    }

    void put(std::uint64_t number, Value value) {
        if (Value* known = find(number)) {
            *known = std::move(value);
            return;
        }
        if (places_.size() >= size_max_) {
            places_.erase(latest_first_.back().first);
            latest_first_.pop_back();
        }
        latest_first_.emplace_front(number, std::move(value));
        places_.emplace(number, latest_first_.begin());
    }

    void erase(std::uint64_t number) {
        const auto found = places_.find(number);
        if (found == places_.end()) return;
        latest_first_.erase(found->second);
        places_.erase(found);
    }

  private:
    using Entries = std::list<std::pair<std::uint64_t, Value>>;

    std::size_t size_max_;
    Entries latest_first_;
    std::unordered_map<std::uint64_t, typename Entries::iterator> places_;
};

}  // namespace parley::server
