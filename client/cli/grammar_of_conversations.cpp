#include "client/cli/grammar.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/text.hpp"
#include "client/cli/usage.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <map>
#include <string>

namespace parley::client::cli {
namespace {

void add_person(CLI::App& sub, std::string& person) {
    sub.add_option("PERSON", person, "As @HANDLE")->required()->option_text(" ");
}

}  // namespace

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
    creating.add_flag("--share-history", created->shares_history,
                      "Whoever joins later sees all that was said before");
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
    CLI::App& pinning = add_about_place(
        "pin", "Keep a conversation at the top of the list, or pin a message of it for everybody there", pin);
    CLI::Option* pinned =
        pinning
            .add_option("MESSAGE", pin->message,
                        "Pin this one: its id, as --json prints it, or last for the newest one")
            ->option_text(" ");
    pinning.add_flag("--off", pin->off, "Not at the top any more")->excludes(pinned);

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

void Grammar::add_blocks() {
    std::shared_ptr<BlockCommand> block;
    CLI::App& blocking = add("block", "Block a person, who is not told: neither hears of the other", block);
    add_person(blocking, block->person);
    blocking.footer(std::string(block_help) + more_help);

    std::shared_ptr<UnblockCommand> unblock;
    CLI::App& unblocking =
        add("unblock", "Block a person no more; what was written meanwhile does not come", unblock);
    add_person(unblocking, unblock->person);

    std::shared_ptr<BlockedCommand> blocked;
    add("blocked", "List whom you have blocked", blocked);
}

void Grammar::add_members() {
    group_ = "Conversations";
    std::shared_ptr<MembersCommand> members;
    add_about_place("members", "List who is in a conversation", members);

    std::shared_ptr<AddCommand> added;
    add_about_place("add", "Add people to a group; they see what is said from then on, or what it shares",
                    added)
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

    std::shared_ptr<SlowModeCommand> slow;
    CLI::App& slowing = add_about_place(
        "slow-mode", "Show or set how long members of a group wait between two messages", slow);
    CLI::Option* interval =
        slowing.add_option("TIME", slow->length, "The time between two messages of one person: 30s, 5m, 1h")
            ->option_text(" ")
            ->check(problem_of_length);
    slowing.add_flag("--off", slow->off, "No slow mode any more")->excludes(interval);
    slowing.footer(std::string(slow_mode_help) + places_help + more_help);
}

void Grammar::add_links() {
    std::shared_ptr<LinkCommand> link;
    CLI::App& linking =
        add_about_place("link", "Make an invite link of a group: whoever has its code can join", link);
    linking.add_option("--expires", link->length, "Good for so long: 30m, 8h, 7d, 1w (until it is revoked)")
        ->option_text("LENGTH")
        ->check(problem_of_length);
    linking.add_option("--uses", link->uses, "How many can join by it (any number)")
        ->option_text("COUNT")
        ->check(whole_number(1, limits::link_uses_max));
    linking.add_option("--role", link->role, "What they become: member, or guest")
        ->option_text("ROLE")
        ->transform(CLI::CheckedTransformer(std::map<std::string, protocol::Role>{
            {"member", protocol::Role::member}, {"guest", protocol::Role::guest}}));

    std::shared_ptr<LinksCommand> links;
    add_about_place("links", "List the invite links of a group", links);

    std::shared_ptr<UnlinkCommand> unlink;
    add_about_place("unlink", "Revoke an invite link; who has joined by it stays", unlink)
        .add_option("LINK", unlink->link, "Its id, as parley links lists it")
        ->required()
        ->option_text(" ");

    std::shared_ptr<LookCommand> look;
    add("look", "Show where an invite link leads, without joining", look)
        .add_option("CODE", look->code, "As whoever invites you gave it")
        ->required()
        ->option_text(" ");

    std::shared_ptr<JoinCommand> join;
    add("join", "Join a group by an invite link", join)
        .add_option("CODE", join->code, "As whoever invites you gave it")
        ->required()
        ->option_text(" ");

    std::shared_ptr<ShareHistoryCommand> share;
    CLI::App& sharing = add_about_place(
        "share-history", "Let those who join a group see what is said from now on, before they come", share);
    sharing.add_flag("--off", share->off, "Not any more: they see what is said once they are in");
    sharing.footer(std::string(share_history_help) + places_help + more_help);
}

/// What is done to a message that is there.
void Grammar::add_changes() {
    std::shared_ptr<EditCommand> edit;
    CLI::App& editing = add_about_place("edit", "Give a message of yours another text", edit);
    add_message_option(editing, edit->message);
    editing.add_option("TEXT", edit->words, "What it says from now on")->option_text(" ");
    editing
        .add_option("--data", edit->data,
                    "The data from now on, of a message that was sent with --custom; as parley send takes it")
        ->option_text("JSON");
    editing.add_flag("--plain", edit->plain, "The text as it stands, and not as Markdown");
    editing.footer(std::string(places_help) + markdown_help + more_help);

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

}  // namespace parley::client::cli
