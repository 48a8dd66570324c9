#pragma once

#include "client/cli/directory.hpp"
#include "client/cli/session.hpp"

#include <map>
#include <optional>

namespace parley::client::cli {

/// Tells who is typing while somebody watches.
class TypingWatch {
  public:
    TypingWatch(Session& session, Directory& directory) : session_(session), directory_(directory) {}

    /// From here on it is known who is typing in this conversation, or in those that stand first in the list.
    /// To be said again where another process has taken over.
    Outcome<void> look(const std::optional<StreamId>& only);
    /// A line for each who has begun; for programs one with all who are at it, whenever that changes.
    void tell(const protocol::ViewConversation& shown);

  private:
    Session& session_;
    Directory& directory_;
    std::map<StreamId, std::map<AccountId, protocol::TypingKind>> typing_;
};

}  // namespace parley::client::cli
