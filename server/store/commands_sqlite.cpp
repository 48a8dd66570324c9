#include "server/store/commands_sqlite.hpp"

#include "protocol/codec.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>

namespace parley::server::sqlite {

namespace {

using protocol::Encoding;
using protocol::Type;

/// Commands forgotten at most with each that is remembered: more than one, so that the memory shrinks; few,
/// so that a clock that jumps ahead for a moment costs little.
constexpr std::int64_t forgotten_at_once = 4;

/// Commands that changed nothing and are known for a while: more than can be under way for a moment.
constexpr std::size_t noted_max = 16'384;

struct EncodedAnswer {
    Type type = Type::done;
    Result<std::string> body;
};

EncodedAnswer encode_answer(const Answer& answer) {
    if (const auto* read = std::get_if<protocol::ReadOk>(&answer.payload)) {
        return {Type::read_ok, protocol::try_encode(*read, Encoding::cbor)};
    }
    if (const auto* reacted = std::get_if<protocol::MessageReacted>(&answer.payload)) {
        return {Type::message_reacted, protocol::try_encode(*reacted, Encoding::cbor)};
    }
    if (const auto* invite = std::get_if<protocol::Invite>(&answer.payload)) {
        return {Type::invite, protocol::try_encode(*invite, Encoding::cbor)};
    }
    if (const auto* made = std::get_if<protocol::LinkMade>(&answer.payload)) {
        return {Type::link_made, protocol::try_encode(*made, Encoding::cbor)};
    }
    if (std::holds_alternative<protocol::LinkJoined>(answer.payload)) {
        return {Type::link_joined, std::string()};
    }
    if (std::holds_alternative<protocol::ConversationCreated>(answer.payload)) {
        return {Type::conversation_created, std::string()};
    }
    return {Type::done, std::string()};
}

bool decode_answer(Type type, std::string_view body, Answer& answer) {
    switch (type) {
        case Type::read_ok: {
            auto read = protocol::decode<protocol::ReadOk>(body, Encoding::cbor);
            if (!read) return false;
            answer.payload = *read;
            return true;
        }
        case Type::message_reacted: {
            auto reacted = protocol::decode<protocol::MessageReacted>(body, Encoding::cbor);
            if (!reacted) return false;
            answer.payload = *reacted;
            return true;
        }
        case Type::invite: {
            auto invite = protocol::decode<protocol::Invite>(body, Encoding::cbor);
            if (!invite) return false;
            answer.payload = std::move(*invite);
            return true;
        }
        case Type::link_made: {
            auto made = protocol::decode<protocol::LinkMade>(body, Encoding::cbor);
            if (!made) return false;
            answer.payload = std::move(*made);
            return true;
        }
        case Type::link_joined:
            answer.payload = protocol::LinkJoined{};
            return true;
        case Type::conversation_created:
            answer.payload = protocol::ConversationCreated{};
            return true;
        default:
            answer.payload = protocol::Done{};
            return true;
    }
}

}  // namespace

CommandTable::CommandTable(Connection& connection)
    : connection_(connection),
      forgetting_(connection),
      find_(
          connection,
          "SELECT content, creation, at, type, stream, seq, body FROM command WHERE account = ? AND id = ?"),
      contains_(connection, "SELECT 1 FROM command WHERE account = ? AND id = ?"),
      insert_(connection,
              "INSERT INTO command (account, id, content, creation, at, type, stream, seq, body)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      forget_(connection,
              "DELETE FROM command WHERE (account, id) IN (SELECT account, id FROM command"
              " WHERE creation = 0 AND at < ? ORDER BY at LIMIT ?)") {}

std::optional<CommandRecord> CommandTable::find(AccountKey account, const Uuid& id) {
    auto query = find_(account, id);
    if (!query.step()) return std::nullopt;
    CommandRecord record{.account = account, .id = id, .creation = query.integer(1) != 0};
    std::ranges::copy_n(query.blob(0).begin(),
                        static_cast<std::ptrdiff_t>(std::min(query.blob(0).size(), record.content.size())),
                        record.content.begin());
    record.answer.timestamp = {query.integer(2)};
    record.answer.stream = StreamId{std::string(query.text(4))};
    if (!query.is_null(5)) record.answer.seq = query.integer(5);
    if (!decode_answer(static_cast<Type>(query.integer(3)), as_text(query.blob(6)), record.answer)) {
        return std::nullopt;
    }
    return record;
}

bool CommandTable::contains(AccountKey account, const Uuid& id) {
    return noted_.contains({account, id}) || contains_(account, id).step();
}

void CommandTable::note(AccountKey account, const Uuid& id) {
    if (!noted_.emplace(account, id).second) return;
    noted_in_order_.emplace_back(account, id);
    if (noted_in_order_.size() <= noted_max) return;
    noted_.erase(noted_in_order_.front());
    noted_in_order_.pop_front();
}

void CommandTable::clear() {
    noted_.clear();
    noted_in_order_.clear();
}

void CommandTable::remember(const CommandRecord& record) {
    ++writes_;
    const auto encoded = encode_answer(record.answer);
    if (!encoded.body) return connection_.note_mistake(encoded.body.error());
    const std::string_view stream = record.answer.stream.text();
    insert_.run(record.account, record.id, ByteView{record.content}, record.creation, record.answer.timestamp,
                static_cast<std::int64_t>(encoded.type), stream, record.answer.seq, as_bytes(*encoded.body));
    forget(record.answer.timestamp);
}

void CommandTable::forget(WallTime now) {
    if (!forgetting_.begins()) return;
    forget_.run(now.ms - limits::command_memory_ms, forgotten_at_once);
    forgetting_.ended();
}

}  // namespace parley::server::sqlite
