#pragma once

#include "client/cli/session.hpp"

#include <map>
#include <string>
#include <vector>

namespace parley::client::cli {

/// Tells what becomes of groups while somebody watches: who comes and goes, a new title, and that the person
/// himself is in or out. What was so when it first saw a group is not told.
class GroupWatch {
  public:
    explicit GroupWatch(Session& session) : session_(session) {}

    /// Remembers it as it is.
    Outcome<void> begin(const protocol::ViewConversation& group);
    /// What has changed since, in sentences for people, with names that are harmless on a terminal. One that
    /// it has never seen is new.
    Outcome<std::vector<std::string>> changes(const protocol::ViewConversation& group);

  private:
    struct Seen {
        std::string title;
        bool present = true;
        /// All that the server has was here, so that whoever is not among the members was out.
        bool complete = false;
        /// How many are in, as the server counts.
        std::int64_t count = 0;
        /// One's own.
        protocol::Role role = protocol::Role::member;
        /// Those who are in, by account, as they are called.
        std::map<AccountId, std::string> members;
    };

    Outcome<Seen> look(const protocol::ViewConversation& group);
    static bool is_as_before(const Seen& seen, const protocol::ViewConversation& group);

    Session& session_;
    std::map<StreamId, Seen> seen_;
};

}  // namespace parley::client::cli
