#include "client/cli/directory.hpp"

#include "client/cli/text.hpp"
#include "core/door/views.hpp"
#include "core/rules/text.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>

namespace parley::client::cli {

namespace {

using protocol::ViewConversation;

std::optional<AccountId> peer_of(const ViewConversation& conversation) {
    if (conversation.summary.peer) return conversation.summary.peer->account;
    return conversation.peer;
}

bool is_direct(const ViewConversation& conversation) {
    return conversation.summary.kind == protocol::ConversationKind::direct;
}

Place place_of(const ViewConversation& conversation) {
    Place place{.label = label_of(conversation), .stream = conversation.stream, .view = conversation};
    if (conversation.stream) {
        place.target.stream = conversation.stream;
    } else if (conversation.made_by) {
        place.target.made_by = conversation.made_by;
    } else {
        place.target.direct = peer_of(conversation);
    }
    return place;
}

std::string quoted(const std::string& word) {
    return "\"" + harmless_line(word) + "\"";
}

}  // namespace

std::string label_of(const protocol::Profile& person) {
    if (person.handle.empty()) return harmless_line(person.account.text());
    const std::string handle = "@" + harmless_line(person.handle);
    if (person.name.empty() || person.name == person.handle) return handle;
    return harmless_line(person.name) + " (" + handle + ")";
}

/// Nobody leaves a direct conversation: where there is one person, there are no two.
bool is_saved(const ViewConversation& conversation) {
    return is_direct(conversation) && conversation.summary.members == 1;
}

std::string label_of(const ViewConversation& conversation) {
    if (is_saved(conversation)) return std::string(saved_label);
    if (conversation.summary.peer) return label_of(*conversation.summary.peer);
    if (conversation.peer) return conversation.peer->text();
    return harmless_line(conversation.summary.title.value_or("(no title)"));
}

std::string with_article(protocol::Role role) {
    const std::string name(name_of(role));
    return (name.starts_with('o') || name.starts_with('a') ? "an " : "a ") + name;
}

std::string state_of_pending(const ViewConversation& conversation) {
    if (!conversation.failure) {
        return "is not on the server yet: it is made as soon as that is reached (parley sync).";
    }
    return "was refused by the server: " + problem_of(core::error_of(*conversation.failure)).sentence +
           " See: parley outbox";
}

Outcome<Place> Directory::conversation(const std::string& word) {
    if (word.starts_with('@')) return direct(word);
    TRY_ASSIGN(auto known, known_conversation(word));
    if (known) return std::move(*known);
    // It may be so new that this device has not heard of it.
    TRY(session_.go_online(session_.deadline(), false));
    TRY_ASSIGN(known, known_conversation(word));
    if (known) return std::move(*known);
    if (word == saved_label) {
        TRY_ASSIGN(const auto status, session_.status());
        if (status.account)
            return Place{.target = {.direct = status.account}, .label = std::string(saved_label)};
    }
    const std::string person = core::rules::check_handle(word) ? " A person is written @" + word + "." : "";
    return stop(ExitCode::not_found, "There is no conversation " + quoted(word) + " here." + person +
                                         " See: parley conversations");
}

Outcome<std::optional<Place>> Directory::known_conversation(const std::string& word) {
    TRY_ASSIGN(const auto all, session_.conversations());
    std::vector<const ViewConversation*> titled;
    for (const ViewConversation& one : all) {
        const bool named =
            (one.stream && one.stream->text() == word) || (one.made_by && one.made_by->text() == word);
        if (named) return place_of(one);
        const bool called = is_direct(one) ? is_saved(one) && word == saved_label : one.summary.title == word;
        if (called) titled.push_back(&one);
    }
    // One that the person left gives way to one of the same title that he is in.
    if (std::ranges::any_of(titled, &ViewConversation::present)) {
        std::erase_if(titled, [](const ViewConversation* one) { return !one->present; });
    }
    if (titled.size() == 1) return place_of(*titled.front());
    if (titled.empty()) return std::nullopt;
    std::string ids;
    for (const ViewConversation* one : titled) {
        TRY_ASSIGN(const std::string told_apart, described(*one));
        ids +=
            "\n  " + (one->stream ? one->stream->text() : one->made_by.value_or(Uuid{}).text()) + told_apart;
    }
    return stop(ExitCode::not_found,
                "Several groups are called " + quoted(word) + ". Choose one by its id:" + ids);
}

/// What tells a group from another of the same title: who is in it, and when somebody last said something.
Outcome<std::string> Directory::described(const ViewConversation& group) {
    constexpr std::int64_t named_max = 5;
    if (!group.stream) return "  not on the server yet";
    TRY_ASSIGN(const auto members, session_.members(*group.stream));
    std::string names;
    std::int64_t count = 0;
    for (const auto& member : members) {
        if (!member.present || ++count > named_max) continue;
        names += (names.empty() ? "" : ", ") + ("@" + harmless_line(member.profile.handle));
    }
    if (count > named_max) names += " and " + std::to_string(count - named_max) + " more";
    return "  " + names + (group.last ? "; last message " + local_stamp(group.last->at) : "; no message yet");
}

Outcome<Place> Directory::direct(const std::string& word) {
    TRY_ASSIGN(const auto person, this->person(word));
    TRY_ASSIGN(const auto all, session_.conversations());
    for (const ViewConversation& one : all) {
        if (!is_direct(one) || peer_of(one) != person.account) continue;
        Place place = place_of(one);
        if (!is_saved(one)) place.label = label_of(person);
        return place;
    }
    TRY_ASSIGN(const auto status, session_.status());
    return Place{.target = {.direct = person.account},
                 .label = status.account == person.account ? std::string(saved_label) : label_of(person)};
}

Outcome<StreamId> Directory::stream(const std::string& word) {
    TRY_ASSIGN(const Place place, conversation(word));
    if (place.stream) return *place.stream;
    if (place.view) {
        return stop(ExitCode::not_found, place.label + " " + state_of_pending(*place.view));
    }
    return stop(ExitCode::not_found, "Nothing has been said with " + place.label + " yet.");
}

Outcome<protocol::Profile> Directory::person(const std::string& word) {
    const std::string handle = without_at(word);
    if (!core::rules::check_handle(handle)) {
        return stop(ExitCode::usage,
                    quoted(word) +
                        " is no handle: it has 2 to 32 of a-z (lower case) 0-9 _ . - and begins with a "
                        "letter.");
    }
    if (!reached_) {
        TRY_ASSIGN(reached_, session_.go_online(session_.deadline(), false));
    }
    if (*reached_) {
        auto asked = ask_for(handle);
        // One that was lost on the way is as if the server could not be asked at all.
        const bool lost = !asked && (asked.error().exit_code == ExitCode::queued ||
                                     asked.error().exit_code == ExitCode::unreachable);
        if (!lost) return asked;
        reached_ = false;
    }
    TRY_ASSIGN(auto known, known_person(handle));
    if (known) return std::move(*known);
    return ask_for(handle);
}

Outcome<std::vector<AccountId>> Directory::people(const std::vector<std::string>& words) {
    std::vector<AccountId> accounts;
    for (const std::string& word : words) {
        TRY_ASSIGN(const auto found, person(word));
        const bool listed = std::ranges::find(accounts, found.account) != accounts.end();
        if (!listed) accounts.push_back(found.account);
    }
    return accounts;
}

Outcome<std::optional<protocol::Profile>> Directory::known(const AccountId& account) {
    TRY_ASSIGN(const auto all, session_.conversations());
    for (const ViewConversation& one : all) {
        if (!one.stream) continue;
        TRY_ASSIGN(const auto members, session_.members(*one.stream));
        for (const auto& member : members) {
            if (member.profile.account == account) return member.profile;
        }
    }
    return std::nullopt;
}

bool Directory::Known::was(const std::string& handle) const {
    return (direct && direct->handle == handle) ||
           std::ranges::find(in_groups, handle, &protocol::Profile::handle) != in_groups.end();
}

bool Directory::Known::is(const std::string& handle) const {
    if (direct) return direct->handle == handle;
    return std::ranges::all_of(in_groups, [&](const auto& profile) { return profile.handle == handle; });
}

Outcome<std::unordered_map<AccountId, Directory::Known>> Directory::known_people() {
    std::unordered_map<AccountId, Known> known;
    TRY_ASSIGN(const auto all, session_.conversations());
    for (const ViewConversation& one : all) {
        if (one.summary.peer) known[one.summary.peer->account].direct = one.summary.peer;
        if (is_direct(one) || !one.stream) continue;
        TRY_ASSIGN(const auto members, session_.members(*one.stream));
        for (const auto& member : members)
            known[member.profile.account].in_groups.push_back(member.profile);
    }
    return known;
}

Outcome<std::optional<protocol::Profile>> Directory::known_person(const std::string& handle) {
    TRY_ASSIGN(const auto known, known_people());
    std::vector<const Known*> called;
    for (const auto& [account, one] : known) {
        if (one.was(handle)) called.push_back(&one);
    }
    if (called.empty()) return std::nullopt;
    if (called.size() == 1 && called.front()->is(handle)) return called.front()->any();
    const std::string why = called.size() > 1
                                ? "this device knows several people by it"
                                : "this device knows " + label_of(called.front()->any()) + " by it";
    return stop(ExitCode::unreachable, "Who @" + handle + " is now, only the server can say (" + why +
                                           "). The server" + session_.offline_reason() + ".");
}

Outcome<protocol::Profile> Directory::ask_for(const std::string& handle) {
    TRY_ASSIGN(const bool online, session_.go_online(session_.deadline(), true));
    if (!online) {
        return stop(ExitCode::unreachable, "@" + handle + " is not known on this device yet, and the server" +
                                               session_.offline_reason() + ".");
    }
    TRY_ASSIGN(const auto settled, session_.carry_out(protocol::ProfileFind{.handles = {handle}}));
    if (settled.profiles.empty()) return nobody(handle);
    return settled.profiles.front();
}

Outcome<protocol::Profile> Directory::nobody(const std::string& handle) {
    TRY_ASSIGN(const auto known, known_people());
    protocol::ProfileFind who;
    for (const auto& [account, one] : known) {
        if (one.was(handle)) who.accounts.push_back(account);
    }
    const std::string said = "There is nobody called @" + handle + " on this server";
    if (who.accounts.empty()) return stop(ExitCode::not_found, said + ".");
    TRY_ASSIGN(const auto settled, session_.carry_out(std::move(who)));
    if (settled.profiles.empty()) return stop(ExitCode::not_found, said + ".");
    return stop(ExitCode::not_found,
                said + " any more; who was is " + label_of(settled.profiles.front()) + ".");
}

Outcome<void> Directory::renew(std::vector<protocol::ViewMember>& members) {
    std::unordered_map<AccountId, protocol::Profile> now;
    std::vector<AccountId> left;
    for (const auto& member : members) {
        if (member.present) left.push_back(member.profile.account);
    }
    std::size_t at_once = limits::page_rows_max;
    while (!left.empty()) {
        const auto count = std::min(left.size(), at_once);
        const auto asked = left.end() - static_cast<std::ptrdiff_t>(count);
        const auto settled = session_.carry_out(protocol::ProfileFind{.accounts = {asked, left.end()}});
        // All of them or none are told: long names and pictures of many do not fit into one answer.
        if (!settled && settled.error().code == ErrorCode::limit && count > 1) {
            at_once = count / 2;
            continue;
        }
        if (!settled) return std::unexpected(settled.error());
        for (const auto& profile : settled->profiles)
            now.insert_or_assign(profile.account, profile);
        left.erase(asked, left.end());
    }
    for (auto& member : members) {
        const auto found = now.find(member.profile.account);
        if (found != now.end()) member.profile = found->second;
    }
    return {};
}

protocol::Profile Directory::sender(const StreamId& stream, const AccountId& account) {
    if (const auto found = profiles_.find(account); found != profiles_.end()) return found->second;
    if (const auto members = session_.members(stream)) {
        for (const auto& member : *members)
            profiles_.insert_or_assign(member.profile.account, member.profile);
    }
    // Who is nowhere is not looked for again.
    return profiles_.try_emplace(account, protocol::Profile{.account = account}).first->second;
}

}  // namespace parley::client::cli
