#pragma once

#include "base/result.hpp"
#include "core/local_database.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace parley::core {

/// What the device knows of persons, from member rows, conversations and answers to profile.find: the latest
/// that was said, in whatever order it comes.
class Profiles {
  public:
    explicit Profiles(LocalDatabase& database) : database_(database) {}

    Status put(const protocol::Profile& profile);
    Result<std::optional<protocol::Profile>> find(const AccountId& account);
    void clear() { known_.clear(); }

  private:
    void remember(const protocol::Profile& profile);

    LocalDatabase& database_;
    /// What was read or written lately, so that the same is not asked for and written again and again.
    std::map<AccountId, protocol::Profile> known_;
    std::uint64_t known_as_of_ = 0;
};

}  // namespace parley::core
