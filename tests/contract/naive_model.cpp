#include "tests/contract/naive_model.hpp"

#include <algorithm>

namespace parley::server::test {

bool NaiveModel::present(ConversationKey key, AccountKey account) const {
    const auto& members = conversations.at(key).members;
    const auto found = members.find(account);
    return found != members.end() && found->second.present;
}

bool NaiveModel::owner(ConversationKey key, AccountKey account) const {
    return present(key, account) && conversations.at(key).members.at(account).owner;
}

std::int64_t NaiveModel::size(ConversationKey key) const {
    return std::ranges::count_if(conversations.at(key).members,
                                 [](const auto& one) { return one.second.present; });
}

NaiveModel::Row& NaiveModel::member_row(Conversation& conversation, AccountKey account) {
    for (auto& row : conversation.rows) {
        if (!row.message && !row.settings && row.account == account) {
            row.seq = ++conversation.head;
            return row;
        }
    }
    ++conversation.head;
    return conversation.rows.emplace_back(
        Row{.born = conversation.head, .seq = conversation.head, .account = account});
}

bool NaiveModel::apart(AccountKey one, AccountKey other) const {
    return blocks.contains({one, other}) || blocks.contains({other, one});
}

void NaiveModel::keep_told(ConversationKey key) {
    const auto& members = conversations.at(key).members;
    for (const auto& [account, member] : members) {
        for (const auto& [reader, reading] : members) {
            if (account != reader && member.present && reading.present && apart(account, reader))
                told.try_emplace({key, account, reader},
                                 Told{.delivered = member.delivered, .read = member.read});
        }
    }
}

void NaiveModel::moved(ConversationKey key, AccountKey account) {
    std::erase_if(told, [&](const auto& one) {
        const auto& [where, who, reader] = one.first;
        return where == key && who == account && !apart(account, reader);
    });
}

AccountKey NaiveModel::other(ConversationKey key, AccountKey account) const {
    for (const auto& [one, member] : conversations.at(key).members)
        if (one != account) return one;
    return {};
}

void NaiveModel::block(AccountKey blocker, AccountKey blocked, bool stands) {
    if (blocks.contains({blocker, blocked}) == stands) return;
    if (stands) {
        blocks.insert({blocker, blocked});
    } else {
        blocks.erase({blocker, blocked});
    }
    for (auto& [key, conversation] : conversations) {
        if (stands) keep_told(key);
        const bool theirs = conversation.members.contains(blocker) && conversation.members.contains(blocked);
        if (!conversation.direct || !theirs) continue;
        auto& intervals = conversation.members.at(blocker).intervals;
        if (stands) {
            intervals.back().last = conversation.head;
        } else if (intervals.back().last == conversation.head) {
            intervals.back().last = 0;
        } else {
            intervals.push_back({.first = conversation.head + 1});
        }
    }
}

void NaiveModel::create(ConversationKey key, bool direct, const std::vector<AccountKey>& members,
                        const std::string& title) {
    auto& made = conversations[key];
    made = {.direct = direct, .title = title, .head = 1};
    made.rows.push_back({.born = 1, .seq = 1, .settings = true, .text = title});
    for (const auto account : members) {
        member_row(made, account).present = true;
        made.members[account] = {.present = true,
                                 .owner = !direct && account == members.front(),
                                 .since = made.head,
                                 .read = 1,
                                 .intervals = {{.first = 1}}};
    }
}

std::int64_t NaiveModel::send(ConversationKey key, AccountKey by, const std::string& text,
                              std::vector<AccountKey> mentions) {
    auto& conversation = conversations.at(key);
    ++conversation.head;
    conversation.rows.push_back({.born = conversation.head,
                                 .seq = conversation.head,
                                 .account = by,
                                 .message = true,
                                 .text = text,
                                 .mentions = std::move(mentions)});
    return conversation.head;
}

NaiveModel::Row& NaiveModel::row_at(ConversationKey key, std::int64_t born) {
    return *std::ranges::find(conversations.at(key).rows, born, &Row::born);
}

std::int64_t NaiveModel::edit(ConversationKey key, std::int64_t born, const std::string& text,
                              std::vector<AccountKey> mentions) {
    Row& row = row_at(key, born);
    row.seq = ++conversations.at(key).head;
    row.text = text;
    row.mentions = std::move(mentions);
    return row.seq;
}

std::int64_t NaiveModel::erase(ConversationKey key, std::int64_t born) {
    edit(key, born, "", {});
    Row& row = row_at(key, born);
    row.deleted = true;
    return row.seq;
}

std::int64_t NaiveModel::add(ConversationKey key, const std::vector<AccountKey>& who) {
    auto& conversation = conversations.at(key);
    for (const auto account : who) {
        if (present(key, account)) continue;
        member_row(conversation, account).present = true;
        auto& member = conversation.members[account];
        member.present = true;
        member.owner = false;
        member.since = member.read = conversation.head;
        member.intervals.push_back({.first = conversation.head});
    }
    keep_told(key);
    return conversation.head;
}

std::int64_t NaiveModel::end(ConversationKey key, AccountKey whom, bool inherits) {
    auto& conversation = conversations.at(key);
    member_row(conversation, whom).present = false;
    const auto at = conversation.head;
    auto& member = conversation.members.at(whom);
    member.present = false;
    member.intervals.back().last = at;
    if (!inherits) return at;
    const Member* oldest = nullptr;
    AccountKey heir;
    for (const auto& [account, one] : conversation.members) {
        if (one.present && one.owner) return at;
        if (one.present && (oldest == nullptr || one.since < oldest->since)) {
            oldest = &one;
            heir = account;
        }
    }
    if (oldest == nullptr) return at;
    conversation.members.at(heir).owner = true;
    member_row(conversation, heir).present = true;
    return at;
}

std::int64_t NaiveModel::rename(ConversationKey key, const std::string& title) {
    auto& conversation = conversations.at(key);
    conversation.title = title;
    conversation.rows.front().seq = ++conversation.head;
    conversation.rows.front().text = title;
    return conversation.head;
}

bool NaiveModel::sees(ConversationKey key, AccountKey reader, const Row& row) const {
    if (!row.message) return true;
    for (const auto& [first, last] : conversations.at(key).members.at(reader).intervals) {
        if (first <= row.born && (last == 0 || row.born <= last)) return true;
    }
    return false;
}

std::vector<NaiveModel::Row> NaiveModel::changes(ConversationKey key, AccountKey reader,
                                                 std::int64_t after) const {
    std::vector<Row> found;
    for (const auto& row : conversations.at(key).rows) {
        if (row.seq > after && sees(key, reader, row)) found.push_back(row);
    }
    std::ranges::sort(found, {}, &Row::seq);
    return found;
}

std::vector<NaiveModel::Row> NaiveModel::messages(ConversationKey key, AccountKey reader) const {
    std::vector<Row> found;
    for (const auto& row : conversations.at(key).rows) {
        if (row.message && sees(key, reader, row)) found.push_back(row);
    }
    return found;
}

NaiveModel::Count NaiveModel::count(ConversationKey key, AccountKey reader) const {
    Count count;
    const auto read = conversations.at(key).members.at(reader).read;
    for (const auto& row : messages(key, reader)) {
        if (row.born <= read || row.account == reader || row.deleted) continue;
        if (blocks.contains({reader, row.account})) continue;
        ++count.unread;
        if (std::ranges::find(row.mentions, reader) != row.mentions.end()) ++count.mentions;
    }
    return count;
}

NaiveModel::Row plain(const protocol::Change& change) {
    NaiveModel::Row row{.born = change.born, .seq = change.seq};
    if (const auto* message = std::get_if<protocol::MessageNew>(&change.payload)) {
        row.message = true;
        row.account = account_key(message->sender.text()).value_or(AccountKey{});
        row.text = message->text;
        row.deleted = message->deleted_by.has_value();
        for (const auto& id : message->mentions)
            row.mentions.push_back(account_key(id.text()).value_or(AccountKey{}));
    } else if (const auto* member = std::get_if<protocol::MemberChanged>(&change.payload)) {
        row.account = account_key(member->profile.account.text()).value_or(AccountKey{});
        row.present = member->present;
    } else if (const auto* settings = std::get_if<protocol::ConversationChanged>(&change.payload)) {
        row.settings = true;
        row.text = settings->title.value_or("");
    }
    return row;
}

}  // namespace parley::server::test
