#pragma once

#include "server/api/http_call.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::server {

struct FoundRoute {
    /// Null: none.
    const Route* route = nullptr;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    /// Where the path is there, but not with this method: its methods.
    std::string allowed;
};

FoundRoute find_route(std::string_view method, std::span<const std::string_view> segments);

/// The whole table.
std::span<const Route> routes();

}  // namespace parley::server
