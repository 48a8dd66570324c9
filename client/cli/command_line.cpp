#include "client/cli/command_line.hpp"

#include "client/cli/help_texts.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/terminal.hpp"
#include "client/cli/text.hpp"
#include "client/cli/usage.hpp"
#include "protocol/field.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <string_view>

namespace parley::client::cli {

namespace {

/// Collects what CLI11 fills; each `add_…` describes one command.
class Grammar {
  public:
    Grammar();

    CLI::App app{about};
    Common common;
    Command command;

  private:
    /// A command whose options fill the fresh `Options`; chosen when its callback runs.
    template <class Options>
    CLI::App& add(const char* name, const char* does, std::shared_ptr<Options>& options) {
        options = std::make_shared<Options>();
        CLI::App* sub = app.add_subcommand(name, does);
        sub->group(group_)->footer(more_help);
        sub->callback([this, options] { command = *options; });
        return *sub;
    }
    /// The same for a command that is about one conversation, which `Options` names.
    template <class Options>
    CLI::App& add_about_place(const char* name, const char* does, std::shared_ptr<Options>& options) {
        CLI::App& sub = add(name, does, options);
        sub.add_option("CONVERSATION", options->conversation, "Which one; see below")
            ->required()
            ->option_text(" ");
        sub.footer(std::string(places_help) + more_help);
        return sub;
    }

    static void add_message_option(CLI::App& sub, std::string& message) {
        sub.add_option("MESSAGE", message, "Its id, as --json prints it, or last for your newest one")
            ->required()
            ->option_text(" ");
    }

    void add_common();
    void add_accounts();
    void add_conversations();
    void add_own_settings();
    void add_members();
    void add_roles();
    void add_changes();
    void add_messages();
    void add_upkeep();

