#include "server/api/json_field.hpp"

namespace parley::server {

std::string with_field(std::string_view object, std::string_view field) {
    constexpr std::string_view space = " \t\r\n";
    if (object.empty()) object = "{}";
    const std::size_t open = object.find_first_not_of(space);
    if (open == std::string_view::npos || object[open] != '{') return std::string(object);
    const std::size_t next = object.find_first_not_of(space, open + 1);
    const bool empty = next != std::string_view::npos && object[next] == '}';
    std::string more = "{";
    more += field;
    if (!empty) more += ',';
    more += object.substr(open + 1);
    return more;
}

}  // namespace parley::server
