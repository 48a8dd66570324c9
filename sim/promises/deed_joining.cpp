// What is wrong about what was done with invite links, and with what those see who join.

#include "sim/promises/deed_effects.hpp"

namespace parley::sim {

std::string wrong_of(const Deed& deed, const protocol::HistoryShare& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const auto* now = asked.target.stream ? deed.after.settings(*asked.target.stream) : nullptr;
        const bool as_asked = now == nullptr || now->history_from.has_value() == asked.shared;
        return deed.first && !as_asked ? "it is not as was asked for" : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    const auto* settings = answered_change<protocol::ConversationChanged>(deed);
    if (settings == nullptr && is_unknown(deed)) return {};
    // What was said before is nobody's who comes.
    const auto from = asked.shared ? deed.answer.seq : std::nullopt;
    if (settings == nullptr || settings->history_from != from || settings->by != deed.by)
        return "it is not as was asked for";
    if (!made(deed, 1)) return "it did more than that";
    return accounts_hear_nothing(deed) ? std::string() : "it changed accounts";
}

std::string wrong_of(const Deed& deed, const protocol::LinkCreate& asked) {
    if (!answered_with<protocol::LinkMade>(deed)) return "it was answered with something else";
    if (!in_place(deed, asked.target)) return "it was made in another conversation";
    if (deed.first && !deed.before.has_right(deed.answer.stream, deed.by, Right::invite))
        return "whoever made it may not";
    if (!done_in_conversations(deed).empty() || !accounts_hear_nothing(deed)) return "it did more than that";
    return {};
}

std::string wrong_of(const Deed& deed, const protocol::LinkRevoke&) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!done_in_conversations(deed).empty() || !accounts_hear_nothing(deed)) return "it did more than that";
    return {};
}

/// By which link, and as what, p18_links.cpp knows.
std::string wrong_of(const Deed& deed, const protocol::LinkJoin&) {
    if (!answered_with<protocol::LinkJoined>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        return deed.first && !deed.after.present(deed.answer.stream, deed.by) ? "he is not in it"
                                                                              : std::string();
    }
    if (!made(deed, 1)) return "it did more than that";
    if (!accounts_hear_only<protocol::Joined>(deed)) return "it changed accounts";
    if (is_unknown(deed)) return {};
    const auto* member = answered_change<protocol::MemberChanged>(deed);
    const bool in = member != nullptr && member->profile.account == deed.by && member->present &&
                    member->by == deed.by && member->invited_by.has_value();
    return in ? std::string() : "he did not come in by it";
}

}  // namespace parley::sim
