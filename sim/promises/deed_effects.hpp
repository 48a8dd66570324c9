#pragma once

#include "sim/promises/deed.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

/// What a deed did, in the words of whoever judges it.
namespace parley::sim {

template <class Change>
std::vector<const Change*> all_of(Effects effects) {
    std::vector<const Change*> found;
    for (const auto& effect : effects) {
        if (const auto* change = std::get_if<Change>(&effect)) found.push_back(change);
    }
    return found;
}

/// What it did in conversations; in none but the one that the answer names.
inline std::vector<const server::ConversationChange*> done_in_conversations(const Deed& deed) {
    return all_of<server::ConversationChange>(deed.effects);
}

/// The change that the answer names, as what it has to be; null: it is something else, or is not known.
template <class Payload>
const Payload* answered_change(const Deed& deed) {
    const auto* change = deed.after.change(deed.answer.stream, deed.answer.seq.value_or(0));
    return change == nullptr ? nullptr : std::get_if<Payload>(&change->payload);
}

/// Of what was superseded before the server died and told nobody nothing is known.
inline bool is_unknown(const Deed& deed, std::int64_t seq) {
    const StreamId& stream = deed.answer.stream;
    return seq >= 1 && seq <= deed.after.head(stream) && deed.after.change(stream, seq) == nullptr;
}

inline bool is_unknown(const Deed& deed) {
    return is_unknown(deed, deed.answer.seq.value_or(0));
}

inline bool in_place(const Deed& deed, const protocol::Target& target) {
    return fits_target(deed.after, deed.by, deed.made_by, target, deed.answer.stream);
}

template <class Answer>
bool answered_with(const Deed& deed) {
    return std::holds_alternative<Answer>(deed.answer.payload);
}

/// What it did to accounts is of this kind alone.
template <class Payload>
bool accounts_hear_only(const Deed& deed) {
    return std::ranges::all_of(all_of<server::AccountChange>(deed.effects), [](const auto* own) {
        return std::holds_alternative<Payload>(own->change.payload);
    });
}

inline bool accounts_hear_nothing(const Deed& deed) {
    return all_of<server::AccountChange>(deed.effects).empty();
}

/// It made so many changes in conversations; a repeat makes none, nor does one that was done unseen.
inline bool made(const Deed& deed, std::size_t changes) {
    const std::size_t count = done_in_conversations(deed).size();
    return count == 0 ? !deed.first : count == changes;
}

/// What is wrong about what a person did with messages; empty: it fits (deed_messages.cpp).
std::string wrong_of(const Deed& deed, const protocol::MessageSend& asked);
std::string wrong_of(const Deed& deed, const protocol::MessageEdit& asked);
std::string wrong_of(const Deed& deed, const protocol::MessageDelete& asked);
std::string wrong_of(const Deed& deed, const protocol::MessageReact& asked);
std::string wrong_of(const Deed& deed, const protocol::MessagePin& asked);

/// What is wrong about what a person did with invite links and shared history; empty: it fits
/// (deed_joining.cpp).
std::string wrong_of(const Deed& deed, const protocol::HistoryShare& asked);
std::string wrong_of(const Deed& deed, const protocol::LinkCreate& asked);
std::string wrong_of(const Deed& deed, const protocol::LinkRevoke& asked);
std::string wrong_of(const Deed& deed, const protocol::LinkJoin& asked);

/// The same of slow mode (deed_slow_mode.cpp).
std::string wrong_of(const Deed& deed, const protocol::SlowModeSet& asked);

/// What is wrong about what a person did with his account; empty: it fits (deed_accounts.cpp).
std::string wrong_of(const Deed& deed, const protocol::ProfileSet& asked);
std::string wrong_of(const Deed& deed, const protocol::DeviceRevoke& asked);
std::string wrong_of(const Deed& deed, const protocol::InviteCreate& asked);

/// What is wrong about what a person did for himself; empty: it fits (deed_own_settings.cpp).
std::string wrong_of(const Deed& deed, const protocol::Read& asked);
std::string wrong_of(const Deed& deed, const protocol::PreferencesSet& asked);
std::string wrong_of(const Deed& deed, const protocol::DraftSet& asked);
std::string wrong_of(const Deed& deed, const protocol::BlockSet& asked);

}  // namespace parley::sim
