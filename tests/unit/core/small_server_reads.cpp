// What the server lets clients read.

#include "core/rules/counts.hpp"
#include "tests/unit/core/small_server.hpp"

#include <algorithm>
#include <utility>

namespace parley::test {
std::vector<protocol::Change> SmallServer::Stream::by_seq() const {
    std::vector<protocol::Change> changes;
    changes.reserve(rows.size());
    for (const auto& [key, row] : rows)
        changes.push_back(row.change);
    std::ranges::sort(changes, {}, &protocol::Change::seq);
    return changes;
}

std::vector<protocol::Change> SmallServer::Stream::by_born() const {
    auto changes = by_seq();
    std::ranges::sort(changes, {}, &protocol::Change::born);
    return changes;
}

bool SmallServer::present(const Conversation& conversation, const AccountId& account) {
    auto found = conversation.members.find(account);
    return found != conversation.members.end() &&
           found->second.back().until == std::numeric_limits<std::int64_t>::max();
}

bool SmallServer::sees(const Conversation& conversation, const AccountId& reader,
                       const protocol::Change& change) {
    if (!is_message(change)) return true;
    return std::ranges::any_of(conversation.members.at(reader), [&](const Interval& interval) {
        return interval.from <= change.born && change.born <= interval.until;
    });
}

protocol::Payload SmallServer::answer(Session& session, const protocol::Payload& question) {
    if (const auto* asked = std::get_if<protocol::Changes>(&question))
        return changes(session.account, *asked);
    if (const auto* asked = std::get_if<protocol::Page>(&question)) return page(session.account, *asked);
    return rows(session.account, std::get<protocol::Rows>(question));
}

protocol::Payload SmallServer::changes(const AccountId& reader, const protocol::Changes& asked) const {
    const Stream* stream = nullptr;
    const Conversation* conversation = nullptr;
    if (asked.stream.text() == reader.text()) {
        stream = &store_.accounts.at(reader).stream;
    } else {
        auto found = store_.conversations.find(asked.stream);
        if (found == store_.conversations.end() || !present(found->second, reader))
            return refusal(ErrorCode::conversation_not_member);
        conversation = &found->second;
        stream = &conversation->stream;
    }
    protocol::ChangesOk ok;
    ok.after = asked.after;
    ok.head = ok.upto = stream->head;
    for (const auto& change : stream->by_seq()) {
        if (change.seq <= asked.after || (conversation && !sees(*conversation, reader, change))) continue;
        const auto* member = std::get_if<protocol::MemberChanged>(&change.payload);
        if (asked.only && !(member && !member->present)) continue;
        if (static_cast<std::int64_t>(ok.rows.size()) == rows_max) {
            ok.more = true;
            ok.upto = ok.rows.back().seq;
            break;
        }
        ok.rows.push_back(change);
    }
    return ok;
}

protocol::Payload SmallServer::page(const AccountId& reader, const protocol::Page& asked) const {
    auto found = store_.conversations.find(asked.stream);
    if (found == store_.conversations.end() || !present(found->second, reader))
        return refusal(ErrorCode::conversation_not_member);
    const Conversation& conversation = found->second;
    std::vector<protocol::Change> visible;
    for (const auto& change : conversation.stream.by_born())
        if (is_message(change) && sees(conversation, reader, change)) visible.push_back(change);

