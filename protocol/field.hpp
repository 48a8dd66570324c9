#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace parley::protocol {

/// A field's key: its number in CBOR, its name in JSON.
struct FieldName {
    std::uint8_t id;
    std::string_view name;
};

inline constexpr std::int64_t int_max = (std::int64_t{1} << 53) - 1;
inline constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

/// The range of a field. Points are code points.
struct Rules {
    std::int64_t min = 0;
    std::int64_t max = int_max;
    std::int64_t points_min = 0;
    std::int64_t points_max = unlimited;
    std::int64_t bytes_max = unlimited;
    std::int64_t count_max = unlimited;
    /// One or more visible ASCII characters instead of text.
    bool token = false;
};

}  // namespace parley::protocol
