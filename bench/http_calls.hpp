#pragma once

#include "bench/loop.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace parley::bench {

/// A POST with a JSON body.
struct HttpCall {
    std::string path;
    std::string body;
};

/// Makes the calls over a few keep-alive connections at once, and gives each answer's body in the order of
/// the calls. Anything but a success ends the program: it is only used to lay out what is measured
/// afterwards.
std::vector<std::string> post_all(Loop& loop, std::uint16_t port, const std::vector<HttpCall>& calls);

}  // namespace parley::bench
