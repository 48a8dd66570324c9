#pragma once

#include "base/uuid.hpp"
#include "server/domain/batch.hpp"
#include "sim/store_reader.hpp"

#include <cstdint>
#include <map>

namespace parley::sim {

/// Which devices have tokens of the server, and since when by its clock: a model of its own, written down
/// from what was committed.
class TokenBook {
  public:
    struct Tokens {
        AccountId account;
        /// Of the refresh token; 1: it has never been renewed.
        std::int64_t number = 1;
        /// By the server's clock, and by the one that does not jump.
        WallTime renewed_at;
        Instant since;
        /// The device is signed out.
        bool taken_back = false;
    };

    void committed(const server::Batch& batch, Instant now);
    /// The same out of the store, where the server died between committing and telling.
    void learn(const StoredRows& stored, Instant now);

    /// Null: nothing is known of it.
    const Tokens* find(const DeviceId& device) const;
    /// How many devices of this account are signed in.
    std::int64_t count(const AccountId& account) const;

  private:
    void note(const AccountId& account, const protocol::Change& change, Instant now);

    std::map<DeviceId, Tokens> tokens_;
};

}  // namespace parley::sim
