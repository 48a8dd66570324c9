#pragma once

#include "client/cli/command_line.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/session.hpp"

namespace parley::client::cli {

// One function a command, each in the file of its family. They print their result; the exit code is `done`,
// or `queued` where something waits to be sent.

// sign_in.cpp
Outcome<ExitCode> run(Session& session, const RegisterCommand& command);
Outcome<ExitCode> run(Session& session, const LoginCommand& command);
Outcome<ExitCode> run(Session& session, const LogoutCommand& command);

// account.cpp
Outcome<ExitCode> run(Session& session, const DevicesCommand& command);
Outcome<ExitCode> run(Session& session, const ProfileCommand& command);
Outcome<ExitCode> run(Session& session, const InviteCommand& command);
Outcome<ExitCode> run(Session& session, const StatusCommand& command);

// outbox.cpp
Outcome<ExitCode> run(Session& session, const OutboxCommand& command);
Outcome<ExitCode> run(Session& session, const SyncCommand& command);

// conversations.cpp
Outcome<ExitCode> run(Session& session, const ConversationsCommand& command);
Outcome<ExitCode> run(Session& session, const NewCommand& command);
Outcome<ExitCode> run(Session& session, const MembersCommand& command);
Outcome<ExitCode> run(Session& session, const AddCommand& command);
Outcome<ExitCode> run(Session& session, const RemoveCommand& command);
Outcome<ExitCode> run(Session& session, const LeaveCommand& command);
Outcome<ExitCode> run(Session& session, const RenameCommand& command);
Outcome<ExitCode> run(Session& session, const ReadCommand& command);
/// A command that changes a conversation, and what to say when it is done.
Outcome<ExitCode> change(Session& session, protocol::Payload command, const std::string& done);

// roles.cpp
/// How long slow mode still holds back the next message there; zero: not at all.
Outcome<Duration> slow_wait(Session& session, const protocol::ViewConversation& conversation);
Outcome<ExitCode> run(Session& session, const RoleCommand& command);
Outcome<ExitCode> run(Session& session, const TransferCommand& command);
Outcome<ExitCode> run(Session& session, const PermissionsCommand& command);

// links.cpp
Outcome<ExitCode> run(Session& session, const LinkCommand& command);
Outcome<ExitCode> run(Session& session, const LinksCommand& command);
Outcome<ExitCode> run(Session& session, const UnlinkCommand& command);
Outcome<ExitCode> run(Session& session, const LookCommand& command);
Outcome<ExitCode> run(Session& session, const JoinCommand& command);
Outcome<ExitCode> run(Session& session, const ShareHistoryCommand& command);
Outcome<ExitCode> run(Session& session, const SlowModeCommand& command);

// own_settings.cpp
Outcome<ExitCode> run(Session& session, const MuteCommand& command);
Outcome<ExitCode> run(Session& session, const ArchiveCommand& command);
/// Of the conversation; of a message pin_message.
Outcome<ExitCode> run(Session& session, const PinCommand& command);
Outcome<ExitCode> run(Session& session, const MarkUnreadCommand& command);
Outcome<ExitCode> run(Session& session, const NotifyCommand& command);
Outcome<ExitCode> run(Session& session, const DraftCommand& command);

// blocks.cpp
Outcome<ExitCode> run(Session& session, const BlockCommand& command);
Outcome<ExitCode> run(Session& session, const UnblockCommand& command);
Outcome<ExitCode> run(Session& session, const BlockedCommand& command);

// editing.cpp
enum class Last { own, of_anybody };
/// The message that a word names: an id, or "last" for the newest, or the newest that the person has said
/// himself, on whichever device.
Outcome<protocol::ViewMessage> message_named(Session& session, const Place& place, const std::string& word,
                                             Last last = Last::own);
Outcome<ExitCode> run(Session& session, const EditCommand& command);
Outcome<ExitCode> run(Session& session, const DeleteCommand& command);
Outcome<ExitCode> run(Session& session, const ReactCommand& command);
Outcome<ExitCode> pin_message(Session& session, const PinCommand& command);
Outcome<ExitCode> run(Session& session, const UnpinCommand& command);
Outcome<ExitCode> run(Session& session, const PinsCommand& command);
/// What the message that `word` names said before it was edited.
Outcome<ExitCode> show_earlier_texts(Session& session, const Place& place, const std::string& word,
                                     bool spoilers);

// typing.cpp
Outcome<ExitCode> run(Session& session, const TypingCommand& command);

// send.cpp, reading.cpp
Outcome<protocol::ViewConversation> conversation(Session& session, const StreamId& stream);
/// A window without a hole, where the server can be asked for what is missing in time; otherwise what there
/// is.
Outcome<protocol::ViewWindow> whole_window(Session& session, const protocol::ViewConversation& shown,
                                           const protocol::DoorWindowQuery& query);
Outcome<ExitCode> run(Session& session, const SendCommand& command);
Outcome<ExitCode> run(Session& session, const ForwardCommand& command);
Outcome<ExitCode> run(Session& session, const HistoryCommand& command);
Outcome<ExitCode> run(Session& session, const TailCommand& command);

// report.cpp: needs no core, and works while another process has the account open.
Outcome<ExitCode> report(const AccountPlace& place, const ReportCommand& command, Terminal& terminal);

/// Finds or makes the account that the command is about, opens it and runs the command: the whole of `parley`
/// after its command line was read.
int run(const CommandLine& line);

}  // namespace parley::client::cli
