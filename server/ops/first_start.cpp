#include "server/ops/first_start.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/domain/sync.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <sstream>
#include <string_view>

namespace parley::server {

namespace {

/// An administrator's invite lasts until it is used; a person's, a week.
constexpr Duration for_ever = seconds(10LL * 365 * 24 * 3600);
constexpr Duration one_week = seconds(7LL * 24 * 3600);

Result<StartFacts> read_facts(Store& store, WallTime now) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    return start_facts(*snapshot, now);
}

/// Whether the shell takes this file where it reads `parley`.
bool is_what_the_shell_finds(const std::filesystem::path& path) {
    const char* folders = std::getenv("PATH");
    std::istringstream parts(folders == nullptr ? "" : folders);
    for (std::string folder; std::getline(parts, folder, ':');) {
        std::error_code failure;
        const auto candidate = std::filesystem::path(folder) / path.filename();
        if (std::filesystem::is_regular_file(candidate, failure))
            return std::filesystem::equivalent(candidate, path, failure);
    }
    return false;
}

/// As it can be pasted into a shell.
std::string in_quotes_where_needed(const std::string& word) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+,@").find(c) != std::string_view::npos;
    };
    if (std::ranges::all_of(word, plain)) return word;
    std::string quoted = "'";
    for (const char c : word)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace

Result<protocol::Invite> make_invite(Store& store, const OperatorInvite& invite, WallTime now) {
    const std::array<Work, 1> works{{{.origin = {}, .command = invite, .at = now}}};
    TRY_ASSIGN(const Batch batch, store.apply(works));
    for (const Effect& effect : batch.effects) {
        const auto* replied = std::get_if<Replied>(&effect);
        if (replied == nullptr) continue;
        if (!replied->answer) return fail(replied->answer.error());
        if (const auto* made = std::get_if<protocol::Invite>(&replied->answer->payload)) return *made;
    }
    return fail(ErrorCode::internal, "the store made no invite");
}

std::string client_program() {
    std::error_code failure;
    const auto here = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path();
    if (failure) return "parley";
    for (const auto& path : {here / "parley", (here.parent_path() / "client" / "parley")}) {
        if (!std::filesystem::is_regular_file(path, failure)) continue;
        return is_what_the_shell_finds(path) ? "parley" : in_quotes_where_needed(path.string());
    }
    return "parley";
}

Result<std::string> greeting(Store& store, const Rules& rules, const GreetingOptions& options, WallTime now) {
    TRY_ASSIGN(StartFacts facts, read_facts(store, now));
    const std::string& url = options.url;
    const std::string& parley = options.parley;
    std::string text = fmt::format("Parley listens on {}\n", url);
    if (options.of_this_machine_only)
        text +=
            "Under that name only this machine finds it. The address for others can be set: listen.url.\n";
    if (facts.has_administrator) {
        const bool takes_more = rules.registration != Registration::closed;
        if (facts.accounts < 2 && takes_more)
            text += fmt::format("\nTo invite somebody: {} invite\n", parley);
        return text;
    }
    if (facts.administrator_invite.empty()) {
        const OperatorInvite invite{.uses = 1, .lasts = for_ever, .administrator = true};
        TRY_ASSIGN(const protocol::Invite made, make_invite(store, invite, now));
        facts.administrator_invite = made.code;
    }
    text += fmt::format(
        "\nNobody administers this server yet. Whoever registers with this token, once, does:\n"
        "  {0} register --server {1} --token {2} --handle ada && {0} --account ada tail\n",
        parley, url, facts.administrator_invite);
    if (rules.registration == Registration::closed) {
        return text +
               "\nRegistration is closed to everybody else. To let others in, start the server with\n"
               "--registration invite.\n";
    }
    std::string invite;
    if (rules.registration == Registration::invite) {
        TRY_ASSIGN(const protocol::Invite made, make_invite(store, {.uses = 1, .lasts = one_week}, now));
        invite = " --invite " + made.code;
    }
    text += fmt::format(
        "\nAnd in another terminal somebody who writes to her:\n"
        "  {0} register --server {1}{2} --handle bob && {0} --account bob send @ada \"Hello\"\n",
        parley, url, invite);
    if (!invite.empty())
        text += fmt::format(
            "\nEverybody else needs an invite, too; ada makes them: {} --account ada invite\n", parley);
    return text;
}

}  // namespace parley::server
