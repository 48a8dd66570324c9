#pragma once

#include "base/digest.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parley::sim {

/// What happened, as a running hash of 64 bits over everything noted, in order. Two runs with the same hash
/// did the same. Where somebody listens, every note is also given to him as a line; nobody listening costs
/// nothing but the hash.
class Trace {
  public:
    /// Time, who ("server", "ada/phone"), what ("frame", "kill"), and the bytes that it was about.
    using Listener =
        std::function<void(Instant at, std::string_view who, std::string_view what, std::string_view bytes)>;

    void note(Instant at, std::string_view who, std::string_view what, std::string_view bytes = {});
    void listen(Listener listener) { listener_ = std::move(listener); }
    bool listened_to() const { return static_cast<bool>(listener_); }

    std::uint64_t hash() const { return digest_.value(); }
    /// 16 hexadecimal digits.
    std::string digits() const { return digest_.digits(); }

  private:
    Digest digest_;
    Listener listener_;
};

}  // namespace parley::sim
