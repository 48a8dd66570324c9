#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim::crash {

/// How sentences name a place.
inline std::string place(std::int64_t stream, std::int64_t number) {
    return "stream " + std::to_string(stream) + " at " + std::to_string(number);
}

/// Enough sentences to see what is wrong; a store that lost everything would give thousands.
class Complaints {
  public:
    void add(std::string what) {
        if (all_.size() < most)
            all_.push_back(std::move(what));
        else
            ++left_out_;
    }

    std::vector<std::string> take() {
        if (left_out_ > 0) all_.push_back("and " + std::to_string(left_out_) + " more");
        return std::move(all_);
    }

  private:
    static constexpr std::size_t most = 8;
    std::vector<std::string> all_;
    std::size_t left_out_ = 0;
};

}  // namespace parley::sim::crash
