#include "server/store/epoch_sqlite.hpp"

#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <array>

namespace parley::server::sqlite {

std::int64_t new_epoch(StoreHost& host, std::int64_t before) {
    std::array<std::uint8_t, 5> bytes{};
    host.random(bytes);
    std::int64_t epoch = 1;
    for (const auto byte : bytes)
        epoch = epoch << 8 | byte;
    return epoch == before ? epoch + 1 : epoch;
}

std::int64_t beyond_all(WallTime now) {
    constexpr std::int64_t year_2020_s = 1'577'836'800;
    constexpr int million_bits = 20;
    return std::max<std::int64_t>(now.ms / 1'000 - year_2020_s, 0) << million_bits;
}

std::string move_heads(const std::string& table, const std::string& given) {
    const std::string step = std::to_string(limits::restore_jump);
    return "UPDATE " + table + " SET head = head + (max(" + given + " - head, 0) / " + step + " + 1) * " +
           step;
}

}  // namespace parley::server::sqlite
