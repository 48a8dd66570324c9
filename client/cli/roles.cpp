#include "client/cli/commands.hpp"
#include "client/cli/directory.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/text.hpp"
#include "core/rules/slow_mode.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::client::cli {

namespace {

using protocol::Permissions;
using protocol::Role;

constexpr std::size_t act_columns = 15;

/// As the protocol names them, in the order in which they are shown.
struct Setting {
    std::string_view name;
    std::optional<Role> Permissions::* lowest;
};
constexpr std::array settings = {Setting{"post", &Permissions::post},
                                 Setting{"add", &Permissions::add},
                                 Setting{"remove", &Permissions::remove},
                                 Setting{"rename", &Permissions::rename},
                                 Setting{"delete_others", &Permissions::delete_others},
                                 Setting{"pin", &Permissions::pin},
                                 Setting{"mention_all", &Permissions::mention_all},
                                 Setting{"invite", &Permissions::invite}};

Outcome<Role> role_named(const std::string& word) {
    if (const auto role = protocol::enum_named<Role>(word)) return *role;
    return stop(ExitCode::usage, "\"" + harmless_line(word) +
                                     "\" is no role. Roles are owner, admin, moderator, member and guest. "
                                     "Nothing was done.");
}

/// Who may, where this is the lowest role that may.
std::string from_up(Role lowest) {
    switch (lowest) {
        case Role::guest:
            return "everybody";
        case Role::owner:
            return "owners";
        default:
            return std::string(name_of(lowest)) + "s and above";
    }
}

Outcome<Place> group_named(Directory& directory, const std::string& word) {
    TRY_ASSIGN(Place place, directory.conversation(word));
    const bool direct = !place.view || place.view->summary.kind == protocol::ConversationKind::direct;
    if (direct)
        return stop(ExitCode::usage,
                    "This is for groups: a direct conversation has no roles. Nothing was done.");
    return place;
}

/// A command about a member of a group, and what to say when it is done.
Outcome<ExitCode> change_member(Session& session, const Place& place, const protocol::Profile& person,
                                protocol::Payload command, const std::string& done) {
    auto changed = change(session, std::move(command), done);
    if (!changed && changed.error().code == ErrorCode::account_not_found) {
        const std::string handle = "@" + harmless_line(person.handle);
        changed.error().sentence =
            handle + " is not in " + place.label + ". First: parley add " + place.label + " " + handle;
    }
    return changed;
}

/// How slow the group is; absent: not at all.
std::string speed(const protocol::Summary& summary) {
    if (!summary.slow_ms) return "off";
    return "one message in " + how_long(milliseconds(*summary.slow_ms)) + ", for members and guests";
}

void show(Session& session, const Place& place) {
    Terminal& terminal = session.terminal();
    const protocol::Summary& summary = place.view->summary;
    const Permissions set = core::rules::in_force(summary.permissions.value_or(Permissions{}));
    JsonLine object;
    if (place.stream) object.text("conversation", place.stream->text());
    for (const Setting& setting : settings)
        object.text(setting.name, name_of(*(set.*setting.lowest)));
    object.text("role", name_of(summary.role));
    if (summary.history_from) object.integer("history_from", *summary.history_from);
    if (summary.slow_ms) object.integer("slow_ms", *summary.slow_ms);
    terminal.line(object);
    for (const Setting& setting : settings)
        terminal.line(padded(std::string(setting.name), act_columns) + from_up(*(set.*setting.lowest)));
    terminal.line(padded("history", act_columns) +
                  (!summary.history_from        ? "hidden from those who join"
                   : *summary.history_from == 1 ? "shared with those who join, from the beginning"
                                                : "shared with those who join, since somebody said so"));
    terminal.line(padded("slow mode", act_columns) + speed(summary));
    if (place.view->present) terminal.line("You are " + with_article(summary.role) + " there.");
}

/// What "post=moderator" and its like say.
Outcome<Permissions> permissions_of(const std::vector<std::string>& words) {
    Permissions wanted;
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        const auto* setting = std::ranges::find(settings, name, &Setting::name);
        if (equals == std::string::npos || setting == settings.end()) {
            return stop(ExitCode::usage,
                        "\"" + harmless_line(word) +
                            "\" sets nothing. Such as post=moderator; besides post there are add, remove, "
                            "rename, delete_others, pin, mention_all and invite. Nothing was done.");
        }
        TRY_ASSIGN(wanted.*setting->lowest, role_named(word.substr(equals + 1)));
    }
    return wanted;
}

}  // namespace

