#include "server/store/lives_sqlite.hpp"

#include <array>
#include <string>

namespace parley::server::sqlite {

namespace {

constexpr int random_bits = 24;
/// Tokens of runs before these are answered from the start.
constexpr std::int64_t lives_kept = 10'000;

}  // namespace

LifeTable::LifeTable(Connection& connection)
    : file_(connection, "SELECT file FROM life ORDER BY life DESC LIMIT 1"),
      insert_(connection, "INSERT INTO life (life, position, file) VALUES (?, ?, ?)"),
      forget_(connection, "DELETE FROM life WHERE life < ?"),
      first_(connection, "SELECT min(life) FROM life"),
      last_(connection, "SELECT max(life) FROM life"),
      find_(connection, "SELECT position FROM life WHERE life = ?"),
      begun_from_(connection, "SELECT position FROM life WHERE life >= ? ORDER BY life LIMIT 1") {}

bool LifeTable::begin(std::int64_t position, std::string_view file, StoreHost& host) {
    std::string before;
    if (auto query = file_(); query.step()) before = query.text(0);
    const std::int64_t number = (last() >> random_bits) + 1;
    std::array<std::uint8_t, random_bits / 8> bytes{};
    host.random(bytes);
    std::int64_t life = number;
    for (const auto byte : bytes)
        life = life << 8 | byte;
    insert_.run(life, position, file);
    if (number > lives_kept) forget_.run((number - lives_kept) << random_bits);
    return !before.empty() && !file.empty() && before != file;
}

std::int64_t LifeTable::last() {
    return one(last_).value_or(0);
}

Shared LifeTable::shared_with(std::int64_t life, std::int64_t position) {
    const auto first = one(first_);
    const std::int64_t counted = life >> random_bits;
    if (!first || counted < *first >> random_bits) return {};
    if (one(find_, life)) return {Shared::With::own, one(begun_from_, life + 1).value_or(position)};
    // Those that this store counts from there on are other ones; where there are none, it is the last that
    // began on what was put back.
    const auto parted = one(begun_from_, counted << random_bits);
    return {Shared::With::lost, parted ? *parted : one(find_, last()).value_or(0)};
}

std::optional<std::int64_t> LifeTable::one(Statement& statement) {
    auto query = statement();
    if (!query.step() || query.is_null(0)) return std::nullopt;
    return query.integer(0);
}

std::optional<std::int64_t> LifeTable::one(Statement& statement, std::int64_t life) {
    auto query = statement(life);
    if (!query.step()) return std::nullopt;
    return query.integer(0);
}

}  // namespace parley::server::sqlite
