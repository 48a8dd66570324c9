#pragma once

#include "base/time.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley {

/// A UUID (RFC 9562). Message and command ids are UUIDs that clients make: version 7, version 4 accepted.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    friend auto operator<=>(const Uuid&, const Uuid&) = default;
    friend bool operator==(const Uuid&, const Uuid&) = default;

    int version() const { return bytes[6] >> 4; }

    /// Version 7 from a wall time and ten random bytes (RFC 9562, section 5.7).
    static Uuid version7(WallTime wall, std::span<const std::uint8_t, 10> random);

    /// The 36-character form, either case; nothing for anything else.
    static std::optional<Uuid> parse(std::string_view text);

    /// The 36-character form in lower case.
    std::string text() const;
};

}  // namespace parley

template <>
struct std::hash<parley::Uuid> {
    std::size_t operator()(const parley::Uuid& id) const noexcept {
        std::uint64_t low = 0;
        std::memcpy(&low, id.bytes.data() + 8, sizeof low);
        return static_cast<std::size_t>(low);
    }
};