    /// Under which heading the help lists what is added.
    std::string group_;
};

Grammar::Grammar() {
    app.name("parley");
    app.require_subcommand(1);
    app.fallthrough();
    app.get_formatter()->column_width(26);
    app.get_formatter()->label("REQUIRED", "");
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.set_help_flag("-h,--help", "Print this help, or that of a command");
    app.set_version_flag("--version", "parley " PARLEY_VERSION, "Print the version");
    add_common();
    add_messages();
    add_conversations();
    add_own_settings();
    add_members();
    add_roles();
    add_accounts();
    add_upkeep();
    app.footer(std::string(offline_help) + marks_help + list_help + surroundings);
}

void Grammar::add_common() {
    app.add_flag("--json", common.json, "Print JSON, one object a line; problems go to standard error");
    app.add_option("--account", common.account,
                   "Which account: HANDLE or HANDLE@SERVER, where several are signed in")
        ->envname("PARLEY_ACCOUNT")
        ->transform(without_at)
        ->option_text("ACCOUNT");
    app.add_option("--home", common.home, "Folder with all accounts")->option_text("FOLDER");
    app.add_flag("--offline", common.offline, "Do not connect; show what is here, queue what is sent");
    app.add_option("--wait", common.wait_seconds, "How long to wait for the server (10)")
        ->option_text("SECONDS")
        ->check(whole_number(0, 86'400));
    app.add_option("--jump-changes", common.jump_changes,
                   "Away for more changes than this: fetch the newest first, the rest when shown (10000)")
        ->option_text("COUNT")
        ->envname("PARLEY_JUMP_CHANGES")
        ->check(whole_number(1, protocol::int_max));
}

template <class Options>
void add_sign_in_options(CLI::App& sub, Options& options) {
    sub.add_option("--device", options.device_name, "How this device is listed (the machine's name)")
        ->option_text("NAME");
    sub.add_option("--password-file", options.password_file,
                   "Take the password from the first line of this file; - is standard input")
        ->option_text("FILE");
    sub.add_option("--ca", options.ca_file, "Trust the certificates in this file (PEM) too")
        ->option_text("FILE");
}

void Grammar::add_accounts() {
    group_ = "Account";
    std::shared_ptr<RegisterCommand> made;
    CLI::App& registering = add("register", "Make an account on a server, and sign in", made);
    registering
        .add_option("--handle,HANDLE", made->handle,
                    "Your unique name: a-z 0-9 _ . -, beginning with a letter")
        ->required()
        ->transform(without_at)
        ->option_text(" ");
    registering.add_option("--server", made->server, "Its address, such as https://chat.example.org")
        ->required()
        ->option_text("ADDRESS");
    registering.add_option("--invite,--token", made->token, "An invite, or the token that parleyd printed")
        ->option_text("TOKEN");
    registering.add_option("--name", made->name, "The name that others see (the handle)")
        ->option_text("NAME");
    add_sign_in_options(registering, *made);

    std::shared_ptr<LoginCommand> login;
    CLI::App& signing_in = add("login", "Sign in on this device", login);
    signing_in.add_option("--handle,HANDLE", login->handle, "Your handle")
        ->required()
        ->transform(without_at)
        ->option_text(" ");
    signing_in.add_option("--server", login->server, "Its address, such as https://chat.example.org")
        ->required()
        ->option_text("ADDRESS");
    add_sign_in_options(signing_in, *login);

    std::shared_ptr<LogoutCommand> logout;
    add("logout", "Sign this device out and erase what it holds", logout)
        .add_flag("--drop", logout->drop, "Also what has not been sent yet; it is lost");

    std::shared_ptr<DevicesCommand> devices;
    add("devices", "List the devices that are signed in, or sign one out", devices)
        .add_option("--revoke", devices->revoke, "Sign out the device with this id or name")
        ->option_text("DEVICE");

    std::shared_ptr<ProfileCommand> profile;
    CLI::App& profiles = add("profile", "Show a profile, or change your own", profile);
    CLI::Option* whose =
        profiles.add_option("PERSON", profile->who, "@HANDLE; without it your own")->option_text(" ");
    profiles.add_option("--name", profile->name, "Change the name that others see")
        ->option_text("NAME")
        ->excludes(whose);
    profiles.add_option("--handle", profile->handle, "Change your handle")
        ->transform(without_at)
        ->option_text("HANDLE")
        ->excludes(whose);

    std::shared_ptr<InviteCommand> invite;
    CLI::App& inviting = add("invite", "Make an invite to this server", invite);
    inviting.add_option("--uses", invite->uses, "How many may use it (1)")
        ->option_text("COUNT")
        ->check(whole_number(1, 100'000));
    inviting.add_option("--days", invite->days, "How many days it is good (7)")
        ->option_text("COUNT")
        ->check(whole_number(1, 3'650));
}

void Grammar::add_conversations() {
    group_ = "Conversations";
    std::shared_ptr<ConversationsCommand> list;
    CLI::App& listing = add(
        "conversations", "List your conversations: pinned ones, then the latest, archived ones last", list);
    listing.add_option("-n,--limit", list->limit, "At most so many")
        ->option_text("COUNT")
        ->check(whole_number(1, 1'000'000));
    listing.footer(std::string(list_help) + more_help);

    std::shared_ptr<NewCommand> created;
    CLI::App& creating =
        add("new", "Begin a conversation: parley new TITLE @ada @bob, or --direct @ada", created);
    creating.add_option("TITLE", created->title, "Title of the group; with --direct the person")
        ->required()
        ->option_text(" ");
    creating.add_option("PEOPLE", created->people, "Members, as @HANDLE")->option_text(" ");
    creating.add_flag("--direct", created->direct, "A direct conversation with one person");
    creating.add_option("-m,--message", created->text, "Its first message")->option_text("TEXT");

    std::shared_ptr<RenameCommand> rename;
    add_about_place("rename", "Give a group another title", rename)
        .add_option("TITLE", rename->title, "The new title")
        ->required()
        ->option_text(" ");

    std::shared_ptr<LeaveCommand> leave;
    add_about_place("leave", "Leave a group", leave);
}

void Grammar::add_own_settings() {
    group_ = "For yourself, on all your devices";
    std::shared_ptr<MuteCommand> mute;
    CLI::App& muting =
        add_about_place("mute", "Be told nothing of a conversation, for some time or for good", mute);
    CLI::Option* length = muting.add_option("--for", mute->length, "For so long: 30m, 8h, 2d, 1w")
                              ->option_text("LENGTH")
                              ->check(problem_of_length);
    CLI::Option* until = muting
                             .add_option("--until", mute->until,
                                         "Until then, by this machine's clock: 18:00, 2030-12-24, or both")
                             ->option_text("TIME")
                             ->check(problem_of_moment)
                             ->excludes(length);
    muting.add_flag("--off", mute->off, "Not any more")->excludes(length)->excludes(until);

    std::shared_ptr<PinCommand> pin;
    add_about_place("pin", "Keep a conversation at the top of the list", pin)
        .add_flag("--off", pin->off, "Not any more");

    std::shared_ptr<ArchiveCommand> archive;
    add_about_place("archive", "Put a conversation away, behind all others", archive)
        .add_flag("--off", archive->off, "Take it out again");

    std::shared_ptr<MarkUnreadCommand> mark;
    add_about_place("mark-unread", "Mark a conversation as unread, until you read it", mark);

    std::shared_ptr<NotifyCommand> notify;
    add_about_place("notify", "Say what of a conversation alerts you, and counts in the badge", notify)
        .add_option("RULE", notify->rule,
                    "all; mentions: where you are named; silent: count, and alert to nothing; none: not even "
                    "count")
        ->required()
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, protocol::Notify>{{"all", protocol::Notify::all},
                                                    {"mentions", protocol::Notify::mentions},
                                                    {"silent", protocol::Notify::silent},
                                                    {"none", protocol::Notify::none}}))
        ->option_text(" ");

    std::shared_ptr<DraftCommand> draft;
    CLI::App& drafting =
        add_about_place("draft", "Show what you have begun to write, or keep another text", draft);
    CLI::Option* words =
        drafting.add_option("TEXT", draft->words, "What to keep; without it, the draft is shown")
            ->option_text(" ");
    drafting.add_flag("--clear", draft->clear, "Take it away")->excludes(words);
}

void Grammar::add_members() {
    group_ = "Conversations";
    std::shared_ptr<MembersCommand> members;
    add_about_place("members", "List who is in a conversation", members);

    std::shared_ptr<AddCommand> added;
    add_about_place("add", "Add people to a group; they see what is said from then on", added)
        .add_option("PEOPLE", added->people, "As @HANDLE")
        ->required()
        ->option_text(" ");

    std::shared_ptr<RemoveCommand> removed;
    add_about_place("remove", "Remove people from a group", removed)
        .add_option("PEOPLE", removed->people, "As @HANDLE")
        ->required()
        ->option_text(" ");
}

void Grammar::add_roles() {
    const auto add_person = [](CLI::App& sub, std::string& person) {
        sub.add_option("PERSON", person, "As @HANDLE")->required()->option_text(" ");
    };
    std::shared_ptr<RoleCommand> given;
    CLI::App& giving =
        add_about_place("role", "Give a member of a group another role, or take a lower one", given);
    add_person(giving, given->person);
    giving.add_option("ROLE", given->role, "owner, admin, moderator, member or guest; see below")
        ->required()
        ->option_text(" ");
    giving.footer(std::string(roles_help) + places_help + more_help);

    std::shared_ptr<TransferCommand> transfer;
    CLI::App& transferring = add_about_place(
        "transfer", "Make somebody else the owner of a group, and yourself an admin", transfer);
    add_person(transferring, transfer->person);

    std::shared_ptr<PermissionsCommand> permissions;
    CLI::App& permitting =
        add_about_place("permissions", "Show who may do what in a group, or set it", permissions);
    permitting
        .add_option("SETTINGS", permissions->settings,
                    "The lowest role that may, such as post=moderator; see below")
        ->option_text(" ");
    permitting.footer(std::string(permissions_help) + places_help + more_help);
}

/// What is done to a message that is there.
void Grammar::add_changes() {
    std::shared_ptr<EditCommand> edit;
    CLI::App& editing = add_about_place("edit", "Give a message of yours another text", edit);
    add_message_option(editing, edit->message);
    editing.add_option("TEXT", edit->words, "What it says from now on")->required()->option_text(" ");

    std::shared_ptr<DeleteCommand> deletion;
    CLI::App& deleting = add_about_place(
        "delete", "Delete a message for everyone: your own, or in a group, as far as you may, anybody's",
        deletion);
    add_message_option(deleting, deletion->message);

    std::shared_ptr<ReactCommand> reaction;
    CLI::App& reacting =
        add_about_place("react", "React to a message with an emoji, or take that back", reaction);
    reacting
        .add_option("MESSAGE", reaction->message, "Its id, as --json prints it, or last for the newest one")
        ->required()
        ->option_text(" ");
    reacting.add_option("EMOJI", reaction->emoji, "One emoji, such as \U0001F44D")
        ->required()
        ->option_text(" ");
    reacting.add_flag("--remove", reaction->remove, "Take your reaction with this emoji back");
}

void Grammar::add_messages() {
    group_ = "Messages";
    std::shared_ptr<SendCommand> send;
    CLI::App& sending = add_about_place("send", "Send a message, or each line of standard input", send);
    sending.add_option("TEXT", send->words, "The message; without it, each line of standard input is one")
        ->option_text(" ");
    sending.add_flag("--whole", send->whole, "All of standard input is one message");
    sending.add_flag("--no-wait", send->no_wait,
                     "End as soon as it is stored, without waiting for the server");
    sending.add_option("--reply-to", send->reply_to, "Id of the message that this answers")
        ->option_text("ID");
    sending.add_option("--mention", send->mentions, "Name a person, as @HANDLE; may stand several times")
        ->option_text("PERSON")
        ->allow_extra_args(false);

    add_changes();

    std::shared_ptr<TailCommand> tail;
    CLI::App& live = add("tail", "Show messages as they come, until interrupted", tail);
    live.add_option("CONVERSATION", tail->conversation, "Only this one; without it, all")->option_text(" ");
    CLI::Option* last = live.add_option("-n,--last", tail->last,
                                        "Begin with the newest so many (10 for one conversation, 0 for all)")
                            ->option_text("COUNT")
                            ->check(whole_number(0, 1000));
    live.add_flag("--all", tail->all, "Begin with the first message")->excludes(last);
    live.add_flag("--read", tail->mark_read, "Mark as read what is shown");
    live.footer(std::string(places_help) + marks_help + more_help);

    std::shared_ptr<HistoryCommand> history;
    CLI::App& past = add_about_place("history", "Show the messages of a conversation", history);
    CLI::Option* newest = past.add_option("-n,--limit", history->limit, "The newest so many (20)")
                              ->option_text("COUNT")
                              ->check(whole_number(1, 1000));
    CLI::Option* all = past.add_flag("--all", history->all, "From the first to the last")->excludes(newest);
    CLI::Option* before =
        past.add_option("--before", history->before, "Those below this place (`born` in --json)")
            ->option_text("PLACE")
            ->check(problem_of_place)
            ->excludes(all);
    CLI::Option* around = past.add_option("--around", history->around, "Those around this place")
                              ->option_text("PLACE")
                              ->check(problem_of_place)
                              ->excludes(all)
                              ->excludes(before);
    past.add_option("--edits", history->edits_of, "What this message of it said before it was edited")
        ->option_text("ID|last")
        ->excludes(newest)
        ->excludes(all)
        ->excludes(before)
        ->excludes(around);
    past.footer(std::string(places_help) + marks_help + more_help);

    std::shared_ptr<ReadCommand> read;
    add_about_place("read", "Mark a conversation as read", read)
        .add_option("--upto", read->upto, "Only up to this place (`born` in --json)")
        ->option_text("PLACE")
        ->check(problem_of_place);
}

void Grammar::add_upkeep() {
    group_ = "Upkeep";
    std::shared_ptr<OutboxCommand> outbox;
    CLI::App& waiting = add("outbox", "List what waits to be sent, and what was refused", outbox);
    CLI::Option& again =
        *waiting.add_option("--retry", outbox->retry, "Send a refused one again")->option_text("ID|all");
    waiting.add_option("--discard", outbox->discard, "Forget a refused one")
        ->option_text("ID|all")
        ->excludes(&again);

    std::shared_ptr<SyncCommand> sync;
    add("sync", "Send what waits and fetch what is new, then end", sync);

    std::shared_ptr<ReportCommand> report;
    CLI::App& reporting =
        add("report", "Save what the flight recorder has of this account, for a bug report", report);
    CLI::Option* file =
        reporting.add_option("FILE", report->file, "Where to (parley-report-DATE.jsonl, here)")
            ->option_text(" ");
    CLI::Option* off = reporting.add_flag("--off", report->off, "Record nothing from now on, and forget all")
                           ->option_text(" ")
                           ->excludes(file);
    reporting.add_flag("--on", report->on, "Record again")->excludes(off)->excludes(file)->option_text(" ");
    reporting.footer(report_help);

    std::shared_ptr<StatusCommand> status;
    add("status", "Show account, connection and what waits", status);
}

/// What was asked for, help or a version, has been written, or could not be.
int said(ExitCode status) {
    if (std::cout.flush() || errno == EPIPE) return static_cast<int>(status);
    Terminal(false).problem({ExitCode::failed, "Standard output cannot be written.", std::nullopt});
    return static_cast<int>(ExitCode::failed);
}

/// `parley help` and `parley help COMMAND`, which many type first.
int help(const CLI::App& app, std::span<const char* const> words) {
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    const auto named = std::ranges::find_if(
        commands, [&](const CLI::App* one) { return !words.empty() && one->get_name() == words.front(); });
    const CLI::App* shown = words.empty() ? &app : named == commands.end() ? nullptr : *named;
    if (!shown) {
        const std::string what = "There is no command \"" + harmless_line(words.front()) + "\"";
        Terminal(false).problem({ExitCode::usage, what + ". See: parley --help", std::nullopt});
        return static_cast<int>(ExitCode::usage);
    }
    std::cout << (shown == &app ? app.help() : shown->help("parley"));
    return said(ExitCode::done);
}

}  // namespace

std::expected<CommandLine, int> parse(int count, const char* const* words) {
    constexpr int wrong = static_cast<int>(ExitCode::usage);
    Grammar grammar;
    const std::span all(words, static_cast<std::size_t>(count));
    if (const auto asked = help_asked_for(all)) return std::unexpected(help(grammar.app, *asked));
    if (count < 2) {
        std::cerr << grammar.app.help();
        return std::unexpected(wrong);
    }
    try {
        grammar.app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            grammar.app.exit(error);
            return std::unexpected(said(ExitCode::done));
        }
        const bool json =
            std::any_of(words, words + count, [](std::string_view word) { return word == "--json"; });
        const auto chosen = grammar.app.get_subcommands();
        const Mistake mistake{.command = chosen.empty() ? "" : chosen.front()->get_name(),
                              .left = grammar.app.remaining(true),
                              .kind = error.get_name(),
                              .what = error.what()};
        Terminal(json).problem({ExitCode::usage, sentence_of(mistake), std::nullopt});
        return std::unexpected(wrong);
    }
    return CommandLine{.common = std::move(grammar.common), .command = std::move(grammar.command)};
}

}  // namespace parley::client::cli
