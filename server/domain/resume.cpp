#include "base/mutant.hpp"
#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "protocol/codec.hpp"
#include "server/domain/sync.hpp"
#include "server/domain/token_standing.hpp"
#include "server/domain/use_cases.hpp"

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>

namespace parley::server {

namespace {

/// The newest message in what the member may see.
std::optional<protocol::Preview> newest_message(View& view, const MemberRecord& member) {
    auto ranges = view.conversations().intervals(member.conversation, member.account);
    if (mutant(Mutant::preview_of_the_unseen)) ranges = {{.first = 1, .last = last_born}};
    for (const auto& range : std::views::reverse(ranges)) {
        auto found = view.rows().messages({.stream = StreamKey(member.conversation),
                                           .range = range,
                                           .newest_first = true,
                                           .limits = {.rows_max = 1, .bytes_max = limits::page_bytes_max}});
        if (found.rows.empty()) continue;
        const auto& change = found.rows.front();
        const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
        if (message == nullptr || !change.id) continue;
        return protocol::Preview{
            .id = *change.id,
            .born = change.born,
            .sender = message->sender,
            .text = std::string(first_code_points(message->text, limits::preview_points_max)),
            .at = change.timestamp,
            .deleted = message->deleted_by.has_value(),
            .entities =
                core::rules::cut_entities(message->text, message->entities, limits::preview_points_max),
            .silent = message->silent,
            .kind = message->custom ? std::optional(message->custom->kind) : std::nullopt,
            .forwarded = message->forwarded};
    }
    return std::nullopt;
}

std::vector<protocol::Receipt> receipts_of_others(View& view, const ConversationRecord& conversation,
                                                  AccountKey reader) {
    std::vector<protocol::Receipt> receipts;
    if (conversation.members > limits::receipts_members_max) return receipts;
    for (const auto& member : view.conversations().members(conversation.key, limits::receipts_members_max))
        if (member.account != reader) receipts.push_back(receipt_of(member));
    if (conversation.silences == 0) return receipts;
    for (const auto& silence : view.blocks().silences_toward(conversation.key, reader)) {
        const auto told = std::ranges::find(receipts, to_id(silence.account), &protocol::Receipt::account);
        if (told != receipts.end()) *told = receipt_of(silence);
    }
    return receipts;
}

std::optional<protocol::ConversationState> state_of(View& view, ConversationKey key,
                                                    const AccountRecord& account) {
    const auto* conversation = view.conversations().find(key);
    const auto* member = conversation != nullptr ? view.conversations().member(key, account.key) : nullptr;
    if (member == nullptr) return std::nullopt;
    const auto unread = unread_of(view, *conversation, *member);
    protocol::ConversationState state{.head = conversation->head,
                                      .unread = unread.unread,
                                      .mentions = unread.mentions,
                                      .as_of = {.conversation = conversation->head, .account = account.head},
                                      .read = member->read,
                                      .from = member->from,
                                      .receipts = receipts_of_others(view, *conversation, account.key),
                                      .last = newest_message(view, *member),
                                      .summary = summary_of(view, *conversation, *member),
                                      .floor = conversation->floor};
    if (conversation->restored_from != 0) state.restored_from = conversation->restored_from;
    return state;
}

/// Room in one frame.
struct Room {
    std::int64_t rows = limits::page_rows_max;
    std::int64_t bytes = limits::page_bytes_max;
    bool empty = true;
    /// What was measured last.
    std::string json;

