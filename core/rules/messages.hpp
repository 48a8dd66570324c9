#pragma once

#include "core/rules/entities.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <utility>

/// What a command makes of a message's row: the same for the server, and for a device that shows it before it
/// has the row.
namespace parley::core::rules {

/// A message as it is sent.
inline protocol::MessageNew row_of(const AccountId& sender, protocol::MessageSend sent) {
    protocol::MessageNew row{.sender = sender,
                             .text = {},
                             .reply_to = sent.reply_to,
                             .mentions = all_named(said_by(sent)),
                             .names_all = names_all(sent.entities)};
    row.text = std::move(sent.text);
    row.entities = std::move(sent.entities);
    return row;
}

/// What an edit makes it say. Whether it names everybody was settled when it was sent.
inline void say(protocol::MessageNew& row, const protocol::MessageEdit& edit) {
    row.text = edit.text;
    row.mentions = all_named(said_by(edit));
    row.entities = edit.entities;
}

/// What a deletion leaves. That it named everybody stays, so that whoever counted it knows what to subtract.
inline protocol::MessageNew tombstone_of(const protocol::MessageNew& row, const AccountId& by) {
    return {.sender = row.sender, .text = {}, .deleted_by = by, .names_all = row.names_all};
}

}  // namespace parley::core::rules
