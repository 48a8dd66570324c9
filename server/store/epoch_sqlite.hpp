#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "server/store/sqlite.hpp"
#include "server/store/store.hpp"
#include "server/store/view.hpp"

#include <cstdint>

/// What a new epoch consists of, whether a restore begins it or a store that finds itself put back.
///
/// An epoch's number says how far the counters of all streams were moved when it began: to numbers from
/// `epoch * limits::restore_jump` on, each by whole jumps. So a later epoch has a greater number, and where
/// an epoch is known to have a greater number than another, no stream gave one of its numbers in the other.
namespace parley::server::sqlite {

/// The epoch to which the numbers belong that this store has given. Where no row says otherwise, that is what
/// `meta` says. Reads the counters of all streams.
std::int64_t epoch_reached(Connection& connection);

/// In the transaction under way: moves the counters of all streams behind everything that was given before
/// and, as far as that is known, elsewhere, and keeps in `restored_from` where each stood at
/// `parting.shared_upto`. Greater than all epochs that are known, than what the time allows (a million
/// changes a second since 2020), and by chance, since the same copy may be put back twice, and nothing
/// remembers it. Returns the new epoch, which is to be written into `meta`; an error leaves everything as it
/// was, or stands in the connection's status.
Result<std::int64_t> begin_epoch(Connection& connection, const Parting& parting, StoreHost& host);

/// Keys of accounts, devices and conversations: the second of their making, and a number within it. The
/// smallest of this second.
std::int64_t first_key(WallTime at);

/// The last key that may have been given when a new epoch begins: those that follow were given in no other,
/// whatever the clocks said there. `last_key`: the last one that is known; `epochs`: by how much the epoch's
/// number grew.
std::int64_t last_key_of_before(std::int64_t last_key, std::int64_t epochs, WallTime at, StoreHost& host);

}  // namespace parley::server::sqlite
