#include "core/conversation.hpp"

#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

using protocol::Encoding;

constexpr Sql columns =
    "SELECT number, stream, known, present, origin, until, summary, preview, head, cursor, "
    "solid, base, ranges, removed_after, removed_upto, newest_owed, members_after, "
    "settings_owed, restored_from, read, triple_read, unread, mentions, as_of_conversation, "
    "as_of_account, acked, delivered_places, read_places FROM conversation";

// Not by replacing the row, which would write the index of streams anew: a page more in each commit.
constexpr Sql upsert =
    "INSERT INTO conversation (number, stream, known, present, origin, until, "
    "summary, preview, head, cursor, solid, base, ranges, removed_after, removed_upto, "
    "newest_owed, members_after, settings_owed, restored_from, read, triple_read, unread, "
    "mentions, as_of_conversation, as_of_account, acked, delivered_places, read_places) VALUES "
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (number) DO UPDATE SET "
    "known = excluded.known, present = excluded.present, origin = excluded.origin, "
    "until = excluded.until, summary = excluded.summary, preview = excluded.preview, "
    "head = excluded.head, cursor = excluded.cursor, solid = excluded.solid, base = excluded.base, "
    "ranges = excluded.ranges, removed_after = excluded.removed_after, "
    "removed_upto = excluded.removed_upto, newest_owed = excluded.newest_owed, "
    "members_after = excluded.members_after, settings_owed = excluded.settings_owed, "
    "restored_from = excluded.restored_from, read = excluded.read, "
    "triple_read = excluded.triple_read, unread = excluded.unread, mentions = excluded.mentions, "
    "as_of_conversation = excluded.as_of_conversation, as_of_account = excluded.as_of_account, "
    "acked = excluded.acked, delivered_places = excluded.delivered_places, "
    "read_places = excluded.read_places";

Result<RangeSet> read_ranges(std::string_view text) {
    auto ranges = RangeSet::parse(text);
    if (!ranges) return fail(ErrorCode::internal, "the local database holds ranges that cannot be read");
    return std::move(*ranges);
}

Result<std::unique_ptr<Conversation>> read_record(const Query& query) {
    auto record = std::make_unique<Conversation>();
    record->number = query.integer(0);
    record->stream = StreamId(query.text(1));
    record->known = query.integer(2) != 0;
    record->present = query.integer(3) != 0;
    record->origin = query.integer(4);
    record->until = query.integer(5);
    TRY_ASSIGN(record->summary, protocol::decode<protocol::Summary>(query.bytes(6), Encoding::cbor));
    if (!query.is_null(7)) {
        TRY_ASSIGN(record->preview, protocol::decode<protocol::Preview>(query.bytes(7), Encoding::cbor));
    }
    record->head = query.integer(8);
    record->cursor = query.integer(9);
    record->solid = query.integer(10);
    record->base = query.integer(11);
    TRY_ASSIGN(record->ranges, read_ranges(query.text(12)));
    record->removed_after = query.optional_integer(13);
    record->removed_upto = query.integer(14);
    record->newest_owed = query.integer(15) != 0;
    record->members_after = query.optional_integer(16);
    record->settings_owed = query.integer(17) != 0;
    record->restored_from = query.optional_integer(18);
    // Not the head's, which may have run ahead of a state that never came.
    record->told_generation = restore_generation(record->cursor);
    record->state_owed = true;
    record->read = query.integer(19);
    record->triple.read = query.integer(20);
    record->triple.tally = {query.integer(21), query.integer(22)};
    record->triple.as_of = {query.integer(23), query.integer(24)};
    record->acked = record->ack_sent = query.integer(25);
    TRY_ASSIGN(record->delivered_to_all, read_ranges(query.text(26)));
    TRY_ASSIGN(record->read_by_all, read_ranges(query.text(27)));
    if (record->preview) record->note_newest(record->preview->born, record->preview->at);
    return record;
}

}  // namespace

Status Conversations::load() {
    TRY_ASSIGN(Query query, database_.read(columns));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return {};
        TRY_ASSIGN(auto record, read_record(query));
        next_number_ = std::max(next_number_, record->number + 1);
        Conversation& conversation = *record;
        all_[conversation.stream] = std::move(record);
        described(conversation);
        changed_.clear();
    }
}

Conversation* Conversations::find(const StreamId& stream) {
    auto found = all_.find(stream);
    return found == all_.end() ? nullptr : found->second.get();
}

const Conversation* Conversations::find(const StreamId& stream) const {
    auto found = all_.find(stream);
    return found == all_.end() ? nullptr : found->second.get();
}

Conversation& Conversations::open(const StreamId& stream) {
    if (Conversation* found = find(stream)) return *found;
    auto record = std::make_unique<Conversation>();
    record->number = next_number_++;
    record->stream = stream;
    Conversation& conversation = *record;
    all_[stream] = std::move(record);
    changed(conversation);
    return conversation;
}

const Conversation* Conversations::direct_with(const AccountId& peer) const {
    auto found = direct_.find(peer);
    return found == direct_.end() ? nullptr : find(found->second);
}

void Conversations::described(Conversation& conversation) {
    changed(conversation);
    if (conversation.summary.kind != protocol::ConversationKind::direct || !conversation.summary.peer) return;
    const AccountId& peer = conversation.summary.peer->account;
    const auto known = direct_.find(peer);
    if (conversation.present)
        direct_[peer] = conversation.stream;
    else if (known != direct_.end() && known->second == conversation.stream)
        direct_.erase(known);
}

Status Conversations::flush() {
    for (const auto& [number, conversation] : std::exchange(changed_, {}))
        TRY(save(*conversation));
    return {};
}

void Conversations::clear() {
    all_.clear();
    direct_.clear();
    changed_.clear();
}

Status Conversations::save(const Conversation& c) {
    const std::string summary = protocol::encode(c.summary, Encoding::cbor);
    std::string preview;
    std::optional<ByteView> preview_bytes;
    if (c.preview) {
        preview = protocol::encode(*c.preview, Encoding::cbor);
        preview_bytes = as_bytes(preview);
    }
    return database_.write(upsert, c.number, c.stream.text(), c.known, c.present, c.origin, c.until,
                           as_bytes(summary), preview_bytes, c.head, c.cursor, c.solid, c.base,
                           c.ranges.text(), c.removed_after, c.removed_upto, c.newest_owed, c.members_after,
                           c.settings_owed, c.restored_from, c.read, c.triple.read, c.triple.tally.unread,
                           c.triple.tally.mentions, c.triple.as_of.conversation, c.triple.as_of.account,
                           c.acked, c.delivered_to_all.text(), c.read_by_all.text());
}

}  // namespace parley::core
