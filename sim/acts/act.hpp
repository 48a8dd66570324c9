#pragma once

#include "sim/scene.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim {

/// Something that a person does on a device on which he is signed in. One file each; listed in all.cpp.
struct Act {
    std::string_view name;
    /// How often people do it, compared with the others.
    int weight = 1;
    /// Every seed has it; of the others each has about a half.
    bool always = false;
    /// False: there was no occasion.
    bool (*perform)(Scene& scene, Device& device) = nullptr;
};

std::span<const Act* const> all_acts();

// What many acts need.

/// The present conversations that the device lists; only groups where asked.
std::vector<core::ConversationView> conversations_of(Scene& scene, Device& device, bool groups_only);
/// One of these; often the one in which something happened last, so that people meet.
const core::ConversationView& pick_lively(Scene& scene, const std::vector<core::ConversationView>& views);
/// The same, but mostly one in which the person is more than a member, where there is such a one.
const core::ConversationView& pick_of_rank(Scene& scene, const std::vector<core::ConversationView>& views);
/// Those that the device lists and that one is in, or that are going to be made.
std::vector<core::ConversationView> conversations_and_pending(Scene& scene, Device& device);
/// A way to name it: mostly by its id; or by the other person, or by the command that makes it or has made
/// it.
protocol::Target name_for(Scene& scene, Device& device, const core::ConversationView& view);
/// Accounts of other people, as far as they are known.
std::vector<AccountId> others(const Scene& scene, const Device& device);
/// Of these those who are in the conversation, or those who are not, as far as the device knows.
std::vector<AccountId> who_is(Device& device, const StreamId& conversation,
                              const std::vector<AccountId>& among, bool inside);
/// One of the newest messages of the conversation that the device holds and that this holds for.
std::optional<core::MessageView> pick_message(Scene& scene, Device& device,
                                              const core::ConversationView& view,
                                              const std::function<bool(const core::MessageView&)>& fits);
/// A text that no other message has.
std::string new_text(Scene& scene, const Device& device);

}  // namespace parley::sim
