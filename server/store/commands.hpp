#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "server/domain/keys.hpp"
#include "server/domain/work.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace parley::server {

/// A command other than a message that succeeded, with its answer.
struct CommandRecord {
    AccountKey account;
    Uuid id;
    /// Over the decoded content, target resolved.
    std::array<std::uint8_t, 16> content{};
    /// Made a conversation: remembered for ever; others for limits::command_memory_ms.
    bool creation = false;
    Answer answer;
};

/// The memory of what was answered, by account and command id.
class Commands {
  public:
    virtual ~Commands() = default;
    virtual std::optional<CommandRecord> find(AccountKey account, const Uuid& id) = 0;
    virtual bool contains(AccountKey account, const Uuid& id) = 0;
};

class CommandWrites {
  public:
    virtual ~CommandWrites() = default;
    /// Also forgets a few of those whose time is over at `record.answer.timestamp`, which is now.
    virtual void remember(const CommandRecord& record) = 0;
    /// A success that changed nothing, and so costs no room: only `contains` knows it, for as long as what
    /// follows it may be under way. Nobody misses it afterwards, since a repeat changes nothing either.
    virtual void note(AccountKey account, const Uuid& id) = 0;
};

}  // namespace parley::server
