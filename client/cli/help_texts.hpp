#pragma once

/// What --help says besides the commands and their options.
namespace parley::client::cli {

inline constexpr const char* about = R"(Parley: messages between people, from the command line.

  parley send @bob "Hello"          to a person; to a group by its title: parley send Team "Hello"
  fortune | parley send @bob        each line is a message
  parley tail                       what comes in, live
)";

inline constexpr const char* places_help = R"(
CONVERSATION is @HANDLE for the direct conversation with a person, the title of a group,
"Saved messages" (or your own @HANDLE) for what you keep for yourself, or an id as --json prints it.
)";

inline constexpr const char* markdown_help = R"(
What is typed is read as Markdown; what a pipe or a file brings is sent as it stands:
  **bold**  *italic*  _italic_  ~~struck out~~  ||spoiler||  `code`  [text](https://example.org)
  > at the beginning of a line quotes it; lines between two lines of ``` are code
  @HANDLE names a member, @everyone and @here all of them; a backslash takes a mark as it is
)";

inline constexpr const char* forward_help = R"(
Everybody there sees what the message said when it was forwarded, and who said it first; not where. The
server takes the words from where they stand: it refuses what was deleted, or what you cannot see there any
more.
)";

inline constexpr const char* roles_help = R"(
Roles, from the highest down:
  owner      may everything; gives and takes every role
  admin      gives and takes the roles below; adds, removes and renames, where it is not set otherwise
  moderator  deletes what others said, and pins messages, where it is not set otherwise
  member     whoever was added
  guest      does what is left to everybody: reads, and writes, where it is not set otherwise
Whoever is no owner changes and removes only those whose role is below his own. The last owner of a
group cannot take a lower role: parley transfer gives the group to somebody else.
)";

inline constexpr const char* permissions_help = R"(
SETTINGS name an act and the lowest role that may do it: owner, admin, moderator, member or guest, which
is everybody. Only owners set them. Acts, and what holds where nothing was set:
  post=guest               send messages, and edit own ones
  add=admin                add members
  remove=admin             remove members whose role is below one's own
  rename=admin             give the group another title
  delete_others=moderator  delete what others said
  pin=moderator            pin messages, and unpin them
  mention_all=member       name everybody at once: @everyone and @here
  invite=admin             make invite links, see all of them, and revoke them
)";

inline constexpr const char* share_history_help = R"(
Only owners say so. It reaches forward: what was said before was said to those who were there, and stays
with them. A group that is to share all of it begins so: parley new --share-history. Everybody there sees
the setting (parley permissions). --off takes nothing from those who have joined meanwhile.
)";

inline constexpr const char* slow_mode_help = R"(
Admins and owners say so. It holds back members and guests; moderators, admins and owners write as they like,
and edits, deletions and reactions are free. What is said too early is kept, and goes out when its turn comes.
)";

inline constexpr const char* block_help = R"(
While a person is blocked, what he writes to you alone goes out to nobody, and you write him nothing;
what was said before stays. In groups you share, his messages are there, folded, and neither count nor
alert. Neither of you sees when the other types, and how far he has read, and he cannot add you to groups.
He is told nothing of it. parley unblock ends it.
)";

inline constexpr const char* more_help =
    "\nOptions for every command, environment and exit codes: parley --help";

inline constexpr const char* report_help = R"(
The flight recorder keeps the newest part of what this device got from its server and did with it,
at most 4 MiB, beside the account's database. `parley report` saves that to a file, which can be
played again by those who look for a mistake; nothing is sent anywhere.

In it: types and numbers of messages, their sizes, order and times; ids of messages, people, devices
and conversations. Not in it: texts, names, handles, titles, passwords and tokens, in whose place
stands noise of the same size; nor addresses. It is lines of JSON: look into it before you pass it on.)";

inline constexpr const char* marks_help = R"(
Behind one's own messages:
  ✓ the server has it   ✓✓ on a device of everybody else   ✓✓ read: by everybody else
  … not sent yet        ✗ refused, and why (parley outbox)
)";

inline constexpr const char* list_help = R"(
The number behind a name in the list counts unread messages; @ says that one of them names you, and
* that you have marked it as unread. The badge is their sum over what is neither muted nor archived,
as parley notify says for each.
)";

inline constexpr const char* offline_help = R"(
Everything works offline: what is sent, edited, deleted or set is stored on this device and goes out
with the next command that reaches the server. Two at once share one connection; nothing is sent twice.
)";

inline constexpr const char* surroundings = R"(
Environment:
  PARLEY_HOME           folder with all accounts (else parley/ in XDG_DATA_HOME, else in ~/.local/share)
  PARLEY_ACCOUNT        which account, as --account
  PARLEY_PASSWORD       the password, where no terminal is there to ask
  PARLEY_JUMP_CHANGES   as --jump-changes

Exit codes:
  0  done                                   4  no such conversation, message, person or device
  1  refused, or something went wrong       5  queued: stored here, goes out later
  2  command line wrong, or input empty     6  another parley does not answer
  3  not signed in                          7  the server cannot be reached
                                            130  interrupted while signing in)";

}  // namespace parley::client::cli
