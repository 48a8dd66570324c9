#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::server {

/// A request target, split. Views into the target's text.
struct HttpTarget {
    /// Between the slashes: "/v1/devices" has two.
    std::vector<std::string_view> segments;
    std::vector<std::pair<std::string_view, std::string_view>> query;

    std::optional<std::string_view> parameter(std::string_view name) const;
    /// Absent is nothing; `invalid` with the name where it is no whole number from 0 to 2^53-1.
    Result<std::optional<std::int64_t>> number(std::string_view name) const;
};

/// A target whose sender named scheme and host in it, as to a proxy (RFC 9112, section 3.2.2), in its two
/// parts; of any other the host is empty and the rest is all of it. Views into the target's text.
struct SplitTarget {
    std::string_view host;
    std::string_view rest;
};
SplitTarget split_target(std::string_view target);

/// Of either form; which host it names is no matter of ours. Nothing of ours needs escapes, empty or dotted
/// segments, or anything else that a proxy and a server could read in two ways: all that is refused
/// (`malformed`) instead of made sense of.
Result<HttpTarget> parse_target(std::string_view target);

}  // namespace parley::server
