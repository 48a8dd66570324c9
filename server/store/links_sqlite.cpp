#include "server/store/links_sqlite.hpp"

#include <sodium.h>

#include <array>
#include <utility>

namespace parley::server::sqlite {

namespace {

#define LINK_COLUMNS "key, conversation, code, role, made_by, made_at, expires_at, uses, uses_max"

LinkRecord link_of(const Query& query) {
    LinkRecord link{.key = {query.integer(0)},
                    .conversation = {query.integer(1)},
                    .code = std::string(query.text(2)),
                    .role = static_cast<protocol::Role>(query.integer(3)),
                    .by = {query.integer(4)},
                    .at = {query.integer(5)},
                    .uses = query.integer(7)};
    if (!query.is_null(6)) link.expires_at = WallTime{query.integer(6)};
    if (!query.is_null(8)) link.uses_max = query.integer(8);
    return link;
}

using Digest = std::array<std::uint8_t, 16>;

Digest digest_of(std::string_view code) {
    Digest digest{};
    crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(code.data()),
                       code.size(), nullptr, 0);
    return digest;
}

bool same(std::string_view one, std::string_view other) {
    return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

LinkTable::LinkTable(Connection& connection)
    : find_(connection, "SELECT " LINK_COLUMNS " FROM link WHERE key = ?"),
      by_digest_(connection, "SELECT " LINK_COLUMNS " FROM link WHERE digest = ?"),
      of_(connection, "SELECT " LINK_COLUMNS " FROM link WHERE conversation = ? ORDER BY key LIMIT ?"),
      put_(connection, "INSERT INTO link (" LINK_COLUMNS
                       ", digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                       " ON CONFLICT (key) DO UPDATE SET uses = excluded.uses"),
      remove_(connection, "DELETE FROM link WHERE key = ?"),
      any_of_(connection, "SELECT 1 FROM link WHERE conversation = ? AND made_by = ? LIMIT 1"),
      remove_of_(connection, "DELETE FROM link WHERE conversation = ? AND made_by = ?") {}

std::optional<LinkRecord> LinkTable::find(LinkKey key) {
    auto query = find_(key);
    return query.step() ? std::optional(link_of(query)) : std::nullopt;
}

std::optional<LinkRecord> LinkTable::by_code(std::string_view code) {
    const Digest digest = digest_of(code);
    auto query = by_digest_(ByteView{digest});
    if (!query.step()) return std::nullopt;
    auto link = link_of(query);
    return same(link.code, code) ? std::optional(std::move(link)) : std::nullopt;
}

std::vector<LinkRecord> LinkTable::of(ConversationKey conversation, std::int64_t count_max) {
    std::vector<LinkRecord> found;
    auto query = of_(conversation, count_max);
    while (query.step())
        found.push_back(link_of(query));
    return found;
}

void LinkTable::put(const LinkRecord& record) {
    ++writes_;
    const Digest digest = digest_of(record.code);
    put_.run(record.key, record.conversation, std::string_view(record.code),
             static_cast<std::int64_t>(record.role), record.by, record.at, record.expires_at, record.uses,
             record.uses_max, ByteView{digest});
}

void LinkTable::remove(LinkKey key) {
    ++writes_;
    remove_.run(key);
}

void LinkTable::remove_of(ConversationKey conversation, AccountKey by) {
    // Whoever goes has seldom made one.
    if (!any_of_(conversation, by).step()) return;
    ++writes_;
    remove_of_.run(conversation, by);
}

}  // namespace parley::server::sqlite
