#pragma once

#include "server/domain/sync_token.hpp"
#include "server/store/view.hpp"

#include <cstdint>

namespace parley::server {

/// What a token of ours is to the store.
enum class TokenStanding : std::uint8_t {
    /// What it says to be covered is.
    usable,
    /// Of an earlier epoch, or so old that nothing is known of it: whoever has it is owed everything.
    foreign,
    /// It covers what this store never committed, or does not know any more: it is of a later epoch, or of
    /// this one, where a restore would have made another. An older copy of the files is in the place of the
    /// newer ones.
    ahead
};

TokenStanding standing_of(View& view, const AccountRecord& account, const SyncToken& token);

}  // namespace parley::server