Outcome<ExitCode> run(Session& session, const RoleCommand& command) {
    TRY_ASSIGN(const Role role, role_named(command.role));
    Directory directory(session);
    TRY_ASSIGN(const Place place, group_named(directory, command.conversation));
    TRY_ASSIGN(const auto person, directory.person(command.person));
    return change_member(
        session, place, person,
        protocol::MemberRole{.target = place.target, .account = person.account, .role = role},
        label_of(person) + " is " + with_article(role) + " of " + place.label + " now.");
}

Outcome<ExitCode> run(Session& session, const TransferCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, group_named(directory, command.conversation));
    TRY_ASSIGN(const auto person, directory.person(command.person));
    return change_member(
        session, place, person,
        protocol::OwnershipTransfer{.target = place.target, .account = person.account},
        label_of(person) + " is the owner of " + place.label + " now, and you are an admin.");
}

Outcome<ExitCode> run(Session& session, const PermissionsCommand& command) {
    TRY_ASSIGN(const Permissions wanted, permissions_of(command.settings));
    if (command.settings.empty()) TRY(session.go_online(session.deadline(), false));
    Directory directory(session);
    TRY_ASSIGN(const Place place, group_named(directory, command.conversation));
    if (command.settings.empty()) {
        show(session, place);
        return ExitCode::done;
    }
    std::string done = "In " + place.label + " from now on:";
    for (const Setting& setting : settings) {
        const auto lowest = wanted.*setting.lowest;
        if (lowest) done += "\n  " + padded(std::string(setting.name), act_columns) + from_up(*lowest);
    }
    return change(session, protocol::ConversationPermissions{.target = place.target, .permissions = wanted},
                  done);
}

Outcome<Duration> slow_wait(Session& session, const protocol::ViewConversation& conversation) {
    if (!conversation.next_message_at) return Duration{};
    TRY_ASSIGN(const auto status, session.status());
    const WallTime now = status.server_time.value_or(read_clocks().wall);
    return std::max(*conversation.next_message_at - now, Duration{});
}

Outcome<ExitCode> run(Session& session, const SlowModeCommand& command) {
    Directory directory(session);
    TRY_ASSIGN(const Place place, group_named(directory, command.conversation));
    const auto& summary = place.view->summary;
    if (!command.length && !command.off) {
        JsonLine object;
        if (place.stream) object.text("conversation", place.stream->text());
        object.integer("slow_ms", summary.slow_ms.value_or(0));
        TRY_ASSIGN(const Duration wait, slow_wait(session, *place.view));
        object.integer("wait_ms", wait.ms);
        session.terminal().line(object);
        session.terminal().line("Slow mode of " + place.label + ": " + speed(summary) + ".");
        if (wait.ms > 0) session.terminal().line("Your next message is taken in " + how_long(wait) + ".");
        return ExitCode::done;
    }
    protocol::SlowModeSet set{.target = place.target};
    std::string done = place.label + " is in no slow mode.";
    if (command.length) {
        const Duration interval = length_named(*command.length).value_or(Duration{});
        if (interval.ms > limits::slow_mode_ms_max)
            return stop(ExitCode::usage,
                        "Slow mode has a day between two messages at most. Nothing was done.");
        set.interval_ms = interval.ms;
        done = "In " + place.label + " members and guests send one message in " + how_long(interval) +
               " from now on.";
    }
    return change(session, std::move(set), done);
}

}  // namespace parley::client::cli
