#pragma once

#include "client/cli/directory.hpp"
#include "client/cli/session.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::client::cli {

/// What stands in the place of a message that was deleted.
inline constexpr std::string_view deleted_words = "(deleted)";
/// The same in a group of one by somebody who is blocked; --json has what he said.
inline constexpr std::string_view blocked_words = "(from somebody you have blocked)";

/// Words in the place of the message, where there are any.
std::string_view instead_of(const protocol::ViewConversation& conversation,
                            const protocol::ViewMessage& message);

/// Prints messages, for people with days, times and names, for programs as objects.
class MessagePrinter {
  public:
    /// `show_place`: each message says where it stands, since several conversations are shown.
    MessagePrinter(Session& session, Directory& directory, bool show_place)
        : session_(session), directory_(directory), show_place_(show_place) {}

    /// What is hidden in texts is shown.
    void show_spoilers(bool shown) { spoilers_ = shown; }
    void print(const protocol::ViewConversation& conversation, const protocol::ViewMessage& message);

  private:
    /// Of a conversation that exists only in the outbox nobody is known; all in it is one's own.
    protocol::Profile sender_of(const protocol::ViewConversation& conversation,
                                const protocol::ViewMessage& message);
    void print_for_people(const protocol::ViewConversation& conversation,
                          const protocol::ViewMessage& message);
    void print_object(const protocol::ViewConversation& conversation, const protocol::ViewMessage& message);
    std::string name_of_sender(const protocol::ViewConversation& conversation,
                               const protocol::ViewMessage& message);
    /// What the message answers, in short; empty where it is no answer.
    std::string answered(const protocol::ViewConversation& conversation,
                         const protocol::ViewMessage& message);
    void remember(const protocol::ViewConversation& conversation, const protocol::ViewMessage& message);

    Session& session_;
    Directory& directory_;
    bool show_place_;
    bool spoilers_ = false;
    std::string day_;
    /// The beginnings of the latest messages, by which answers say what they answer.
    std::unordered_map<Uuid, std::string> begun_;
};

/// The parts of an object that says what became of an own command.
std::string_view name_of_state(protocol::ViewState state);

}  // namespace parley::client::cli
