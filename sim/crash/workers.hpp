#pragma once

#include "sim/crash/results.hpp"

#include <functional>

namespace parley::sim::crash {

/// Does `work` in so many processes at the same time, each with its number from 0 on, and adds up what they
/// come to. An error where one of them dies, with its number and why; the others are waited for. For a
/// process that has only one thread.
Result<Results> in_processes(int workers, const std::function<Results(int worker)>& work);

}  // namespace parley::sim::crash
