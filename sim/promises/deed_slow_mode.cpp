#include "sim/promises/deed_effects.hpp"

namespace parley::sim {

std::string wrong_of(const Deed& deed, const protocol::SlowModeSet& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!deed.answer.seq) {
        if (!done_in_conversations(deed).empty()) return "it did something, and did not say so";
        const auto* now = asked.target.stream ? deed.after.settings(*asked.target.stream) : nullptr;
        const bool as_asked = now == nullptr || now->slow_ms == asked.interval_ms;
        return deed.first && !as_asked ? "it is not as was asked for" : std::string();
    }
    if (!in_place(deed, asked.target)) return "it was done in another conversation";
    const auto* settings = answered_change<protocol::ConversationChanged>(deed);
    if (settings == nullptr && is_unknown(deed)) return {};
    if (settings == nullptr || settings->slow_ms != asked.interval_ms || settings->by != deed.by)
        return "it is not as was asked for";
    if (!made(deed, 1)) return "it did more than that";
    return accounts_hear_nothing(deed) ? std::string() : "it changed accounts";
}

}  // namespace parley::sim
