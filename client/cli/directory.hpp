#pragma once

#include "client/cli/session.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::client::cli {

/// A conversation that a word of the command line named.
struct Place {
    protocol::Target target;
    /// For people; harmless on a terminal.
    std::string label;
    /// Absent while it exists only in the outbox, or not at all yet.
    std::optional<StreamId> stream;
    std::optional<protocol::ViewConversation> view;
};

/// As people call what they keep for themselves: the direct conversation with oneself.
inline constexpr std::string_view saved_label = "Saved messages";
bool is_saved(const protocol::ViewConversation& conversation);

/// "Team" or "Ada (@ada)".
std::string label_of(const protocol::ViewConversation& conversation);
std::string label_of(const protocol::Profile& person);
/// "an admin", "a guest".
std::string with_article(protocol::Role role);
/// What stands in the way of a conversation that exists only in the outbox: a sentence without its subject.
std::string state_of_pending(const protocol::ViewConversation& conversation);

/// Finds conversations and people by the names that people use for them.
class Directory {
  public:
    explicit Directory(Session& session) : session_(session) {}

    /// @HANDLE, a title that only one group has, "Saved messages", or an id.
    Outcome<Place> conversation(const std::string& word);
    /// The same where messages are to be read: it must exist here.
    Outcome<StreamId> stream(const std::string& word);
    /// @HANDLE or HANDLE: asked of the server where that can be reached, since people change their handles;
    /// else by what this device knows without doubt.
    Outcome<protocol::Profile> person(const std::string& word);
    Outcome<std::vector<AccountId>> people(const std::vector<std::string>& words);
    /// As the conversation says it where somebody last was in one, without the server; nothing where that is
    /// nowhere.
    Outcome<std::optional<protocol::Profile>> known(const AccountId& account);
    /// Puts in the profiles of now, as far as the server gives them.
    Outcome<void> renew(std::vector<protocol::ViewMember>& members);

    /// Who wrote in this conversation; by id where nothing is known.
    protocol::Profile sender(const StreamId& stream, const AccountId& account);

  private:
    /// The profiles under which this device knows somebody. That of the direct conversation is renewed; those
    /// in groups are each as old as the row of the member.
    struct Known {
        std::optional<protocol::Profile> direct;
        std::vector<protocol::Profile> in_groups;

        /// Whether the person had this handle at some time, and whether nothing speaks against it now.
        bool was(const std::string& handle) const;
        bool is(const std::string& handle) const;
        const protocol::Profile& any() const { return direct ? *direct : in_groups.front(); }
    };
    Outcome<std::unordered_map<AccountId, Known>> known_people();
    Outcome<std::optional<protocol::Profile>> known_person(const std::string& handle);
    Outcome<protocol::Profile> ask_for(const std::string& handle);
    /// Why the server knows nobody by this handle.
    Outcome<protocol::Profile> nobody(const std::string& handle);
    /// By title or id, among those that this device knows; nothing where there is none.
    Outcome<std::optional<Place>> known_conversation(const std::string& word);
    Outcome<Place> direct(const std::string& word);
    Outcome<std::string> described(const protocol::ViewConversation& group);

    Session& session_;
    /// Whether the server can be asked, once it is known: nobody waits for it anew with each name.
    std::optional<bool> reached_;
    std::unordered_map<AccountId, protocol::Profile> profiles_;
};

}  // namespace parley::client::cli
