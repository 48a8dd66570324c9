#include "sim/crash/people.hpp"

#include "server/store/view.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::sim::crash {

namespace {

using server::AccountKey;
using server::ConversationKey;
using server::DeviceKey;
using server::to_id;
using server::Work;

/// Works that may be repeated are kept up to here.
constexpr std::size_t answered_max = 256;
constexpr std::size_t codes_max = 16;
constexpr std::size_t messages_max = 16;
constexpr std::int64_t groups_min = 2;

}  // namespace

protocol::Target People::target_of(std::int64_t conversation) {
    return {.stream = to_id(ConversationKey{conversation})};
}

bool People::settled() const {
    return std::ssize(accounts_) >= habits_.accounts && std::ssize(conversations_) >= groups_min;
}

void People::heard(std::span<const Work> works, const server::Batch& batch) {
    std::size_t next = 0;
    for (const auto& effect : batch.effects) {
        const auto* replied = std::get_if<server::Replied>(&effect);
        if (replied == nullptr) {
            heard(effect);
            continue;
        }
        while (next < works.size() && std::holds_alternative<server::Acks>(works[next].command))
            ++next;
        if (next == works.size()) return;
        const auto& work = works[next++];
        if (replied->answer) heard(work, *replied->answer);
    }
}

void People::heard(const Work& work, const server::Answer& answer) {
    if (const auto* device = std::get_if<server::SignedIn>(&answer.payload)) {
        auto& account = accounts_[device->account.value];
        account.key = device->account.value;
        if (std::ranges::find(account.devices, device->device.value) == account.devices.end())
            account.devices.push_back(device->device.value);
        if (std::ranges::find(account_keys_, account.key) == account_keys_.end())
            account_keys_.push_back(account.key);
        refresh_numbers_[device->device.value] = device->refresh_number;
        owner_of_device_[device->device.value] = account.key;
    }
    if (const auto* made = std::get_if<protocol::LinkMade>(&answer.payload)) {
        codes_.push_back(made->link.code.value_or(""));
        if (codes_.size() > codes_max) codes_.erase(codes_.begin());
    }
    if (!work.origin.command) return;
    accounts_[work.origin.account.value].last_command = *work.origin.command;
    if (answered_.size() < answered_max) {
        answered_.push_back(work);
    } else {
        answered_[static_cast<std::size_t>(random_.below(answered_.size()))] = work;
    }
}

void People::heard(const server::Effect& effect) {
    if (const auto* revoked = std::get_if<server::DeviceRevoked>(&effect)) {
        std::erase(accounts_[revoked->account.value].devices, revoked->device.value);
        return;
    }
    const auto* told = std::get_if<server::ConversationChange>(&effect);
    if (told == nullptr) return;
    const auto key = told->conversation.value;
    auto [found, is_new] = conversations_.try_emplace(key);
    if (is_new) conversation_keys_.push_back(key);
    heard(found->second, told->change);
}

void People::heard(Conversation& conversation, const protocol::Change& change) {
    conversation.head = change.seq;
    if (const auto* settings = std::get_if<protocol::ConversationChanged>(&change.payload))
        conversation.direct = settings->kind == protocol::ConversationKind::direct;
    const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
    if (message != nullptr && change.id && change.seq == change.born) {
        conversation.messages.push_back(
            {.id = *change.id, .author = server::account_key(message->sender.text())->value});
        if (conversation.messages.size() > messages_max) conversation.messages.pop_front();
    }
    const auto* member = std::get_if<protocol::MemberChanged>(&change.payload);
    if (member == nullptr) return;
    const auto account = server::account_key(member->profile.account.text())->value;
    std::erase(conversation.members, account);
    if (member->present) conversation.members.push_back(account);
    if (member->present && member->role == protocol::Role::owner) conversation.owner = account;
}

void People::look(const StoredFile& file) {
    std::map<std::int64_t, Uuid> last_commands;
    for (const auto& [key, account] : accounts_)
        last_commands[key] = account.last_command;
    accounts_.clear();
    account_keys_.clear();
    for (const auto& device : file.devices) {
        auto& account = accounts_[device.account];
        if (account.key == 0) account_keys_.push_back(device.account);
        account.key = device.account;
        account.last_command = last_commands[device.account];
        if (device.present) account.devices.push_back(device.key);
        refresh_numbers_[device.key] = device.refresh_number;
        owner_of_device_[device.key] = device.account;
    }
    auto before = std::exchange(conversations_, {});
    conversation_keys_.clear();
    for (const auto& member : file.members) {
        auto& conversation = conversations_[member.conversation];
        if (conversation.head == 0) {
            conversation_keys_.push_back(member.conversation);
            conversation.head = file.heads.of_stream.at(member.conversation);
            conversation.direct = file.directs.contains(member.conversation);
            conversation.messages = std::move(before[member.conversation].messages);
        }
        if (!member.present) continue;
        conversation.members.push_back(member.account);
        const bool owner = member.role == static_cast<std::int64_t>(protocol::Role::owner);
        if (owner) conversation.owner = member.account;
    }
}

