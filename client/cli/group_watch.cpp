#include "client/cli/group_watch.hpp"

#include "client/cli/directory.hpp"

#include <utility>

namespace parley::client::cli {

namespace {

bool is_group(const protocol::ViewConversation& conversation) {
    return conversation.stream && conversation.summary.kind == protocol::ConversationKind::group;
}

}  // namespace

Outcome<GroupWatch::Seen> GroupWatch::look(const protocol::ViewConversation& group) {
    Seen now{.title = label_of(group),
             .present = group.present,
             .complete = group.complete,
             .count = group.summary.members,
             .role = group.summary.role,
             .members = {}};
    TRY_ASSIGN(const auto members, session_.members(*group.stream));
    for (const auto& member : members) {
        if (member.present) now.members.emplace(member.profile.account, label_of(member.profile));
    }
    return now;
}

bool GroupWatch::is_as_before(const Seen& seen, const protocol::ViewConversation& group) {
    return seen.complete == group.complete && seen.present == group.present &&
           seen.count == group.summary.members && seen.role == group.summary.role &&
           seen.title == label_of(group);
}

Outcome<void> GroupWatch::begin(const protocol::ViewConversation& group) {
    if (!is_group(group)) return {};
    TRY_ASSIGN(auto now, look(group));
    seen_.insert_or_assign(*group.stream, std::move(now));
    return {};
}

Outcome<std::vector<std::string>> GroupWatch::changes(const protocol::ViewConversation& group) {
    std::vector<std::string> told;
    if (!is_group(group)) return told;
    const auto known = seen_.find(*group.stream);
    // A message in a large group is no reason to go through all who are in it.
    if (known != seen_.end() && is_as_before(known->second, group)) return told;
    TRY_ASSIGN(auto now, look(group));
    if (known == seen_.end()) {
        if (now.present) told.push_back("You are in the group " + now.title + " now.");
        seen_.emplace(*group.stream, std::move(now));
        return told;
    }
    Seen& before = known->second;
    if (before.present != now.present)
        told.push_back(now.present ? "You are in " + now.title + " again."
                                   : "You are out of " + now.title + ".");
    if (before.title != now.title) told.push_back(before.title + " is called " + now.title + " now.");
    if (before.present && now.present && before.role != now.role)
        told.push_back("You are " + with_article(now.role) + " of " + now.title + " now.");
    // What comes in piece by piece is no coming and going; nor does whoever is out see that of the others.
    const bool comparable = before.complete && now.complete && before.present && now.present;
    if (comparable) {
        for (const auto& [account, name] : now.members) {
            if (!before.members.contains(account)) told.push_back(name + " is in " + now.title + " now.");
        }
        for (const auto& [account, name] : before.members) {
            if (!now.members.contains(account)) told.push_back(name + " is out of " + now.title + ".");
        }
    }
    // A look at half of it must not be what the next is compared with.
    if (now.complete || !before.complete || before.present != now.present) {
        before = std::move(now);
    } else {
        before.title = std::move(now.title);
        before.role = now.role;
    }
    return told;
}

}  // namespace parley::client::cli
