#pragma once

#include "core/client.hpp"

#include <deque>
#include <utility>
#include <variant>

namespace parley::client {

/// What a core has asked for and its host has not carried out yet, in order: between the two lies a sync of
/// the disk, which several inputs share.
class PendingActions {
  public:
    /// Takes over what the core asks for. True where some of it ends or changes the connection: what that
    /// still brings is not for the core any more.
    bool collect(core::Client& client) {
        bool changes_connection = false;
        while (auto action = client.poll_action()) {
            changes_connection |= std::holds_alternative<core::OpenSocket>(*action) ||
                                  std::holds_alternative<core::CloseSocket>(*action);
            actions_.push_back(std::move(*action));
        }
        return changes_connection;
    }
    bool empty() const { return actions_.empty(); }
    /// The next to be carried out; there is one.
    core::Action take() {
        core::Action action = std::move(actions_.front());
        actions_.pop_front();
        return action;
    }
    void clear() { actions_.clear(); }

  private:
    std::deque<core::Action> actions_;
};

}  // namespace parley::client
