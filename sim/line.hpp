#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace parley::sim {

/// Where a device and the server talk, as promises tell it apart: a connection (wire.hpp), or a call by HTTP,
/// on which one question comes and one answer goes (errand.cpp).
class Line {
  public:
    Line(std::string device_name, std::uint64_t number)
        : device_name_(std::move(device_name)), number_(number) {}

    const std::string& device_name() const { return device_name_; }
    /// No other has it.
    std::uint64_t number() const { return number_; }
    /// Since when the server's system has had room for what goes to the device; nothing: it has none.
    std::optional<Instant> room_since() const { return room_since_; }

  protected:
    void has_room(std::optional<Instant> since) { room_since_ = since; }

  private:
    std::string device_name_;
    std::uint64_t number_;
    std::optional<Instant> room_since_ = Instant{};
};

}  // namespace parley::sim
