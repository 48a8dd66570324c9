// 4. Where two devices hold the same range of a conversation as of the same seq, they hold the same rows; at
// the end their
//    conversations are equal. Nothing shown moves, except an own pending message once, when it is accepted.
//
// What a device shows is held against the history, which is the same for all.

#include "sim/promises/all.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using protocol::Role;

std::string quoted(const core::MessageView& message) {
    const std::string_view mark = message.in_doubt ? ", in doubt" : message.not_on_server ? ", lost" : "";
    return message.id.text() + " (born " + std::to_string(message.born) + std::string(mark) + ")";
}

class SameRows final : public Kept<SameRows> {
  public:
    int number() const override { return 4; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        const StreamHistory* history = scene.history().find(showing.view.stream);
        if (history != nullptr) is_no_older(scene, device, showing, *history);
        std::int64_t last = 0;
        for (const auto& message : showing.messages) {
            nothing_moved(scene, device, showing, message);
            if (message.born == 0) continue;
            if (message.born <= last) {
                wrong(scene, device, showing, "shows " + quoted(message) + " below " + std::to_string(last));
            }
            last = message.born;
            const bool stands = history != nullptr && stood_so(*history, message);
            const bool stood = std::ranges::any_of(scene.undone(), [&](const History& undone) {
                const StreamHistory* before = undone.find(showing.view.stream);
                return before != nullptr && stood_so(*before, message);
            });
            // Who is out is told nothing more, not even what a restore took away.
            if (!stands && !(stood && (message.not_on_server || !showing.view.present)))
                wrong(scene, device, showing, "shows " + quoted(message) + ", which was never committed so");
            if (stands && message.not_on_server && !message.in_doubt)
                wrong(scene, device, showing, "says that the server lost " + quoted(message));
        }
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId account = *device.node->client().account();
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            if (showing.view.pending || history == nullptr) continue;
            const Membership* member = scene.history().membership(history->id, account);
            const bool present = member != nullptr && member->present;
            if (showing.view.present != present) {
                wrong(scene, device, showing, present ? "says that one is out" : "says that one is in");
            }
            if (!present) continue;
            same_summary(scene, device, showing, *history, *member);
            same_members(scene, device, showing, *history);
            same_preview(scene, device, showing);
        }
        same_devices(scene, device, account);
    }

  private:
    /// Title, kind, peer, own role and number of members are those of the latest rows.
    static void same_summary(Scene& scene, const Device& device, const Showing& showing,
                             const StreamHistory& history, const Membership& own) {
        const protocol::Summary& shown = showing.view.summary;
        const auto* row = history.row(1);
        const auto* settings =
            row == nullptr ? nullptr : std::get_if<protocol::ConversationChanged>(&row->payload);
        if (settings == nullptr || shown.kind != settings->kind || shown.title != settings->title) {
            wrong(scene, device, showing, "has the title " + shown.title.value_or("(none)"));
        }
        if (settings != nullptr && shown.permissions != settings->permissions)
            wrong(scene, device, showing, "shows other permissions than are set");
        if (shown.role != own.role) wrong(scene, device, showing, "shows another role than one has");
        const auto present =
            std::ranges::count_if(history.members, [](const auto& one) { return one.second.present; }) +
            (history.spared ? 1 : 0);
        if (shown.members != present) {
            wrong(scene, device, showing,
                  "counts " + std::to_string(shown.members) + " members of " + std::to_string(present));
        }
        const bool direct = history.kind == protocol::ConversationKind::direct;
        const bool saved = history.members.size() == 1 && !history.spared;
        const bool knows =
            shown.peer &&
            (history.members.contains(shown.peer->account) || history.spared == shown.peer->account) &&
            (device.person->account == shown.peer->account) == saved;
        if (direct && !knows) return wrong(scene, device, showing, "does not know who the other one is");
        if (direct) goes_by_that(scene, device, showing, *shown.peer);
    }

    /// By the name and handle that a person has by now, which is the last that his own stream says.
    static void goes_by_that(Scene& scene, const Device& device, const Showing& showing,
                             const protocol::Profile& shown) {
        const StreamHistory* own = scene.history().find(StreamId{shown.account.text()});
        const protocol::Change* row = own == nullptr ? nullptr : own->row(1);
        const auto* now = row == nullptr ? nullptr : std::get_if<protocol::ProfileChanged>(&row->payload);
        if (now != nullptr && now->profile.name == shown.name && now->profile.handle == shown.handle) return;
        wrong(scene, device, showing,
              "shows " + shown.account.text() + " as " + shown.handle + ", " + shown.name +
                  ", and he goes by another name");
    }

    /// A list knows of custom data what it is, and not always what it says.
    static bool same_kind(const core::MessageView& one, const core::MessageView& other) {
        if (!one.custom || !other.custom) return one.custom.has_value() == other.custom.has_value();
        return one.custom->kind == other.custom->kind;
    }

    /// What a list says last is what the window ends with.
    static void same_preview(Scene& scene, const Device& device, const Showing& showing) {
        const core::MessageView* newest = nullptr;
        for (const auto& message : showing.messages)
            if (message.state != core::MessageState::failed) newest = &message;
        const auto& last = showing.view.last;
        const bool same = newest == nullptr
                              ? !last
                              : last && last->id == newest->id && last->born == newest->born &&
                                    last->sender == newest->sender && last->text == newest->text &&
                                    last->silent == newest->silent && same_kind(*last, *newest) &&
                                    last->forwarded == newest->forwarded && last->state == newest->state &&
                                    last->deleted == newest->deleted;
        if (same) return;
        wrong(scene, device, showing,
              "lists " + (last ? quoted(*last) : std::string("nothing")) + " as the newest, and shows " +
                  (newest != nullptr ? quoted(*newest) : std::string("nothing")));
    }

    /// One's own devices, by the names under which they signed in.
    static void same_devices(Scene& scene, Device& device, const AccountId& account) {
        const StreamHistory* own = scene.history().find(StreamId{account.text()});
        const auto listed = device.node->client().devices();
        if (own == nullptr || !listed) return;
        std::map<DeviceId, std::string> shown;
        for (const auto& one : *listed)
            shown[one.device] = one.name;
        std::map<DeviceId, std::string> known;
        for (const auto& [born, seq] : own->latest) {
            const auto* changed = std::get_if<protocol::DeviceChanged>(&own->changes.at(seq).payload);
            if (changed != nullptr && changed->present) known[changed->device] = changed->name;
        }
        if (shown == known && shown.size() == listed->size()) return;
        scene.violated({4,
                        device.node->name() + " lists " + std::to_string(listed->size()) +
                            " devices of its person, or under other names; there are " +
                            std::to_string(known.size()),
                        {own->id},
                        {device.node->name()}});
    }

    static void same_members(Scene& scene, Device& device, const Showing& showing,
                             const StreamHistory& history) {
        const auto members = device.node->client().members(history.id);
        if (!members) return wrong(scene, device, showing, "cannot list the members");
        std::map<AccountId, Role> shown;
        for (const auto& one : *members) {
            if (one.present) shown[one.profile.account] = one.role;
        }
        std::map<AccountId, Role> known;
        for (const auto& [account, member] : history.members) {
            if (member.present) known[account] = member.role;
        }
        // Whoever began it is not to know that the other was spared it.
        if (history.spared) known[*history.spared] = Role::member;
        if (shown == known) return same_names(scene, device, showing, history, *members);
        std::string text;
        for (const auto& [account, role] : shown)
            text += " " + account.text();
        wrong(scene, device, showing, "lists other members, or in other roles, than there are:" + text);
    }

    /// Each member is shown under the name and handle of his row.
    static void same_names(Scene& scene, const Device& device, const Showing& showing,
                           const StreamHistory& history, const std::vector<core::MemberView>& shown) {
        std::map<AccountId, const protocol::Profile*> known;
        for (const auto& [born, seq] : history.latest) {
            const auto* member = std::get_if<protocol::MemberChanged>(&history.changes.at(seq).payload);
            if (member != nullptr) known[member->profile.account] = &member->profile;
        }
        for (const auto& one : shown) {
            const auto row = known.find(one.profile.account);
            if (!one.present) continue;
            goes_by_that(scene, device, showing, one.profile);
            if (row != known.end() && *row->second == one.profile) continue;
            wrong(scene, device, showing,
                  "shows " + one.profile.account.text() + " as " + one.profile.handle + ", " +
                      one.profile.name);
        }
    }

    static bool same(const protocol::Change& change, const core::MessageView& shown) {
        const auto& message = std::get<protocol::MessageNew>(change.payload);
        if (change.id != shown.id || message.sender != shown.sender || change.timestamp != shown.at)
            return false;
        // What its person has just said about it the server need not know yet; whether it is shown so is
        // asked elsewhere (6).
        if (shown.changing) return true;
        return say_the_same(message, shown) && message.names_all == shown.names_all &&
               message.reply_to == shown.reply_to && message.edited_at == shown.edited_at &&
               message.deleted_by.has_value() == shown.deleted;
    }

    /// A message is in no earlier state than the part of the history was in as of which the device holds it.
    /// What a restore did to a conversation of which it took some is asked at rest.
    static void is_no_older(Scene& scene, Device& device, const Showing& showing,
                            const StreamHistory& history) {
        const bool any_changed = std::ranges::any_of(showing.messages, [&](const core::MessageView& message) {
            return history.later.contains(message.born);
        });
        if (!any_changed || !device.node->up()) return;
        const auto took_some = [&](const History& undone) {
            const StreamHistory* then = undone.find(showing.view.stream);
            return then != nullptr && !history.changes.contains(then->head());
        };
        if (std::ranges::any_of(scene.undone(), took_some)) return;
        const auto held = device.node->held().ranges(showing.view.stream);
        if (!held) return;
        for (const auto& message : showing.messages) {
            const auto range = held->ranges.at(message.born);
            if (!range || message.changing) continue;
            const std::int64_t as_of = range->as_of == core::Range::live ? held->solid : range->as_of;
            if (message.born > as_of || stood_so(history, message, as_of)) continue;
            wrong(scene, device, showing,
                  "shows " + quoted(message) + " as it was before " + std::to_string(as_of) +
                      ", as of which it holds it");
        }
    }

    /// Which of its states a device has is a matter of when it looks, until all is at rest. `as_of`: those
    /// that it had left behind by then do not count.
    static bool stood_so(const StreamHistory& history, const core::MessageView& shown,
                         std::int64_t as_of = 0) {
        const auto states = history.states(shown.born);
        for (auto state = states.rbegin(); state != states.rend(); ++state) {
            if (std::holds_alternative<protocol::MessageNew>((*state)->payload) && same(**state, shown))
                return true;
            if ((*state)->seq <= as_of) return false;
        }
        return false;
    }

    /// Only what a restore took away comes again at another place.
    static void nothing_moved(Scene& scene, Device& device, const Showing& showing,
                              const core::MessageView& message) {
        auto& seen = device.shown[{showing.view.stream, message.id}];
        const auto* lost = scene.lost_message(showing.view.stream, seen.born);
        if (seen.born != 0 && message.born != seen.born && !(lost != nullptr && lost->id == message.id)) {
            wrong(scene, device, showing,
                  "shows " + quoted(message) + ", which stood at " + std::to_string(seen.born) + " before");
        }
        if (message.born != 0) seen.born = message.born;
    }

    static void wrong(Scene& scene, const Device& device, const Showing& showing, std::string what) {
        scene.violated({4,
                        device.node->name() + " in " + showing.view.stream.text() + " " + std::move(what),
                        {showing.view.stream},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> same_rows() {
    return std::make_unique<SameRows>();
}

}  // namespace parley::sim
