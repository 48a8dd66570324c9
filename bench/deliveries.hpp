#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::bench {

/// Which messages each connection has been given. Those of a stream come in the order of their `seq`, so that
/// one that is not above the newest has come before: counted as a delivery, it could hide one that never
/// came.
class Deliveries {
  public:
    /// Whether this is the first time; `reader` is only told apart from others.
    bool note(const void* reader, std::string_view stream, std::int64_t seq) {
        auto& streams = newest_[reader];
        const auto known = streams.find(stream);
        if (known == streams.end()) {
            streams.emplace(stream, seq);
            return true;
        }
        if (seq <= known->second) {
            ++repeated_;
            return false;
        }
        known->second = seq;
        return true;
    }

    std::uint64_t repeated() const { return repeated_; }

  private:
    std::unordered_map<const void*, std::map<std::string, std::int64_t, std::less<>>> newest_;
    std::uint64_t repeated_ = 0;
};

}  // namespace parley::bench