    const auto count = static_cast<std::ptrdiff_t>(visible.size());
    const auto first_from = [&](std::int64_t born) {
        return std::ranges::lower_bound(visible, born, {}, &protocol::Change::born) - visible.begin();
    };
    std::ptrdiff_t low = 0;
    std::ptrdiff_t high = count;
    if (asked.before) {
        high = *asked.before == 0 ? count : first_from(*asked.before);
        low = std::max<std::ptrdiff_t>(0, high - rows_max);
    } else if (asked.after) {
        low = first_from(*asked.after + 1);
        high = std::min<std::ptrdiff_t>(count, low + rows_max);
    } else if (asked.around) {
        const auto middle = first_from(*asked.around + 1);
        low = std::max<std::ptrdiff_t>(0, middle - rows_max / 2);
        high = std::min<std::ptrdiff_t>(count, middle + rows_max / 2);
    }
    protocol::PageOk ok;
    ok.as_of = conversation.stream.head;
    if (asked.from && asked.to) {
        ok.from = *asked.from;
        ok.to = *asked.to;
        for (const auto& change : visible)
            if (change.born >= ok.from && change.born <= ok.to && change.seq > asked.since.value_or(0))
                ok.rows.push_back(change);
        return ok;
    }
    ok.more_before = low > 0;
    ok.more_after = high < count;
    ok.rows.assign(visible.begin() + low, visible.begin() + high);
    ok.from = ok.rows.empty() ? 1 : ok.rows.front().born;
    ok.to = ok.rows.empty() ? 0 : ok.rows.back().born;
    return ok;
}

protocol::Payload SmallServer::rows(const AccountId& reader, const protocol::Rows& asked) const {
    auto found = store_.conversations.find(asked.stream);
    if (found == store_.conversations.end() || !present(found->second, reader))
        return refusal(ErrorCode::conversation_not_member);
    protocol::RowsOk ok;
    ok.as_of = found->second.stream.head;
    for (const auto& change : found->second.stream.by_born()) {
        const bool member = std::holds_alternative<protocol::MemberChanged>(change.payload);
        const bool settings = std::holds_alternative<protocol::ConversationChanged>(change.payload);
        if (!(asked.kind == protocol::RowKind::member ? member : settings) || change.born <= asked.after)
            continue;
        if (static_cast<std::int64_t>(ok.rows.size()) == rows_max) {
            ok.more = true;
            break;
        }
        ok.rows.push_back(change);
    }
    return ok;
}

protocol::Summary SmallServer::summary(const AccountId& reader, const Conversation& conversation) const {
    protocol::Summary summary;
    summary.kind = conversation.kind;
    summary.title = conversation.title;
    summary.role = conversation.roles.at(reader);
    for (const auto& [account, intervals] : conversation.members) {
        summary.members += present(conversation, account);
        if (conversation.kind == protocol::ConversationKind::direct && account != reader)
            summary.peer = store_.accounts.at(account).profile;
    }
    return summary;
}

protocol::ConversationState SmallServer::state(const AccountId& reader, const StreamId& stream) const {
    const Conversation& conversation = store_.conversations.at(stream);
    const Account& account = store_.accounts.at(reader);
    protocol::ConversationState state;
    state.head = conversation.stream.head;
    std::tie(state.unread, state.mentions) = unread(reader, stream);
    state.as_of = {conversation.stream.head, account.stream.head};
    if (auto read = account.read.find(stream); read != account.read.end()) state.read = read->second;
    state.from = conversation.members.at(reader).back().from;
    for (const auto& [other, receipt] : conversation.receipts)
        if (other != reader) state.receipts.push_back(receipt);
    if (auto visible = messages_for(reader, stream); !visible.empty()) {
        const auto& last = visible.back();
        const auto& message = std::get<protocol::MessageNew>(last.payload);
        state.last = protocol::Preview{*last.id, last.born, message.sender, message.text.substr(0, 20),
                                       last.timestamp};
    }
    state.summary = summary(reader, conversation);
    state.restored_from = conversation.restored_from;
    return state;
}

std::pair<std::int64_t, std::int64_t> SmallServer::unread(const AccountId& reader,
                                                          const StreamId& stream) const {
    const auto& read = store_.accounts.at(reader).read;
    const auto found = read.find(stream);
    core::rules::Tally tally;
    for (const auto& change : messages_for(reader, stream))
        tally.add(core::rules::counts_for(reader, change.payload), change.born,
                  found == read.end() ? 0 : found->second);
    return {tally.unread, tally.mentions};
}

std::int64_t SmallServer::unread_for(const AccountId& account, const StreamId& stream) const {
    return unread(account, stream).first;
}

std::vector<protocol::Change> SmallServer::messages_for(const AccountId& account,
                                                        const StreamId& stream) const {
    std::vector<protocol::Change> messages;
    const Conversation& conversation = store_.conversations.at(stream);
    for (const auto& change : conversation.stream.by_born())
        if (is_message(change) && sees(conversation, account, change)) messages.push_back(change);
    return messages;
}

}  // namespace parley::test
