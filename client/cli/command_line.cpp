#include "client/cli/command_line.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace parley::client::cli {

namespace {

constexpr const char* conversations_help = R"(
CONVERSATION is @HANDLE for the direct conversation with a person, the title of a group,
or an id as --json prints it.)";

constexpr const char* report_help = R"(
The flight recorder keeps the newest part of what this device got from its server and did with it,
at most 4 MiB, beside the account's database. `parley report` saves that to a file, which can be
played again by those who look for a mistake; nothing is sent anywhere.

In it: types and numbers of messages, their sizes, order and times; ids of messages, people, devices
and conversations. Not in it: texts, names, handles, titles, passwords and tokens, in whose place
stands noise of the same size; nor addresses. It is lines of JSON: look into it before you pass it on.)";

constexpr const char* footer = R"(
Everything works offline: what is sent is stored on this device and goes out later, also by
another parley. Two at once share one connection; nothing is ever sent twice.

Environment:
  PARLEY_HOME           folder with all accounts (else parley/ in XDG_DATA_HOME, else in ~/.local/share)
  PARLEY_ACCOUNT        which account, as --account
  PARLEY_PASSWORD       the password, where no terminal is there to ask
  PARLEY_JUMP_CHANGES   as --jump-changes

Exit codes:
  0  done                                   4  no such conversation, person or device
  1  refused, or something went wrong       5  queued: stored here, goes out later
  2  the command line is wrong              6  another parley does not answer; nothing queued
  3  not signed in                          7  the server cannot be reached
)";

/// Collects what CLI11 fills; each `add_…` describes one command.
class Grammar {
  public:
    Grammar();

    CLI::App app{"Parley: messages between people, from the command line."};
    Common common;
    Command command;

  private:
    /// A command whose options fill the fresh `Options`; chosen when its callback runs.
    template <class Options>
    CLI::App& add(const char* name, const char* about, std::shared_ptr<Options>& options) {
        options = std::make_shared<Options>();
        CLI::App* sub = app.add_subcommand(name, about);
        sub->callback([this, options] { command = *options; });
        return *sub;
    }

    void add_common();
    void add_accounts();
    void add_conversations();
    void add_members();
    void add_messages();
    void add_upkeep();
};

Grammar::Grammar() {
    app.name("parley");
    app.require_subcommand(1);
    app.fallthrough();
    app.get_formatter()->column_width(28);
    app.footer(footer);
    app.set_version_flag("--version", "parley " PARLEY_VERSION);
    add_common();
    add_accounts();
    add_conversations();
    add_members();
    add_messages();
    add_upkeep();
}

