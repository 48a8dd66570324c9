#pragma once

#include "protocol/generated/cpp/enums.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::client::cli {

/// What every command takes.
struct Common {
    /// Folder with all accounts; empty: the usual one.
    std::string home;
    std::optional<std::string> account;
    bool json = false;
    /// Do not connect to the server.
    bool offline = false;
    /// How long to wait for the server before a command leaves what it has queued and ends.
    std::int64_t wait_seconds = 10;
    /// Away for more changes than this in a conversation: its newest part is fetched first, the rest when
    /// shown.
    std::int64_t jump_changes = 10'000;
};

struct RegisterCommand {
    std::string handle;
    std::string server;
    std::string token;
    std::string name;
    std::string device_name;
    std::string password_file;
    std::string ca_file;
};
struct LoginCommand {
    std::string handle;
    std::string server;
    std::string device_name;
    std::string password_file;
    std::string ca_file;
};
struct LogoutCommand {
    /// What was not accepted yet may be lost.
    bool drop = false;
};
struct DevicesCommand {
    std::optional<std::string> revoke;
};
struct StatusCommand {};
struct ProfileCommand {
    std::optional<std::string> who;
    std::optional<std::string> name;
    std::optional<std::string> handle;
};
struct InviteCommand {
    std::optional<std::int64_t> uses;
    std::optional<std::int64_t> days;
};

struct ConversationsCommand {
    std::optional<std::int64_t> limit;
};
struct NewCommand {
    bool direct = false;
    /// With those who join later, from its beginning.
    bool shares_history = false;
    std::string title;
    std::vector<std::string> people;
    std::optional<std::string> text;
};
struct MembersCommand {
    std::string conversation;
};
struct AddCommand {
    std::string conversation;
    std::vector<std::string> people;
};
struct RemoveCommand {
    std::string conversation;
    std::vector<std::string> people;
};
struct LeaveCommand {
    std::string conversation;
};
struct RenameCommand {
    std::string conversation;
    std::string title;
};
struct RoleCommand {
    std::string conversation;
    std::string person;
    std::string role;
};
struct TransferCommand {
    std::string conversation;
    std::string person;
};
struct PermissionsCommand {
    std::string conversation;
    /// Such as "post=moderator"; none: they are shown.
    std::vector<std::string> settings;
};
/// Without a length, good until it is revoked.
struct LinkCommand {
    std::string conversation;
    /// As moments.hpp reads it.
    std::optional<std::string> length;
    std::optional<std::int64_t> uses;
    std::optional<protocol::Role> role;
};
struct LinksCommand {
    std::string conversation;
};
struct UnlinkCommand {
    std::string conversation;
    /// Its id.
    std::string link;
};
struct LookCommand {
    std::string code;
};
struct JoinCommand {
    std::string code;
};
struct ShareHistoryCommand {
    std::string conversation;
    bool off = false;
};
/// Neither: shows it.
struct SlowModeCommand {
    std::string conversation;
    /// As moments.hpp reads it.
    std::optional<std::string> length;
    bool off = false;
};
struct ReadCommand {
    std::string conversation;
    std::optional<std::int64_t> upto;
};

/// Without a length or an end, until it is switched off.
struct MuteCommand {
    std::string conversation;
    /// As moments.hpp reads them.
    std::optional<std::string> length;
    std::optional<std::string> until;
    bool off = false;
};
struct ArchiveCommand {
    std::string conversation;
    bool off = false;
};
struct PinCommand {
    std::string conversation;
    /// To pin it for everybody there; empty: the conversation itself, in the own list.
    std::string message;
    bool off = false;
};
struct MarkUnreadCommand {
    std::string conversation;
};
struct NotifyCommand {
    std::string conversation;
    protocol::Notify rule = protocol::Notify::all;
};
/// Without words, and not to be cleared: shows it.
struct DraftCommand {
    std::string conversation;
    std::vector<std::string> words;
    bool clear = false;
};

struct SendCommand {
    std::string conversation;
    std::vector<std::string> words;
    /// The whole of standard input is one message.
    bool whole = false;
    bool no_wait = false;
    std::optional<std::string> reply_to;
    std::vector<std::string> mentions;
    /// Whether what it says is Markdown; unless one of them is set, what is typed is, and what comes from
    /// programs and files is not.
    bool markdown = false;
    bool plain = false;
    /// Nobody is alerted to it.
    bool silent = false;
    /// A kind of custom data, with which goes `data`: JSON, "@FILE", or "-" for standard input. The text is
    /// then for whoever does not know the kind.
    std::optional<std::string> custom;
    std::optional<std::string> data;
};
/// `messages`: ids, or "last".
struct ForwardCommand {
    std::string conversation;
    std::vector<std::string> messages;
    std::string to;
    bool silent = false;
    bool no_wait = false;
};
/// `message`: an id, or "last".
struct EditCommand {
    std::string conversation;
    std::string message;
    std::vector<std::string> words;
    bool plain = false;
    /// What it says to an application from now on, as in SendCommand.
    std::optional<std::string> data;
};
struct DeleteCommand {
    std::string conversation;
    std::string message;
};
struct ReactCommand {
    std::string conversation;
    std::string message;
    std::string emoji;
    bool remove = false;
};
struct UnpinCommand {
    std::string conversation;
    std::string message;
};
struct PinsCommand {
    std::string conversation;
};
struct HistoryCommand {
    std::string conversation;
    std::int64_t limit = 20;
    bool all = false;
    std::optional<std::int64_t> before;
    std::optional<std::int64_t> around;
    /// Of this message: an id, or "last".
    std::optional<std::string> edits_of;
    bool spoilers = false;
};
struct TailCommand {
    std::optional<std::string> conversation;
    std::optional<std::int64_t> last;
    bool all = false;
    bool mark_read = false;
    bool spoilers = false;
    /// Also who is typing.
    bool typing = false;
};
struct TypingCommand {
    std::string conversation;
    std::int64_t seconds = 5;
    bool recording = false;
};
struct BlockCommand {
    std::string person;
};
struct UnblockCommand {
    std::string person;
};
struct BlockedCommand {};
struct OutboxCommand {
    std::optional<std::string> retry;
    std::optional<std::string> discard;
};
struct SyncCommand {};
struct ReportCommand {
    /// Empty: a name with the date, in this folder.
    std::string file;
    bool on = false;
    bool off = false;
};

using Command =
    std::variant<RegisterCommand, LoginCommand, LogoutCommand, DevicesCommand, StatusCommand, ProfileCommand,
                 InviteCommand, ConversationsCommand, NewCommand, MembersCommand, AddCommand, RemoveCommand,
                 LeaveCommand, RenameCommand, RoleCommand, TransferCommand, PermissionsCommand, LinkCommand,
                 LinksCommand, UnlinkCommand, LookCommand, JoinCommand, ShareHistoryCommand, SlowModeCommand,
                 ReadCommand, MuteCommand, ArchiveCommand, PinCommand, MarkUnreadCommand, NotifyCommand,
                 DraftCommand, SendCommand, ForwardCommand, EditCommand, DeleteCommand, ReactCommand,
                 UnpinCommand, PinsCommand, HistoryCommand, TailCommand, TypingCommand, BlockCommand,
                 UnblockCommand, BlockedCommand, OutboxCommand, SyncCommand, ReportCommand>;

struct CommandLine {
    Common common;
    Command command;
};

/// The parsed command line, or the exit code with which to end at once (help was printed, or what was wrong).
std::expected<CommandLine, int> parse(int count, const char* const* words);

}  // namespace parley::client::cli
