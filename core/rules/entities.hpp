#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/structs.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// What parts of a message's text are (bold, a link, a mention …): what a valid list of entities is, and whom
/// it names. The one place for both ends. Offsets and lengths are in code points.
namespace parley::core::rules {

/// What a message says and whom it names, as a command or a row has it.
struct Said {
    std::string_view text;
    std::span<const AccountId> mentions;
    std::span<const protocol::Entity> entities;
};

template <class Message>
Said said_by(const Message& message) {
    return {message.text, message.mentions, message.entities};
}

/// The part of the rule that asks only how long the text is: the order of the list, what lies in what, what
/// each kind needs, limits. `invalid` with the field: `entities`, or `mentions` where more than mentions_max
/// persons are named by both. Devices ask no more than this before they put a message into the outbox: what
/// they refuse must not hang on what stands in a text, since a recording of them has noise in its place.
Status check_entities_apart(const Said& said);

/// The whole rule: the above, and what is covered: something that can be seen, whole lines where it has to be
/// those, no white space at the edges; addresses of http, https and mailto alone. The server asks this of
/// what it takes. Whoever shows messages asks it, too, and shows a text alone that does not keep it.
Status check_entities(const Said& said);

/// Whether a link may lead there: an address of http, https or mailto, of the characters of RFC 3986, of at
/// most url_bytes_max bytes.
bool is_address(std::string_view url);

/// A capital of A to Z as a small letter, and all else as it is.
char lower_ascii(char c);

/// Unicode's property of this name.
bool is_white_space(char32_t point);

/// All who are named: as they were said, and behind them those whom entities alone name, each once.
std::vector<AccountId> all_named(const Said& said);

/// Whether an entity names everybody at once.
bool names_all(std::span<const protocol::Entity> entities);

/// Those that name nobody: without mentions of persons and of all.
std::vector<protocol::Entity> without_names(std::span<const protocol::Entity> entities);

/// What is left of them where a text is cut after so many code points.
std::vector<protocol::Entity> cut_entities(std::string_view text, std::span<const protocol::Entity> entities,
                                           std::int64_t points);

/// In the order in which a list has them: by offset, the longer first, then by kind.
bool stands_before(const protocol::Entity& one, const protocol::Entity& other);

/// Styles of which two beside each other are the same as one.
bool merges(protocol::EntityKind kind);

/// Where it ends: the offset behind its last code point.
inline std::int64_t end_of(const protocol::Entity& entity) {
    return entity.offset + entity.length;
}

}  // namespace parley::core::rules
