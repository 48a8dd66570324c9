// 11. States only move sending -> sent -> delivered -> read.
//
// And they do move: when everything is at rest, an own message is shown as far as it has come. In small
// conversations, in which the others' receipts are told.

#include "protocol/generated/cpp/limits.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

/// How far the messages of a conversation have come, by their places: the others' memberships that see them.
struct Others {
    std::int64_t joined = 0;
    std::int64_t read = 0;
};

class StatesArrive final : public Kept<StatesArrive> {
  public:
    int number() const override { return 11; }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId account = *device.node->client().account();
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            const Membership* own = scene.history().membership(showing.view.stream, account);
            if (history == nullptr || own == nullptr || !own->present) continue;
            // Of one that was larger once nobody is told what was not told then.
            if (std::cmp_greater(history->members.size(), limits::receipts_members_max)) continue;
            // Over a block nobody is told, and behind it not before the other gets further.
            if (std::ranges::any_of(history->members, [&](const auto& one) {
                    return scene.history().were_apart(account, one.first);
                }))
                continue;
            std::vector<Others> others;
            for (const auto& [other, member] : history->members) {
                if (other != account && member.present)
                    others.push_back({member.joined, scene.history().read(other, history->id)});
            }
            for (const auto& message : showing.messages) {
                // What was said before the present membership may have come further while its sender was out.
                if (message.own && message.born > own->joined && !message.not_on_server)
                    arrived(scene, device, *history, others, message);
            }
        }
    }

  private:
    static void arrived(Scene& scene, const Device& device, const StreamHistory& history,
                        const std::vector<Others>& others, const core::MessageView& message) {
        const auto sees = [&](const Others& one) {
            return one.joined <= message.born;
        };
        if (std::ranges::none_of(others, sees)) return;
        const bool read = std::ranges::all_of(
            others, [&](const Others& one) { return !sees(one) || one.read >= message.born; });
        // Everybody's devices are there and hold everything.
        const auto least = read ? core::MessageState::read : core::MessageState::delivered;
        if (message.state != core::MessageState::failed && message.state >= least) return;
        scene.violated({11,
                        device.node->name() + " shows " + message.id.text() + " (born " +
                            std::to_string(message.born) + ") in " + history.id.text() + " as state " +
                            std::to_string(static_cast<int>(message.state)) + "; everybody who sees it has " +
                            (read ? "read it" : "it"),
                        {history.id},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> states_arrive() {
    return std::make_unique<StatesArrive>();
}

}  // namespace parley::sim
