// What changes what is there: messages, rights in groups, and what one sets for oneself.

#include "server/store/view.hpp"
#include "sim/crash/people.hpp"

#include <array>

namespace parley::sim::crash {

using protocol::Role;
using server::AccountKey;
using server::to_id;
using server::Work;

/// Edits, deletions, reactions and pins, the first two by whoever wrote it above all; also of what is deleted
/// already or somebody else's.
Work People::about_messages() {
    std::int64_t key = 0;
    const auto* conversation = some_conversation(key);
    if (conversation == nullptr || conversation->messages.empty()) return message();
    const auto& subject =
        conversation->messages[static_cast<std::size_t>(random_.below(conversation->messages.size()))];
    const auto author = accounts_.find(subject.author);
    const auto owner = accounts_.find(conversation->owner);
    if (author == accounts_.end()) return message();
    if (random_.below(3) == 0) return reaction(key, *conversation, subject);
    if (random_.below(5) == 0) return pin(key, *conversation, subject);
    const auto chance = random_.below(100);
    if (chance < 65) {
        protocol::MessageEdit edit{.target = target_of(key), .message = subject.id, .text = text()};
        if (random_.below(8) == 0)
            edit.mentions.push_back(to_id(AccountKey{random_.pick(conversation->members)}));
        return by(author->second, std::move(edit));
    }
    if (chance < 85)
        return by(author->second, protocol::MessageDelete{.target = target_of(key), .message = subject.id});
    if (chance < 95 && owner != accounts_.end()) {
        return by(owner->second, protocol::MessageDelete{.target = target_of(key),
                                                         .message = subject.id,
                                                         .sender = to_id(AccountKey{subject.author})});
    }
    auto work = by(somebody(),
                   protocol::MessageEdit{.target = target_of(key), .message = subject.id, .text = text()});
    if (author->second.last_command != Uuid{}) work.origin.follows = author->second.last_command;
    return work;
}

/// By anybody in it; what one has reacted with before is taken back often.
Work People::reaction(std::int64_t key, const Conversation& conversation, const Message& subject) {
    constexpr std::array emoji{"\U0001F44D", "\u2764\uFE0F", "\U0001F602"};
    const auto* member = some_member(conversation);
    if (member == nullptr) return message();
    return by(*member,
              protocol::MessageReact{.target = target_of(key),
                                     .message = subject.id,
                                     .sender = to_id(AccountKey{subject.author}),
                                     .emoji = emoji.at(static_cast<std::size_t>(random_.below(emoji.size()))),
                                     .remove = random_.below(3) == 0});
}

/// By the owner of a group above all, who may; what is pinned is unpinned often.
Work People::pin(std::int64_t key, const Conversation& conversation, const Message& subject) {
    const auto owner = accounts_.find(conversation.owner);
    const auto* member =
        owner != accounts_.end() && random_.below(3) != 0 ? &owner->second : some_member(conversation);
    if (member == nullptr) return message();
    return by(*member, protocol::MessagePin{.target = target_of(key),
                                            .message = subject.id,
                                            .sender = to_id(AccountKey{subject.author}),
                                            .remove = random_.below(3) == 0});
}

/// Roles and permissions, by the owner of a group; now and then he hands it over.
Work People::about_rights() {
    constexpr std::array roles{Role::owner, Role::admin, Role::moderator, Role::member, Role::guest};
    constexpr std::array acts{&protocol::Permissions::post,          &protocol::Permissions::add,
                              &protocol::Permissions::remove,        &protocol::Permissions::rename,
                              &protocol::Permissions::delete_others, &protocol::Permissions::pin};
    const auto some_role = [&] {
        return roles.at(static_cast<std::size_t>(random_.below(roles.size())));
    };
    std::int64_t key = 0;
    const auto* conversation = some_conversation(key);
    if (conversation == nullptr || conversation->direct) return message();
    const auto owner = accounts_.find(conversation->owner);
    const auto* member = some_member(*conversation);
    if (owner == accounts_.end() || member == nullptr) return message();
    const auto account = to_id(AccountKey{member->key});
    switch (random_.below(5)) {
        case 0:
            return by(owner->second,
                      protocol::OwnershipTransfer{.target = target_of(key), .account = account});
        case 1:
        case 2: {
            protocol::ConversationPermissions set{.target = target_of(key)};
            const auto act = random_.below(acts.size());
            // Where few may write, little happens.
            const bool post = act == 0 && random_.below(4) != 0;
            set.permissions.*acts.at(static_cast<std::size_t>(act)) = post ? Role::guest : some_role();
            return by(owner->second, std::move(set));
        }
        default:
            return by(owner->second, protocol::MemberRole{
                                         .target = target_of(key), .account = account, .role = some_role()});
    }
}

/// Preferences and drafts.
Work People::about_oneself() {
    std::int64_t key = 0;
    const auto* conversation = some_conversation(key);
    auto* member = conversation != nullptr ? some_member(*conversation) : nullptr;
    if (member == nullptr) return message();
    if (random_.below(2) == 0) {
        protocol::DraftSet draft{.target = target_of(key)};
        if (random_.below(3) != 0) draft.text = text();
        if (random_.below(6) == 0 && !conversation->messages.empty())
            draft.reply_to = conversation->messages.back().id;
        return by(*member, std::move(draft));
    }
    protocol::PreferencesSet set{.target = target_of(key)};
    if (random_.below(2) == 0) set.pinned = random_.below(2) == 0;
    if (random_.below(3) == 0) set.archived = random_.below(2) == 0;
    if (random_.below(3) == 0) set.marked_unread = random_.below(3) != 0;
    if (random_.below(4) == 0) set.muted_until = WallTime{random_.below(2) == 0 ? 0 : now_.ms + 1'000'000};
    if (random_.below(4) == 0) set.notify = protocol::Notify::mentions;
    return by(*member, std::move(set));
}

}  // namespace parley::sim::crash