Work People::next() {
    now_ = now_ + milliseconds(random_.between(1, 400));
    if (habits_.clock_jumps && random_.below(200) == 0)
        jump_ms_ = random_.between(-10, 10) * 24 * 60 * 60 * 1000;
    if (account_keys_.empty()) return sign_up();
    if (!settled() && random_.below(3) != 0) return found();
    const auto chance = random_.below(1000);
    if (chance < 560) return message();
    if (chance < 660) return about_messages();
    if (chance < 760) return to_conversation();
    if (chance < 780) return about_oneself();
    if (chance < 800) return about_rights();
    if (chance < 880) return acks();
    if (chance < 930) return about_members();
    if (chance < 960) return about_devices();
    if (chance < 966) return sign_up();
    if (chance < 980) return misuse();
    if (auto again = repeat()) return std::move(*again);
    return message();
}

std::optional<Work> People::repeat() {
    if (answered_.empty()) return std::nullopt;
    auto work = answered_[static_cast<std::size_t>(random_.below(answered_.size()))];
    work.at = now_ + Duration{jump_ms_};
    // It comes from a device that is still signed in: others are told so before anything else.
    const auto account = accounts_.find(work.origin.account.value);
    if (account != accounts_.end() && !account->second.devices.empty())
        work.origin.device = {random_.pick(account->second.devices)};
    return work;
}

Work People::by(const Account& account, server::Command command) {
    const auto device = account.devices.empty() ? 0 : random_.pick(account.devices);
    return {.origin = {.session = {1}, .account = {account.key}, .device = {device}, .command = fresh_id()},
            .command = std::move(command),
            .at = now_ + Duration{jump_ms_}};
}

Work People::message() {
    std::int64_t key = 0;
    auto* conversation = some_conversation(key);
    auto* sender = conversation != nullptr ? some_member(*conversation) : nullptr;
    if (sender == nullptr || random_.below(12) == 0) {
        auto& from = somebody();
        const auto& to = somebody();
        return by(from,
                  protocol::MessageSend{.target = {.direct = to_id(AccountKey{to.key})}, .text = text()});
    }
    protocol::MessageSend send{.target = target_of(key), .text = text()};
    if (random_.below(12) == 0 && !conversation->messages.empty())
        send.reply_to = conversation->messages.back().id;
    for (std::uint64_t i = random_.below(40); i < 3; ++i)
        send.mentions.push_back(to_id(AccountKey{random_.pick(conversation->members)}));
    if (random_.below(20) == 0) send.entities = {{.kind = protocol::EntityKind::everyone, .length = 1}};
    send.silent = random_.below(20) == 0;
    if (random_.below(20) == 0)
        send.custom = protocol::Custom{.kind = "org.example.crash", .data = "{ \"n\": [1.50, 2e3] }"};
    auto work = by(*sender, std::move(send));
    if (random_.below(5) == 0 && sender->last_command != Uuid{}) work.origin.follows = sender->last_command;
    return work;
}

/// Reading, mostly; now and then a new title.
Work People::to_conversation() {
    std::int64_t key = 0;
    auto* conversation = some_conversation(key);
    auto* member = conversation != nullptr ? some_member(*conversation) : nullptr;
    if (member == nullptr) return message();
    if (random_.below(8) == 0) {
        return by(*member, protocol::ConversationRename{.target = target_of(key), .title = title()});
    }
    const auto back = random_.below(3) == 0 ? random_.between(0, 20) : 0;
    const auto upto = std::max<std::int64_t>(conversation->head - back, 1);
    return by(*member, protocol::Read{.target = target_of(key), .upto = upto});
}

/// Of several devices, collected, as sessions hand them on.
Work People::acks() {
    // No other begins there.
    server::Acks acks{.epoch = server::first_epoch, .acks = {}};
    for (std::int64_t i = random_.between(1, 4); i > 0; --i) {
        std::int64_t key = 0;
        auto* conversation = some_conversation(key);
        auto* member = conversation != nullptr ? some_member(*conversation) : nullptr;
        if (member == nullptr || member->devices.empty()) continue;
        acks.acks.push_back({.account = {member->key},
                             .device = {random_.pick(member->devices)},
                             .conversation = {key},
                             .seq = std::max<std::int64_t>(conversation->head - random_.between(0, 3), 1)});
    }
    return {.origin = {}, .command = std::move(acks), .at = now_ + Duration{jump_ms_}};
}

