#include "server/ops/first_start.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/domain/sync.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

namespace parley::server {

namespace {

/// An administrator's invite lasts until it is used; a person's, a week.
constexpr Duration for_ever = seconds(10LL * 365 * 24 * 3600);
constexpr Duration one_week = seconds(7LL * 24 * 3600);

Result<StartFacts> read_facts(Store& store, WallTime now) {
    TRY_ASSIGN(const auto snapshot, store.snapshot());
    return start_facts(*snapshot, now);
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

Result<std::string> greeting(Store& store, const Rules& rules, const std::string& url, WallTime now) {
    TRY_ASSIGN(StartFacts facts, read_facts(store, now));
    std::string text = fmt::format("parleyd listens on {}\n", url);
    if (!facts.has_administrator) {
        if (facts.administrator_invite.empty()) {
            const OperatorInvite invite{.uses = 1, .lasts = for_ever, .administrator = true};
            TRY_ASSIGN(const protocol::Invite made, make_invite(store, invite, now));
            facts.administrator_invite = made.code;
        }
        text += fmt::format(
            "\nNobody administers this server yet. Whoever registers with this token, once, does:\n"
            "  parley register --server {} --token {} --handle ada\n",
            url, facts.administrator_invite);
    }
    if (facts.accounts < 2 && rules.registration != Registration::closed) {
        std::string invite;
        if (rules.registration == Registration::invite) {
            TRY_ASSIGN(const protocol::Invite made, make_invite(store, {.uses = 1, .lasts = one_week}, now));
            invite = " --invite " + made.code;
        }
        text += fmt::format(
            "\nA second person, in another terminal:\n"
            "  parley register --server {}{} --handle bob\n"
            "Then ada runs `parley --account ada tail`, and bob\n"
            "  parley --account bob send @ada \"hello\"\n",
            url, invite);
    }
    return text;
}

}  // namespace parley::server
