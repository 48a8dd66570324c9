#pragma once

#include "base/result.hpp"
#include "core/local_database.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <map>
#include <optional>

namespace parley::core {

/// What the device knows of persons, from member rows, conversations and answers to profile.find; the latest
/// word.
class Profiles {
  public:
    explicit Profiles(LocalDatabase& database) : database_(database) {}

    Status put(const protocol::Profile& profile);
    Result<std::optional<protocol::Profile>> find(const AccountId& account);
    void clear() { written_.clear(); }

  private:
    LocalDatabase& database_;
    /// What was written lately, so that the same is not written again and again.
    std::map<AccountId, protocol::Profile> written_;
};

}  // namespace parley::core
