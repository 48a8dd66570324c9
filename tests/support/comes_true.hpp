#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace parley::test {

/// True as soon as the condition is; false if it is not after looking for about ten seconds. For what other
/// threads or the kernel do, which no virtual clock moves.
inline bool comes_true(const std::function<bool()>& condition) {
    constexpr int looks_max = 10'000;
    for (int looked = 0; looked < looks_max; ++looked) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return condition();
}

}  // namespace parley::test