Work People::about_members() {
    std::int64_t key = 0;
    auto* conversation = some_conversation(key);
    if (conversation == nullptr || random_.below(8) == 0) {
        protocol::ConversationCreate create{.title = title()};
        for (std::int64_t i = random_.between(1, 4); i > 0; --i)
            create.members.push_back(to_id(AccountKey{somebody().key}));
        return by(somebody(), std::move(create));
    }
    const auto owner = accounts_.find(conversation->owner);
    auto* member = some_member(*conversation);
    if (owner == accounts_.end() || member == nullptr) return message();
    switch (random_.below(8)) {
        case 5:
            return by(owner->second,
                      protocol::LinkCreate{.target = target_of(key), .uses = random_.between(1, 3)});
        case 6:
            if (codes_.empty()) break;
            return by(somebody(), protocol::LinkJoin{.code = random_.pick(codes_)});
        case 7:
            return by(owner->second,
                      protocol::HistoryShare{.target = target_of(key), .shared = random_.below(3) != 0});
        case 0:
            return by(*member, protocol::ConversationLeave{.target = target_of(key)});
        case 1:
            return by(owner->second, protocol::MemberRemove{.target = target_of(key),
                                                            .account = to_id(AccountKey{member->key})});
        default:
            break;
    }
    protocol::MemberAdd add{.target = target_of(key)};
    for (std::int64_t i = random_.between(1, 3); i > 0; --i)
        add.accounts.push_back(to_id(AccountKey{somebody().key}));
    return by(owner->second, std::move(add));
}

Work People::about_devices() {
    auto& account = somebody();
    if (account.devices.empty() || random_.below(4) == 0) {
        return without_session(server::AddDevice{
            .account = {account.key}, .password_hash = "hash", .device_name = "another device"});
    }
    const auto device = random_.pick(account.devices);
    switch (random_.below(6)) {
        case 0:
            return by(account, protocol::DeviceRevoke{.device = to_id(DeviceKey{device})});
        case 1:
            return by(account, protocol::InviteCreate{.uses = random_.between(1, 5)});
        case 2:
            return by(account, protocol::ProfileSet{.name = "named " + std::to_string(random_.below(1000)),
                                                    .avatar = random_.below(2) == 0 ? "picture" : ""});
        default:
            return without_session(
                server::UseRefreshToken{.device = {device}, .number = refresh_numbers_[device]});
    }
}

/// Accounts first, then groups.
Work People::found() {
    return std::ssize(account_keys_) < habits_.accounts ? sign_up() : about_members();
}

Work People::sign_up() {
    return without_session(server::RegisterAccount{.handle = "person" + std::to_string(++handles_),
                                                   .name = "Person",
                                                   .password_hash = "hash",
                                                   .device_name = "first device"});
}

/// As HTTP brings it: it is not remembered by an id.
Work People::without_session(server::Command command) {
    return {.origin = {.session = {1}}, .command = std::move(command), .at = now_ + Duration{jump_ms_}};
}

/// What must be refused, and leave everything as it was.
Work People::misuse() {
    auto& account = somebody();
    std::int64_t key = 0;
    (void)some_conversation(key);
    switch (random_.below(4)) {
        case 0: {
            auto work = by(account, protocol::MessageSend{.target = target_of(key), .text = text()});
            work.origin.follows = fresh_id();
            return work;
        }
        case 1:
            return by(account, protocol::MessageSend{
                                   .target = target_of(key), .text = text(), .reply_to = fresh_id()});
        case 2:
            return by(account, protocol::Read{.target = target_of(key), .upto = std::int64_t{1} << 40});
        default:
            return by(account,
                      protocol::MemberAdd{.target = target_of(key), .accounts = {AccountId("nobody")}});
    }
}

std::string People::text() {
    const bool is_long = random_.per_mille(habits_.long_texts);
    const auto length = is_long ? random_.between(400, 8000) : random_.between(1, 60);
    std::string made;
    while (std::ssize(made) < length)
        made += static_cast<char>('a' + random_.below(26));
    return made;
}

std::string People::title() {
    return "about number " + std::to_string(random_.below(1'000'000));
}

People::Account& People::somebody() {
    return accounts_.at(random_.pick(account_keys_));
}

People::Conversation* People::some_conversation(std::int64_t& key) {
    if (conversation_keys_.empty()) return nullptr;
    key = random_.pick(conversation_keys_);
    auto& conversation = conversations_.at(key);
    return conversation.members.empty() ? nullptr : &conversation;
}

People::Account* People::some_member(const Conversation& conversation) {
    const auto found = accounts_.find(random_.pick(conversation.members));
    return found == accounts_.end() ? nullptr : &found->second;
}

Uuid People::fresh_id() {
    std::array<std::uint8_t, 10> chance{};
    random_.fill(chance);
    return Uuid::version7(now_, chance);
}

}  // namespace parley::sim::crash
