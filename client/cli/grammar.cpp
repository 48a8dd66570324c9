#include "client/cli/grammar.hpp"

#include "client/cli/text.hpp"
#include "client/cli/usage.hpp"
#include "protocol/field.hpp"

namespace parley::client::cli {

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
    add_blocks();
    add_members();
    add_roles();
    add_links();
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

void Grammar::add_pins() {
    std::shared_ptr<UnpinCommand> unpin;
    add_about_place("unpin", "Unpin a message for everybody there; parley pin pins one", unpin)
        .add_option("MESSAGE", unpin->message, "Its id, as --json prints it, or last for the one pinned last")
        ->required()
        ->option_text(" ");

    std::shared_ptr<PinsCommand> pins;
    add_about_place("pins", "List the pinned messages of a conversation, in the order of pinning", pins);
}

void Grammar::add_live() {
    std::shared_ptr<TailCommand> tail;
    CLI::App& live = add("tail", "Show messages as they come, until interrupted", tail);
    live.add_option("CONVERSATION", tail->conversation, "Only this one; without it, all")->option_text(" ");
    CLI::Option* last = live.add_option("-n,--last", tail->last,
                                        "Begin with the newest so many (10 for one conversation, 0 for all)")
                            ->option_text("COUNT")
                            ->check(whole_number(0, 1000));
    live.add_flag("--all", tail->all, "Begin with the first message")->excludes(last);
    live.add_flag("--read", tail->mark_read, "Mark as read what is shown");
    live.add_flag("--typing", tail->typing, "Show also who is typing, of at most 32 conversations");
    live.add_flag("--spoilers", tail->spoilers, "Show what is hidden as spoilers");
    live.footer(std::string(places_help) + marks_help + more_help);

    std::shared_ptr<TypingCommand> typing;
    CLI::App& types = add_about_place("typing", "Let others see that you are typing", typing);
    types.add_option("--seconds", typing->seconds, "For so long (5)")
        ->option_text("COUNT")
        ->check(whole_number(1, 600));
    types.add_flag("--recording", typing->recording, "That you record your voice instead");
}

/// What can be said besides a text.
void add_kinds_of_sending(CLI::App& sending, SendCommand& send) {
    sending.add_flag("--silent", send.silent, "Alert nobody to it; it counts as unread all the same");
    CLI::Option* kind =
        sending
            .add_option("--custom", send.custom,
                        "Send data of an application, of this kind, such as org.example.poll; "
                        "TEXT is for those who do not know it")
            ->option_text("KIND");
    sending
        .add_option("--data", send.data,
                    "The data of --custom: JSON, @FILE for that of a file, or - for standard input")
        ->option_text("JSON")
        ->needs(kind);
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
    sending
        .add_option("--mention", send->mentions,
                    "Name a person, as @HANDLE, whom the text does not; may stand several times")
        ->option_text("PERSON")
        ->allow_extra_args(false);
    CLI::Option* plain = sending.add_flag("--plain", send->plain, "Send what is typed as it stands");
    sending
        .add_flag("--markdown", send->markdown,
                  "Read standard input as Markdown, too, wherever it comes from")
        ->excludes(plain);
    add_kinds_of_sending(sending, *send);
    sending.footer(std::string(places_help) + markdown_help + more_help);

    add_forwarding();
    add_changes();
    add_pins();

    add_live();

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
    past.add_flag("--spoilers", history->spoilers, "Show what is hidden as spoilers");
    past.footer(std::string(places_help) + marks_help + more_help);

    std::shared_ptr<ReadCommand> read;
    add_about_place("read", "Mark a conversation as read", read)
        .add_option("--upto", read->upto, "Only up to this place (`born` in --json)")
        ->option_text("PLACE")
        ->check(problem_of_place);
}

void Grammar::add_forwarding() {
    std::shared_ptr<ForwardCommand> forward;
    CLI::App& forwarding =
        add_about_place("forward", "Send messages of one conversation to another", forward);
    forwarding
        .add_option("MESSAGE", forward->messages,
                    "Their ids, as --json prints them, or last for the newest one; in this order they go out")
        ->required()
        ->option_text(" ");
    forwarding.add_option("--to", forward->to, "Where to: named as CONVERSATION is")
        ->required()
        ->option_text("NAME");
    forwarding.add_flag("--silent", forward->silent, "Alert nobody to them");
    forwarding.add_flag("--no-wait", forward->no_wait,
                        "End as soon as they are stored, without waiting for the server");
    forwarding.footer(std::string(forward_help) + places_help + more_help);
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

}  // namespace parley::client::cli
