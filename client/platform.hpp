#pragma once

#include "base/time.hpp"
#include "core/ports/primitives.hpp"

namespace parley::client {

/// Both clocks of the machine: CLOCK_MONOTONIC, which all its processes share, and the wall clock.
Now read_clocks();

/// Where this process was started with standard input, output or error closed, no file and no socket of ours
/// may take their place, and be written to. parleyd has the same beside its `main`: client and server share
/// only rings that make no system calls, and this is all that either would want of one that does.
void occupy_standard_descriptors();

/// The operating system's generator. Ends the process where there is none, since nothing safe could follow.
class SystemPrimitives final : public core::Primitives {
  public:
    void random(std::span<std::uint8_t> bytes) override;
};

}  // namespace parley::client
