#pragma once

#include <string>
#include <string_view>

namespace parley::server {

/// `object`, a text in JSON, with one more field in front; empty counts as an object without any. What is no
/// object stays as it is, to be refused when it is decoded.
std::string with_field(std::string_view object, std::string_view field);

}  // namespace parley::server
