#pragma once

#include <span>
#include <string>
#include <string_view>

namespace parley::server {

/// Which of `known` was perhaps meant by a name that is none of them: the one that differs by the fewest
/// letters, if these are few; else one behind which there is something more (data_dir), or whose first words
/// were left out (port for listen.port). Words have a dot, a line or a hyphen between them. Empty: none is
/// near, so that it would be a guess.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace parley::server