    bool full() const { return !empty && rows < 1; }
    /// The first thing always fits.
    bool take(std::int64_t size) {
        if (full() || (!empty && bytes < size)) return false;
        empty = false;
        --rows;
        bytes -= size;
        return true;
    }
    /// As it stands in JSON, which is never shorter than CBOR, and what separates it from the next. It is
    /// measured by writing it: that costs little beside reading it, and an estimate that is never too small
    /// would be several times too large.
    bool take(const protocol::Envelope& envelope) {
        json.clear();
        // What cannot be written takes no room; whoever writes it says so.
        if (!protocol::try_append_envelope(json, envelope, protocol::Encoding::json)) json.clear();
        return take(static_cast<std::int64_t>(json.size()) + 1);
    }
};

/// The account's own changes after the token; false where more are owed than fit.
bool add_account_changes(View& view, const AccountRecord& account, Room& room, ResumePart& part) {
    const std::int64_t skipped =
        mutant(Mutant::resume_skips_account_change) && part.token.account_seq > 0 ? 1 : 0;
    auto found = view.rows().changed_since({.stream = StreamKey(account.key),
                                            .after = part.token.account_seq + skipped,
                                            .visible = {},
                                            .limits = {.rows_max = room.rows, .bytes_max = room.bytes}});
    for (auto& change : found.rows) {
        part.envelopes.push_back(protocol::to_envelope(to_stream(account.key), std::move(change)));
    }
    room.rows -= static_cast<std::int64_t>(found.rows.size());
    room.bytes -= found.bytes;
    room.empty = room.empty && found.rows.empty();
    part.token.account_seq = found.more ? found.passed : account.head;
    return !found.more;
}

/// The states of conversations that moved after the token's position, newest first; false where more are owed
/// than fit. What moves while states are sent in several parts is owed once more afterwards.
bool add_states(View& view, const AccountRecord& account, Room& room, ResumePart& part) {
    auto& token = part.token;
    while (token.position < part.position) {
        if (token.states_as_of == 0) token.states_as_of = token.states_below = part.position;
        const PositionRange owed{.above = token.position, .upto = token.states_below};
        auto page = view.conversations().moved(account.key, owed, limits::page_rows_max);
        if (mutant(Mutant::resume_leaves_out_the_oldest) && token.position > 0 && !page.empty())
            page.pop_back();
        for (const auto& moved : page) {
            if (room.full()) return false;
            if (auto state = state_of(view, moved.conversation, account)) {
                protocol::Envelope envelope{.stream = to_id(moved.conversation),
                                            .payload = std::move(*state)};
                if (!room.take(envelope)) return false;
                part.envelopes.push_back(std::move(envelope));
            }
            token.states_below = moved.position - 1;
        }
        if (std::cmp_equal(page.size(), limits::page_rows_max)) continue;
        token.position = token.states_as_of;
        token.states_as_of = token.states_below = 0;
    }
    return true;
}

}  // namespace

Result<ResumePart> resume_part(Snapshot& snapshot, AccountKey key, const std::optional<SyncToken>& token) {
    const auto* account = snapshot.accounts().find(key);
    TRY(snapshot.status());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    const auto standing = token ? standing_of(snapshot, *account, *token) : TokenStanding::foreign;
    ResumePart part{.token = standing == TokenStanding::usable ? *token : SyncToken{},
                    .position = snapshot.position()};
    part.token.epoch = snapshot.epoch();
    part.token.life = snapshot.life();
    part.ahead = standing == TokenStanding::ahead;
    TRY(snapshot.status());
    if (part.ahead) return part;
    Room room;
    part.finished =
        add_account_changes(snapshot, *account, room, part) && add_states(snapshot, *account, room, part);
    if (part.finished) {
        part.open = snapshot.conversations().joined(key);
        part.blocked = blocked_by(snapshot, key);
    }
    TRY(snapshot.status());
    return part;
}

Result<protocol::ConversationList> conversation_states(Snapshot& snapshot, AccountKey key,
                                                       std::int64_t after) {
    const auto* account = snapshot.accounts().find(key);
    TRY(snapshot.status());
    if (account == nullptr) return fail(ErrorCode::account_not_found, "no such account");
    protocol::ConversationList list;
    Room room;
    const PositionRange range{.above = 0, .upto = after > 0 ? after - 1 : snapshot.position()};
    const auto moved = snapshot.conversations().moved(key, range, limits::page_rows_max + 1);
    std::int64_t last = 0;
    for (const auto& one : moved) {
        protocol::Envelope envelope{.stream = to_id(one.conversation)};
        if (!room.full()) {
            auto state = state_of(snapshot, one.conversation, *account);
            if (!state) continue;
            envelope.payload = std::move(*state);
        }
        if (room.full() || !room.take(envelope)) {
            list.after = last;
            break;
        }
        list.conversations.push_back(
            {.type = std::string(name_of(envelope.type())),
             .stream = envelope.stream,
             .payload = std::move(std::get<protocol::ConversationState>(envelope.payload))});
        last = one.position;
    }
    TRY(snapshot.status());
    return list;
}

}  // namespace parley::server