void Grammar::add_common() {
    app.add_flag("--json", common.json, "Print JSON, one object a line; problems go to standard error");
    app.add_option("--account", common.account,
                   "Which account: HANDLE or HANDLE@SERVER, where several are signed in")
        ->envname("PARLEY_ACCOUNT");
    app.add_option("--home", common.home, "Folder with all accounts")->type_name("FOLDER");
    app.add_flag("--offline", common.offline, "Do not connect; show what is here, queue what is sent");
    app.add_option("--wait", common.wait_seconds, "How long to wait for the server, in seconds (10)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0, 86'400));
    app.add_option("--jump-changes", common.jump_changes,
                   "Away for more changes than this: fetch the newest first, the rest when shown (10000)")
        ->type_name("COUNT")
        ->envname("PARLEY_JUMP_CHANGES")
        ->check(CLI::PositiveNumber);
}

void Grammar::add_accounts() {
    std::shared_ptr<RegisterCommand> made;
    CLI::App& registering = add("register", "Make an account on a server, and sign in", made);
    registering.add_option("--server", made->server, "Address, such as https://chat.example.org")->required();
    registering
        .add_option("--handle,handle", made->handle,
                    "Your unique name: a-z 0-9 _ . -, beginning with a letter")
        ->required();
    registering.add_option("--token,--invite", made->token, "An invite, or the token that parleyd printed");
    registering.add_option("--name", made->name, "Name that others see (the handle)");
    registering.add_option("--device", made->device_name, "How this device is listed (the machine's name)");
    registering.add_option("--password-file", made->password_file,
                           "First line of this file; - is standard input");
    registering.add_option("--ca", made->ca_file, "Trust the certificates in this file (PEM) too");

    std::shared_ptr<LoginCommand> login;
    CLI::App& signing_in = add("login", "Sign in on this device", login);
    signing_in.add_option("--handle,handle", login->handle, "Your handle")->required();
    signing_in.add_option("--server", login->server, "Address, such as https://chat.example.org")->required();
    signing_in.add_option("--device", login->device_name, "How this device is listed (the machine's name)");
    signing_in.add_option("--password-file", login->password_file,
                          "First line of this file; - is standard input");
    signing_in.add_option("--ca", login->ca_file, "Trust the certificates in this file (PEM) too");

    std::shared_ptr<LogoutCommand> logout;
    add("logout", "Sign this device out and erase what it holds", logout);

    std::shared_ptr<DevicesCommand> devices;
    add("devices", "List the devices that are signed in, or sign one out", devices)
        .add_option("--revoke", devices->revoke, "Sign out the device with this id or name")
        ->type_name("DEVICE");

    std::shared_ptr<ProfileCommand> profile;
    CLI::App& profiles = add("profile", "Show a profile, or change your own", profile);
    profiles.add_option("person", profile->who, "@HANDLE; without it your own");
    profiles.add_option("--name", profile->name, "Change the name that others see");
    profiles.add_option("--handle", profile->handle, "Change your handle");

    std::shared_ptr<InviteCommand> invite;
    CLI::App& inviting = add("invite", "Make an invite to this server", invite);
    inviting.add_option("--uses", invite->uses, "How many may use it (1)")->check(CLI::Range(1, 100'000));
    inviting.add_option("--days", invite->days, "How many days it is good (7)")->check(CLI::Range(1, 3'650));
}

void Grammar::add_conversations() {
    std::shared_ptr<ConversationsCommand> list;
    add("conversations", "List your conversations, latest first", list)
        .add_option("-n,--limit", list->limit, "At most so many")
        ->check(CLI::PositiveNumber);

    std::shared_ptr<NewCommand> created;
    CLI::App& creating =
        add("new", "Begin a conversation: parley new TITLE @ada @bob, or --direct @ada", created);
    creating.add_option("title", created->title, "Title of the group; with --direct the person")->required();
    creating.add_option("people", created->people, "Members, as @HANDLE");
    creating.add_flag("--direct", created->direct, "A direct conversation with one person");
    creating.add_option("-m,--message", created->text, "Its first message")->type_name("TEXT");

    std::shared_ptr<LeaveCommand> leave;
    add("leave", "Leave a group", leave).add_option("conversation", leave->conversation)->required();

    std::shared_ptr<RenameCommand> rename;
    CLI::App& renaming = add("rename", "Give a group another title", rename);
    renaming.add_option("conversation", rename->conversation)->required();
    renaming.add_option("title", rename->title, "The new title")->required();

    std::shared_ptr<ReadCommand> read;
    CLI::App& reading = add("read", "Mark a conversation as read", read);
    reading.add_option("conversation", read->conversation)->required();
    reading.add_option("--upto", read->upto, "Only up to this place (`born` in --json)")
        ->check(CLI::NonNegativeNumber);
}

void Grammar::add_members() {
    std::shared_ptr<MembersCommand> members;
    add("members", "List who is in a conversation", members)
        .add_option("conversation", members->conversation)
        ->required();

    std::shared_ptr<AddCommand> added;
    CLI::App& adding = add("add", "Add people to a group", added);
    adding.add_option("conversation", added->conversation)->required();
    adding.add_option("people", added->people, "As @HANDLE")->required();

    std::shared_ptr<RemoveCommand> removed;
    CLI::App& removing = add("remove", "Remove people from a group", removed);
    removing.add_option("conversation", removed->conversation)->required();
    removing.add_option("people", removed->people, "As @HANDLE")->required();
}

void Grammar::add_messages() {
    std::shared_ptr<SendCommand> send;
    CLI::App& sending = add("send", "Send a message, or each line of standard input", send);
    sending.add_option("conversation", send->conversation)->required();
    sending.add_option("text", send->words, "The message; without it, each line of standard input is one");
    sending.add_flag("--whole", send->whole, "All of standard input is one message");
    sending.add_flag("--no-wait", send->no_wait,
                     "End as soon as it is stored, without waiting for the server");
    sending.add_option("--reply-to", send->reply_to, "Id of the message that this answers")->type_name("ID");
    sending.add_option("--mention", send->mentions, "Name a person, as @HANDLE; may stand several times");
    sending.footer(conversations_help);

    std::shared_ptr<HistoryCommand> history;
    CLI::App& past = add("history", "Show the messages of a conversation", history);
    past.add_option("conversation", history->conversation)->required();
    past.add_option("-n,--limit", history->limit, "The newest so many (20)")->check(CLI::Range(1, 1000));
    past.add_flag("--all", history->all, "From the first to the last");
    past.add_option("--before", history->before, "Those below this place (`born` in --json)");
    past.add_option("--around", history->around, "Those around this place");
    past.footer(conversations_help);

    std::shared_ptr<TailCommand> tail;
    CLI::App& live = add("tail", "Show messages as they come, until interrupted", tail);
    live.add_option("conversation", tail->conversation, "Only this one; without it, all");
    live.add_option("-n,--last", tail->last,
                    "Begin with the newest so many (10 for one conversation, 0 for all)")
        ->check(CLI::Range(0, 1000));
    live.add_flag("--all", tail->all, "Begin with the first message");
    live.add_flag("--read", tail->mark_read, "Mark as read what is shown");
    live.footer(conversations_help);
}

void Grammar::add_upkeep() {
    std::shared_ptr<OutboxCommand> outbox;
    CLI::App& waiting = add("outbox", "List what waits to be sent, and what was refused", outbox);
    waiting.add_option("--retry", outbox->retry, "Send a refused one again")->type_name("ID|all");
    waiting.add_option("--discard", outbox->discard, "Forget a refused one")->type_name("ID|all");

    std::shared_ptr<SyncCommand> sync;
    add("sync", "Send what waits and fetch what is new, then end", sync);

    std::shared_ptr<ReportCommand> report;
    CLI::App& reporting =
        add("report", "Save what the flight recorder has of this account, for a bug report", report);
    reporting.add_option("file", report->file, "Where to (parley-report-DATE.jsonl, here)")
        ->type_name("FILE");
    CLI::Option* off = reporting.add_flag("--off", report->off, "Record nothing from now on, and forget all");
    reporting.add_flag("--on", report->on, "Record again")->excludes(off);
    reporting.footer(report_help);

    std::shared_ptr<StatusCommand> status;
    add("status", "Show account, connection and what waits", status);
}

}  // namespace

std::expected<CommandLine, int> parse(int count, const char* const* words) {
    Grammar grammar;
    try {
        grammar.app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return std::unexpected(grammar.app.exit(error) == 0 ? 0 : 2);
    }
    return CommandLine{.common = std::move(grammar.common), .command = std::move(grammar.command)};
}

}  // namespace parley::client::cli
