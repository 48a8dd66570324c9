#pragma once

#include "base/mutant.hpp"
#include "core/rules/entities.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <utility>

/// What a command makes of a message's row: the same for the server, and for a device that shows it before it
/// has the row.
namespace parley::core::rules {

/// A message as it is sent; of a forward without what it says, which put_forwarded brings.
inline protocol::MessageNew row_of(const AccountId& sender, protocol::MessageSend sent) {
    protocol::MessageNew row{.sender = sender,
                             .text = {},
                             .reply_to = sent.reply_to,
                             .mentions = all_named(said_by(sent)),
                             .names_all = names_all(sent.entities)};
    row.text = std::move(sent.text);
    row.entities = std::move(sent.entities);
    row.silent = sent.silent;
    row.custom = std::move(sent.custom);
    if (row.custom && mutant(Mutant::custom_data_rewritten)) std::erase(row.custom->data, ' ');
    return row;
}

/// Makes a forward say what `said` says, which `first` has said, or forwarded. It mentions nobody.
inline void put_forwarded(protocol::MessageNew& row, const protocol::MessageNew& said,
                          protocol::Forwarded first) {
    row.text = said.text;
    row.entities = mutant(Mutant::forward_mentions) ? said.entities : without_names(said.entities);
    row.custom = said.custom;
    row.forwarded =
        said.forwarded && !mutant(Mutant::forward_names_the_last_hand) ? *said.forwarded : std::move(first);
}

/// What the answer to a forward says of it; of any other message, and of a tombstone, nothing.
inline protocol::MessageAccepted answer_about(const protocol::MessageNew& row) {
    if (!row.forwarded) return {};
    return {.text = row.text, .entities = row.entities, .custom = row.custom, .forwarded = row.forwarded};
}

/// What an edit makes it say. Whether it names everybody was settled when it was sent.
inline void say(protocol::MessageNew& row, const protocol::MessageEdit& edit) {
    row.text = edit.text;
    row.mentions = all_named(said_by(edit));
    row.entities = edit.entities;
    row.custom = edit.custom;
}

/// What a deletion leaves. That it named everybody stays, so that whoever counted it knows what to subtract.
inline protocol::MessageNew tombstone_of(const protocol::MessageNew& row, const AccountId& by) {
    return {.sender = row.sender, .text = {}, .deleted_by = by, .names_all = row.names_all};
}

}  // namespace parley::core::rules
