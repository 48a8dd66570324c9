// What is wrong about what a person did with his account.

#include "sim/promises/deed_effects.hpp"

namespace parley::sim {

namespace {

constexpr Duration invite_life = seconds(7 * 24 * 3'600);

}  // namespace

std::string wrong_of(const Deed& deed, const protocol::ProfileSet& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!done_in_conversations(deed).empty() || !accounts_hear_only<protocol::ProfileChanged>(deed))
        return "it did more than that";
    if (is_unknown(deed)) return {};
    const auto* set =
        deed.answer.seq ? answered_change<protocol::ProfileChanged>(deed) : deed.after.profile(deed.by);
    if (set == nullptr) return "no profile was changed by it";
    const protocol::Profile& now = set->profile;
    if (!deed.answer.seq && !deed.first) return {};
    const auto* known = deed.before.profile(deed.by);
    // Of a repeat, whose effect came before, only what was asked for is known.
    const protocol::Profile before = deed.first && known != nullptr ? known->profile : now;
    std::optional<std::string> avatar = asked.avatar ? asked.avatar : before.avatar;
    if (avatar && avatar->empty()) avatar.reset();
    const bool same = now.account == deed.by && now.handle == asked.handle.value_or(before.handle) &&
                      now.name == asked.name.value_or(before.name) && now.avatar == avatar;
    return same ? std::string() : "the profile is not the one that was asked for";
}

std::string wrong_of(const Deed& deed, const protocol::DeviceRevoke& asked) {
    if (!answered_with<protocol::Done>(deed)) return "it was answered with something else";
    if (!done_in_conversations(deed).empty() || !accounts_hear_only<protocol::DeviceChanged>(deed))
        return "it did more than that";
    const auto* device = deed.after.device(deed.by, asked.device);
    return device != nullptr && !device->present ? std::string() : "the device is still signed in";
}

std::string wrong_of(const Deed& deed, const protocol::InviteCreate& asked) {
    const auto* invite = std::get_if<protocol::Invite>(&deed.answer.payload);
    if (invite == nullptr || invite->code.empty()) return "it was answered with something else";
    if (!done_in_conversations(deed).empty() || !accounts_hear_nothing(deed)) return "it did more than that";
    const Duration lasts = milliseconds(asked.lasts_ms.value_or(invite_life.ms));
    return invite->expires_at == deed.answer.timestamp + lasts ? std::string()
                                                               : "it lasts another time than was asked for";
}

}  // namespace parley::sim
