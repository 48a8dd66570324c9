#pragma once

#include <cstdint>
#include <span>

namespace parley::core {

/// What the core cannot make itself. Natively the operating system's generator, in a browser
/// crypto.getRandomValues, in the simulator the seed.
class Primitives {
  public:
    virtual ~Primitives() = default;

    /// Fills `bytes` with random bytes that nobody can guess.
    virtual void random(std::span<std::uint8_t> bytes) = 0;
};

}  // namespace parley::core
