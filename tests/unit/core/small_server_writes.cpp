// What commands and HTTP calls change.

#include "core/rules/messages.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/core/small_server.hpp"

#include <algorithm>
#include <utility>

namespace parley::test {

using protocol::Encoding;
using protocol::Envelope;

namespace {

SmallServer::Answer problem(ErrorCode code) {
    protocol::Problem problem;
    problem.type = "urn:parley:error:" + std::string(name_of(code));
    problem.title = std::string(sentence(code)).substr(0, 100);
    problem.status = http_status(code);
    problem.code = code;
    return {http_status(code), protocol::encode(problem, Encoding::json)};
}

template <class T>
SmallServer::Answer created(const T& body) {
    return {201, protocol::encode(body, Encoding::json)};
}

}  // namespace

// Accounts.

AccountId SmallServer::add_account(const std::string& handle) {
    const AccountId id("a" + std::to_string(++last_account_));
    Account& account = store_.accounts[id];
    account.profile = {id, handle, handle, std::nullopt};
    account.password = "password of " + handle;
    put(account.stream, "profile", std::nullopt,
        protocol::ProfileChanged{account.profile, protocol::AccountRole::person});
    return id;
}

AccountId SmallServer::account_named(const std::string& handle) const {
    for (const auto& [id, account] : store_.accounts)
        if (account.profile.handle == handle) return id;
    return {};
}

protocol::Session SmallServer::issue(const DeviceId& id) {
    Device& device = store_.devices.at(id);
    protocol::Session session;
    session.account = device.account;
    session.device = id;
    session.access_token = "access-" + id.text() + "-" + std::to_string(++device.access_number);
    session.refresh_token = "refresh-" + id.text() + "-" + std::to_string(device.refresh_number);
    session.expires_at = WallTime{clock_ + 900'000};
    device.access_tokens.insert(session.access_token);
    return session;
}

SmallServer::Answer SmallServer::call(const core::CallHttp& call) {
    ++clock_;
    if (call.path == "/v1/sessions/current") {
        for (auto& [id, device] : store_.devices) {
            if (device.signed_out || !device.access_tokens.contains(call.bearer)) continue;
            device.signed_out = true;
            return {204, ""};
        }
        return problem(ErrorCode::token_expired);
    }
    if (call.path == "/v1/sessions/refresh") {
        auto asked = protocol::decode<protocol::Refresh>(call.body, Encoding::json);
        if (!asked) return problem(ErrorCode::malformed);
        for (auto& [id, device] : store_.devices) {
            const std::string prefix = "refresh-" + id.text() + "-";
            if (!asked->refresh_token.starts_with(prefix)) continue;
            const std::int64_t number = std::stoll(asked->refresh_token.substr(prefix.size()));
            if (device.revoked) return problem(ErrorCode::revoked);
            if (device.signed_out) return problem(ErrorCode::token_invalid);
            if (number == device.refresh_number) {
                ++device.refresh_number;
            } else if (number != device.refresh_number - 1) {
                device.signed_out = true;
                return problem(ErrorCode::refresh_reused);
            }
            return created(issue(id));
        }
        return problem(ErrorCode::token_invalid);
    }
    AccountId account;
    std::string name;
    if (call.path == "/v1/accounts") {
        auto asked = protocol::decode<protocol::Registration>(call.body, Encoding::json);
        if (!asked) return problem(ErrorCode::malformed);
        if (!account_named(asked->handle).empty()) return problem(ErrorCode::handle_taken);
        account = add_account(asked->handle);
        store_.accounts.at(account).password = asked->password;
        name = asked->device_name;
    } else {
        auto asked = protocol::decode<protocol::SignIn>(call.body, Encoding::json);
        if (!asked) return problem(ErrorCode::malformed);
        account = account_named(asked->handle);
        if (account.empty() || store_.accounts.at(account).password != asked->password)
            return problem(ErrorCode::credentials);
        name = asked->device_name;
    }
    const DeviceId id("d" + std::to_string(++last_device_));
    store_.devices[id].account = account;
    protocol::Change row = put(store_.accounts.at(account).stream, "device " + id.text(), std::nullopt,
                               protocol::DeviceChanged{id, name, WallTime{clock_}, true});
    push({{StreamId(account.text()), row}}, nullptr);
    return created(issue(id));
}

// Commands.

protocol::Change SmallServer::put(Stream& stream, const std::string& key, std::optional<Uuid> id,
                                  protocol::ChangePayload payload) {
    protocol::Change change;
    change.id = id;
    change.seq = ++stream.head;
    change.born = change.seq;
    change.timestamp = WallTime{++clock_};
    change.payload = std::move(payload);
    for (const auto& [born, row] : stream.rows) {
        if (row.change.payload.index() != change.payload.index()) continue;
        const auto* member = std::get_if<protocol::MemberChanged>(&row.change.payload);
        const auto* now = std::get_if<protocol::MemberChanged>(&change.payload);
        const auto* read = std::get_if<protocol::ReadChanged>(&row.change.payload);
        const auto* read_now = std::get_if<protocol::ReadChanged>(&change.payload);
        const bool same = key == "settings" || key == "profile" ||
                          (member && member->profile.account == now->profile.account) ||
                          (read && read->conversation == read_now->conversation);
        if (same) change.born = row.change.born;
    }
    // One row per conversation for joined and left.
    const auto conversation_of = [](const protocol::ChangePayload& one) -> std::optional<StreamId> {
        if (const auto* joined = std::get_if<protocol::Joined>(&one)) return joined->conversation;
        if (const auto* left = std::get_if<protocol::Left>(&one)) return left->conversation;
        return std::nullopt;
    };
    if (const auto conversation = conversation_of(change.payload))
        for (const auto& [born, row] : stream.rows)
            if (conversation_of(row.change.payload) == conversation) change.born = row.change.born;
    stream.rows[std::to_string(change.born)] = {change, ++store_.position};
    return change;
}

SmallServer::Outcome SmallServer::carry_out(const Session& session, const Envelope& command) {
    const auto key = std::pair(session.account, *command.id);
    if (auto known = store_.remembered.find(key); known != store_.remembered.end())
        return {known->second, {}};
    Outcome outcome;
    if (command.follows && !store_.remembered.contains({session.account, *command.follows})) {
        outcome.reply.payload = refusal(ErrorCode::follows_refused);
    } else {
        switch (command.type()) {
            case protocol::Type::message_send:
                outcome = send_message(session, command);
                break;
            case protocol::Type::conversation_create:
                outcome = create(session, command);
                break;
            case protocol::Type::read:
                outcome = read_up_to(session, command);
                break;
            case protocol::Type::conversation_rename:
            case protocol::Type::member_add:
            case protocol::Type::member_remove:
            case protocol::Type::conversation_leave:
                outcome = change_members(session, command);
                break;
            case protocol::Type::profile_find: {
                protocol::Profiles found;
                for (const auto& handle : std::get<protocol::ProfileFind>(command.payload).handles)
                    if (auto account = account_named(handle); !account.empty())
                        found.profiles.push_back(store_.accounts.at(account).profile);
                outcome.reply.payload = found;
                break;
            }
            default:
                outcome.reply.payload = refusal(ErrorCode::unknown_type);
        }
    }
    outcome.reply.re = command.id;
    if (!outcome.reply.timestamp) outcome.reply.timestamp = WallTime{clock_};
    if (!std::holds_alternative<protocol::ErrorReply>(outcome.reply.payload))
        store_.remembered[key] = outcome.reply;
    for (const auto& [stream, change] : outcome.changes)
        if (auto found = store_.conversations.find(stream); found != store_.conversations.end())
            found->second.moved = store_.position;
    return outcome;
}

std::optional<StreamId> SmallServer::resolve(const AccountId& account, const protocol::Target& target) {
    if (target.stream) return target.stream;
    if (target.made_by) {
        auto found = store_.made.find({account, *target.made_by});
        return found == store_.made.end() ? std::nullopt : std::optional(found->second);
    }
    for (const auto& [stream, conversation] : store_.conversations)
        if (conversation.kind == protocol::ConversationKind::direct &&
            conversation.members.contains(account) && conversation.members.contains(*target.direct))
            return stream;
    return std::nullopt;
}

SmallServer::Outcome SmallServer::send_message(const Session& session, const Envelope& command) {
    Outcome outcome;
    const auto& send = std::get<protocol::MessageSend>(command.payload);
    auto stream = resolve(session.account, send.target);
    if (!stream && send.target.direct && store_.accounts.contains(*send.target.direct))
        stream = make_conversation(protocol::ConversationKind::direct, std::nullopt,
                                   {session.account, *send.target.direct}, outcome.changes);
    if (!stream && send.target.made_by) {
        outcome.reply.payload = refusal(ErrorCode::made_by_refused);
        return outcome;
    }
    auto found = stream ? store_.conversations.find(*stream) : store_.conversations.end();
    if (found == store_.conversations.end() || !present(found->second, session.account)) {
        outcome.reply.payload = refusal(ErrorCode::conversation_not_member);
        return outcome;
    }
    const protocol::Change row =
        put(found->second.stream, "message", command.id, core::rules::row_of(session.account, send));
    outcome.changes.push_back({*stream, row});
    outcome.reply.stream = *stream;
    outcome.reply.seq = row.seq;
    outcome.reply.timestamp = row.timestamp;
    outcome.reply.payload = protocol::MessageAccepted{};
    return outcome;
}

SmallServer::Outcome SmallServer::create(const Session& session, const Envelope& command) {
    Outcome outcome;
    const auto& create = std::get<protocol::ConversationCreate>(command.payload);
    std::vector<AccountId> members = {session.account};
    members.insert(members.end(), create.members.begin(), create.members.end());
    const StreamId stream =
        make_conversation(protocol::ConversationKind::group, create.title, members, outcome.changes);
    store_.made[{session.account, *command.id}] = stream;
    outcome.reply.stream = stream;
    outcome.reply.seq = store_.conversations.at(stream).stream.head;
    outcome.reply.payload = protocol::ConversationCreated{};
    return outcome;
}

StreamId SmallServer::make_conversation(protocol::ConversationKind kind, std::optional<std::string> title,
                                        const std::vector<AccountId>& members, std::vector<Pushed>& changes) {
    const StreamId stream("c" + std::to_string(++last_conversation_));
    Conversation& conversation = store_.conversations[stream];
    conversation.kind = kind;
    conversation.title = title;
    changes.push_back({stream, put(conversation.stream, "settings", std::nullopt,
                                   protocol::ConversationChanged{kind, title, members.front()})});
    for (const AccountId& account : members)
        add_member(stream, account, members.front(), changes);
    // What a joining says of the conversation holds for all that were made with it.
    for (auto& [pushed, change] : changes)
        if (auto* joined = std::get_if<protocol::Joined>(&change.payload)) {
            joined->state = summary(AccountId(pushed.text()), conversation);
            Row& stored =
                store_.accounts.at(AccountId(pushed.text())).stream.rows.at(std::to_string(change.born));
            stored.change = change;
        }
    return stream;
}

void SmallServer::add_member(const StreamId& stream, const AccountId& account, const AccountId& by,
                             std::vector<Pushed>& changes) {
    Conversation& conversation = store_.conversations.at(stream);
    if (present(conversation, account)) return;
    const auto role = conversation.roles.empty() ? protocol::Role::owner : protocol::Role::member;
    conversation.roles[account] = role;
    const std::int64_t from = conversation.stream.head + 1;
    const protocol::Change row =
        put(conversation.stream, "member", std::nullopt,
            protocol::MemberChanged{store_.accounts.at(account).profile, role, true, by, from});
    conversation.members[account].push_back({row.seq});
    Account& joining = store_.accounts.at(account);
    joining.read[stream] = row.seq;
    const protocol::Change joined = put(joining.stream, "joined", std::nullopt,
                                        protocol::Joined{stream, row.seq, summary(account, conversation)});
    changes.push_back({StreamId(account.text()), joined});
    changes.push_back({stream, row});
}

void SmallServer::remove_member(const StreamId& stream, const AccountId& account, const AccountId& by,
                                std::vector<Pushed>& changes) {
    Conversation& conversation = store_.conversations.at(stream);
    if (!present(conversation, account)) return;
    const protocol::Change row =
        put(conversation.stream, "member", std::nullopt,
            protocol::MemberChanged{store_.accounts.at(account).profile, conversation.roles.at(account),
                                    false, by, conversation.members.at(account).back().from});
    conversation.members.at(account).back().until = row.seq;
    const protocol::Change left =
        put(store_.accounts.at(account).stream, "left", std::nullopt, protocol::Left{stream, row.seq});
    changes.push_back({StreamId(account.text()), left});
    changes.push_back({stream, row});
}

SmallServer::Outcome SmallServer::change_members(const Session& session, const Envelope& command) {
    Outcome outcome;
    const auto target = std::visit(
        []<class T>(const T& payload) -> protocol::Target {
            if constexpr (requires { payload.target; }) return payload.target;
            return {};
        },
        command.payload);
    const auto stream = resolve(session.account, target);
    auto found = stream ? store_.conversations.find(*stream) : store_.conversations.end();
    if (found == store_.conversations.end() || !present(found->second, session.account)) {
        outcome.reply.payload = refusal(ErrorCode::conversation_not_member);
        return outcome;
    }
    Conversation& conversation = found->second;
    const bool leaves = std::holds_alternative<protocol::ConversationLeave>(command.payload);
    if (!leaves && conversation.roles.at(session.account) != protocol::Role::owner) {
        outcome.reply.payload = refusal(ErrorCode::not_allowed);
        return outcome;
    }
    if (leaves) remove_member(*stream, session.account, session.account, outcome.changes);
    if (const auto* add = std::get_if<protocol::MemberAdd>(&command.payload))
        for (const auto& account : add->accounts)
            add_member(*stream, account, session.account, outcome.changes);
    if (const auto* remove = std::get_if<protocol::MemberRemove>(&command.payload))
        remove_member(*stream, remove->account, session.account, outcome.changes);
    if (const auto* rename = std::get_if<protocol::ConversationRename>(&command.payload)) {
        conversation.title = rename->title;
        outcome.changes.push_back(
            {*stream, put(conversation.stream, "settings", std::nullopt,
                          protocol::ConversationChanged{conversation.kind, rename->title, session.account})});
    }
    outcome.reply.stream = *stream;
    outcome.reply.seq = conversation.stream.head;
    outcome.reply.payload = protocol::Done{};
    return outcome;
}

SmallServer::Outcome SmallServer::read_up_to(const Session& session, const Envelope& command) {
    Outcome outcome;
    const auto& read = std::get<protocol::Read>(command.payload);
    const auto stream = resolve(session.account, read.target);
    auto found = stream ? store_.conversations.find(*stream) : store_.conversations.end();
    if (found == store_.conversations.end() || !present(found->second, session.account)) {
        outcome.reply.payload = refusal(ErrorCode::conversation_not_member);
        return outcome;
    }
    if (read.upto > found->second.stream.head) {
        outcome.reply.payload = refusal(ErrorCode::invalid);
        return outcome;
    }
    Account& account = store_.accounts.at(session.account);
    std::int64_t& position = account.read[*stream];
    const bool moved = read.upto > position;
    position = std::max(position, read.upto);
    protocol::ReadOk ok{position, 0, 0, {}};
    std::tie(ok.unread, ok.mentions) = unread(session.account, *stream);
    if (moved) {
        ok.as_of = {found->second.stream.head, account.stream.head + 1};
        outcome.changes.push_back(
            {StreamId(session.account.text()),
             put(account.stream, "read", std::nullopt,
                 protocol::ReadChanged{*stream, position, ok.unread, ok.mentions, ok.as_of})});
        auto& receipt = found->second.receipts[session.account];
        receipt.account = session.account;
        receipt.read = std::max(receipt.read, position);
        receipt.delivered = std::max(receipt.delivered, receipt.read);
        found->second.moved = ++store_.position;
        push_receipt(*stream, session.account);
    }
    ok.as_of = {found->second.stream.head, account.stream.head};
    outcome.reply.stream = *stream;
    outcome.reply.payload = ok;
    return outcome;
}

}  // namespace parley::test
