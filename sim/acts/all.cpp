#include "sim/acts/act.hpp"

#include <algorithm>
#include <array>

namespace parley::sim {

extern const Act send_direct;
extern const Act send_group;
extern const Act send_burst;
extern const Act send_silently;
extern const Act send_custom;
extern const Act forward_message;
extern const Act edit_message;
extern const Act delete_message;
extern const Act react;
extern const Act pin_message;
extern const Act read_earlier_texts;
extern const Act create_group;
extern const Act add_member;
extern const Act remove_member;
extern const Act leave_group;
extern const Act rename_group;
extern const Act read_conversation;
extern const Act settle_failed;
extern const Act look_around;
extern const Act go_offline;
extern const Act change_profile;
extern const Act revoke_device;
extern const Act paste_pages;
extern const Act use_older_tab;
extern const Act arrange_group;
extern const Act sign_out;
extern const Act change_handle;
extern const Act find_people;
extern const Act invite;
extern const Act set_preferences;
extern const Act write_draft;
extern const Act http_send;
extern const Act http_read;
extern const Act http_look;
extern const Act http_arrange;
extern const Act http_profile;
extern const Act http_own_settings;
extern const Act http_edit;
extern const Act http_own;
extern const Act give_role;
extern const Act set_permissions;
extern const Act transfer_ownership;
extern const Act type_something;
extern const Act make_link;
extern const Act tend_links;
extern const Act join_by_link;
extern const Act http_join;
extern const Act share_history;
extern const Act set_slow_mode;
extern const Act save_message;
extern const Act block_somebody;

std::span<const Act* const> all_acts() {
    static constexpr std::array known_acts{
        &send_direct,     &send_group,         &send_burst,      &create_group,       &add_member,
        &remove_member,   &leave_group,        &rename_group,    &read_conversation,  &settle_failed,
        &look_around,     &go_offline,         &change_profile,  &revoke_device,      &use_older_tab,
        &paste_pages,     &arrange_group,      &sign_out,        &change_handle,      &find_people,
        &invite,          &http_send,          &http_read,       &http_look,          &http_arrange,
        &http_profile,    &edit_message,       &delete_message,  &read_earlier_texts, &give_role,
        &set_permissions, &transfer_ownership, &set_preferences, &write_draft,        &http_own_settings,
        &http_edit,       &http_own,           &react,           &pin_message,        &type_something,
        &make_link,       &tend_links,         &join_by_link,    &http_join,          &share_history,
        &set_slow_mode,   &save_message,       &block_somebody,  &send_silently,      &send_custom,
        &forward_message,
    };
    return known_acts;
}

std::vector<core::ConversationView> conversations_of(Scene& scene, Device& device, bool groups_only) {
    std::vector<core::ConversationView> chosen;
    auto views = scene.list(device);
    if (!views) return chosen;
    for (auto& view : *views) {
        const bool group = view.summary.kind == protocol::ConversationKind::group;
        if (view.present && !view.pending && (group || !groups_only)) chosen.push_back(std::move(view));
    }
    return chosen;
}

std::vector<core::ConversationView> conversations_and_pending(Scene& scene, Device& device) {
    auto views = scene.list(device);
    if (!views) return {};
    std::erase_if(*views, [](const core::ConversationView& view) { return !view.present && !view.pending; });
    return std::move(*views);
}

protocol::Target name_for(Scene& scene, Device& device, const core::ConversationView& view) {
    if (view.peer) return {.direct = view.peer};
    if (view.made_by) return {.made_by = view.made_by};
    const protocol::Target by_id{.stream = view.stream};
    if (scene.world().random().below(3) != 0) return by_id;
    if (view.summary.peer) return {.direct = view.summary.peer->account};
    for (const Given& given : device.ledger.given()) {
        const auto made = scene.said().done.find({given.account, given.id});
        const bool makes = std::holds_alternative<protocol::ConversationCreate>(given.command);
        if (makes && made != scene.said().done.end() && made->second == view.stream)
            return {.made_by = given.id};
    }
    return by_id;
}

const core::ConversationView& pick_lively(Scene& scene, const std::vector<core::ConversationView>& views) {
    Random& random = scene.world().random();
    // The latest activity comes first.
    return random.below(3) == 0 ? views.front() : random.pick(views);
}

const core::ConversationView& pick_of_rank(Scene& scene, const std::vector<core::ConversationView>& views) {
    const auto of_rank = [](const core::ConversationView& view) {
        return view.summary.role != protocol::Role::member && view.summary.role != protocol::Role::guest;
    };
    const auto first = std::ranges::find_if(views, of_rank);
    if (first == views.end() || scene.world().random().below(6) == 0) return pick_lively(scene, views);
    const auto count = std::ranges::count_if(views, of_rank);
    auto nth = scene.world().random().below(static_cast<std::uint64_t>(count));
    return *std::find_if(first, views.end(),
                         [&](const core::ConversationView& view) { return of_rank(view) && nth-- == 0; });
}

std::vector<AccountId> others(const Scene& scene, const Device& device) {
    std::vector<AccountId> accounts;
    for (const auto& person : const_cast<Scene&>(scene).people()) {
        if (person.get() != device.person && person->account) accounts.push_back(*person->account);
    }
    return accounts;
}

std::vector<AccountId> who_is(Device& device, const StreamId& conversation,
                              const std::vector<AccountId>& among, bool inside) {
    std::vector<AccountId> chosen;
    const auto members = device.node->client().members(conversation);
    if (!members) return chosen;
    for (const AccountId& account : among) {
        const bool present = std::ranges::any_of(
            *members, [&](const auto& one) { return one.present && one.profile.account == account; });
        if (present == inside) chosen.push_back(account);
    }
    return chosen;
}

std::optional<core::MessageView> pick_message(Scene& scene, Device& device,
                                              const core::ConversationView& view,
                                              const std::function<bool(const core::MessageView&)>& fits) {
    auto window = device.node->client().window(view.stream, {.limit = 12});
    if (!window) return std::nullopt;
    std::erase_if(window->messages, [&](const auto& one) { return !fits(one); });
    if (window->messages.empty()) return std::nullopt;
    return scene.world().random().pick(window->messages);
}

std::string new_text(Scene& scene, const Device& device) {
    Random& random = scene.world().random();
    std::string text = device.node->name() + " says #" + std::to_string(scene.world().next_number());
    // Mostly short, as people write; now and then one that fills a good part of a frame.
    const std::int64_t length = random.below(40) == 0 ? random.between(2'000, 12'000) : random.between(0, 80);
    // Of a long one every part says whose it is, for who looks for what is left of it (promise 8).
    std::string part = " so it goes \u2014 \U0001F600";
    if (length > 80) part = " again" + text.substr(text.rfind(" #")) + ";" + part;
    while (static_cast<std::int64_t>(text.size()) < length)
        text += part;
    return text;
}

}  // namespace parley::sim
