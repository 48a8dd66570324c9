#include "bench/fatal.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace parley::bench {

void fatal(std::string_view sentence) {
    fmt::print(stderr, "bench: {}\n", sentence);
    std::exit(1);
}

void fatal_errno(std::string_view call) {
    fatal(fmt::format("{}: {}", call, std::strerror(errno)));
}

}  // namespace parley::bench
