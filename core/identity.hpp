#pragma once

#include "base/result.hpp"
#include "core/local_database.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace parley::core {

/// Who this device is signed in as, and how far it has followed the account. One line of the local database;
/// kept in memory and written back before each commit.
struct Identity {
    AccountId account;
    DeviceId device;
    /// Empty tokens: the person must sign in again; everything else is kept.
    std::string access_token;
    WallTime expires_at;
    std::string refresh_token;

    /// Covers all frames that were committed with it.
    std::optional<std::string> sync_token;
    /// The server's epoch; absent until the first `resumed`.
    std::optional<std::int64_t> epoch;
    /// Of the account's own stream.
    std::int64_t cursor = 0;
    /// Something of the account's stream above the cursor is owed: a pull.
    bool behind = false;
    /// The server was restored, and has not told everything since: what it does not name is not there.
    bool may_be_lost = false;
    /// When this device last had everything that the server had for it, by the server's clock; 0: never.
    WallTime heard_at;

    bool known() const { return !account.empty(); }
    bool signed_in() const { return known() && !refresh_token.empty(); }
};

class IdentityStore {
  public:
    explicit IdentityStore(LocalDatabase& database) : database_(database) {}

    Status load();
    const Identity& get() const { return identity_; }
    /// For changing it; written at the next flush.
    Identity& edit() {
        changed_ = true;
        return identity_;
    }
    /// A reply to registering, signing in or refreshing.
    void take(const protocol::Session& session);
    Status flush();
    void clear() {
        identity_ = {};
        changed_ = false;
    }

  private:
    LocalDatabase& database_;
    Identity identity_;
    bool changed_ = false;
};

}  // namespace parley::core
