#pragma once

#include <cstdint>
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

  private:
    std::string device_name_;
    std::uint64_t number_;
};

}  // namespace parley::sim
