#include "server/store/epoch_sqlite.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace parley::server::sqlite {

namespace {

/// Epochs that are begun where nobody knows of one another differ by so much at most: 4,096 of them, one
/// after the other, are what the numbers that JSON carries have room for.
constexpr int chance_bits = 12;
/// What was given in one epoch may have gone on into the numbers of the next one.
constexpr std::int64_t epochs_apart = 2;

/// A million changes for every second since 2020, which no stream has given.
std::int64_t beyond_all(WallTime now) {
    constexpr std::int64_t year_2020_s = 1'577'836'800;
    constexpr int million_bits = 20;
    const std::int64_t changes = std::max<std::int64_t>(now.ms / 1'000 - year_2020_s, 0) << million_bits;
    return changes / limits::restore_jump + 1;
}

/// Of the number of a key within its second.
constexpr int key_counter_bits = 18;

std::int64_t chance(StoreHost& host, int bits) {
    std::array<std::uint8_t, 2> bytes{};
    host.random(bytes);
    return (bytes[0] << 8 | bytes[1]) & ((1 << bits) - 1);
}

/// For a stream that moved since the histories parted: where it stood then, as the commits tell. Where some
/// of these may have been forgotten, 1: it parted no earlier.
void note_parting(Connection& connection, std::int64_t shared_upto) {
    const std::string shared = std::to_string(shared_upto);
    const std::string moved =
        "UPDATE conversation SET restored_from = max(moved.first - 1, 1) FROM (SELECT stream, min(first) AS"
        " first FROM commits WHERE position > " +
        shared + " GROUP BY stream) AS moved WHERE moved.stream = conversation.key";
    const std::string forgotten = "UPDATE conversation SET restored_from = 1 WHERE touched > " + shared +
                                  " AND NOT EXISTS (SELECT 1 FROM commits WHERE position <= " + shared + ")";
    connection.run("UPDATE conversation SET restored_from = head");
    connection.run(moved.c_str());
    connection.run(forgotten.c_str());
}

}  // namespace

std::int64_t epoch_reached(Connection& connection) {
    const std::int64_t said = one_number(connection, "SELECT epoch FROM meta");
    const std::int64_t head = std::max(one_number(connection, "SELECT max(head) FROM conversation"),
                                       one_number(connection, "SELECT max(head) FROM account"));
    return std::max(said <= epoch_max ? said : 0, head / limits::restore_jump);
}

Result<std::int64_t> begin_epoch(Connection& connection, const Parting& parting, StoreHost& host) {
    const std::int64_t known = std::max(epoch_reached(connection), parting.epoch_seen) + epochs_apart;
    TRY(connection.status());
    const std::int64_t epoch = std::max(known, beyond_all(parting.at)) + chance(host, chance_bits);
    if (epoch > epoch_max) return fail(ErrorCode::internal, "there are no more numbers for another epoch");
    note_parting(connection, parting.shared_upto);
    const std::string jump = std::to_string(limits::restore_jump);
    for (const std::string table : {"conversation", "account"}) {
        const std::string move =
            "UPDATE " + table + " SET head = head % " + jump + " + " + std::to_string(epoch) + " * " + jump;
        connection.run(move.c_str());
    }
    // What is said from now on of a person is later than all that was said in a history that is lost.
    const std::string said = "UPDATE account SET profile_as_of = profile_as_of % " + jump + " + " +
                             std::to_string(epoch) + " * " + jump;
    connection.run(said.c_str());
    TRY(connection.status());
    return epoch;
}

std::int64_t first_key(WallTime at) {
    constexpr std::int64_t year_2024_s = 1'704'067'200;
    return std::max<std::int64_t>(at.ms / 1'000 - year_2024_s, 0) << key_counter_bits;
}

// As many seconds further as the epoch's number grew, which is by another number wherever the same copy comes
// back; and somewhere in that second, of which a clock that went back may come to the beginning again.
std::int64_t last_key_of_before(std::int64_t last_key, std::int64_t epochs, WallTime at, StoreHost& host) {
    constexpr int chance_of_key_bits = 16;
    const std::int64_t second = std::max(last_key, first_key(at)) >> key_counter_bits;
    return ((second + epochs) << key_counter_bits) + (chance(host, chance_of_key_bits) << 1);
}

}  // namespace parley::server::sqlite
