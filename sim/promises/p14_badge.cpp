// 14. The badge is the sum of the counts over what is not muted.
//
// That the counts are right is looked at elsewhere, and that what is set is shown (9): here one is held
// against the other, each time that somebody looks at the list. And whoever has asked for the badge once is
// told when it changes.

#include "sim/promises/all.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace parley::sim {

namespace {

std::int64_t part_of(const core::ConversationView& view) {
    const bool counts = view.present && !view.pending && !view.muted && !view.archived &&
                        view.notify != protocol::Notify::none;
    if (!counts) return 0;
    const std::int64_t waits = view.notify == protocol::Notify::mentions ? view.mentions : view.unread;
    return waits > 0 ? waits : std::int64_t{view.marked_unread};
}

class Badge final : public Kept<Badge> {
  public:
    int number() const override { return 14; }

    /// What is known with a backup is what was seen when that was made.
    void server_started(Scene&, const StoredRows&) override { shown_.clear(); }

    void badge_changed(Scene&, Device& device) override { shown_.erase(device.node->name()); }

    void listed(Scene& scene, Device& device, const std::vector<core::ConversationView>& views) override {
        const auto badge = device.node->client().badge();
        if (!badge) return;
        std::int64_t sum = 0;
        for (const auto& view : views) {
            sum += part_of(view);
            if (view.badge == part_of(view)) continue;
            wrong(scene, device,
                  "adds " + std::to_string(view.badge) + " to its badge for " + view.stream.text() +
                      ", of which " + std::to_string(part_of(view)) + " counts");
        }
        if (*badge != sum)
            wrong(scene, device,
                  "has " + std::to_string(*badge) + " on its badge, and lists " + std::to_string(sum));
        const Shown now{.life = device.node->lives(), .badge = *badge};
        const auto [before, first] = shown_.try_emplace(device.node->name(), now);
        if (!first && before->second.life == now.life && before->second.badge != now.badge) {
            wrong(scene, device,
                  "had " + std::to_string(before->second.badge) + " on its badge, has " +
                      std::to_string(now.badge) + ", and has told nobody");
        }
        before->second = now;
    }

  private:
    static void wrong(Scene& scene, const Device& device, const std::string& what) {
        scene.violated({14, device.node->name() + " " + what, {}, {device.node->name()}});
    }

    struct Shown {
        std::int64_t life = 0;
        std::int64_t badge = 0;
    };
    /// As somebody saw it last, where nothing was told since.
    std::map<std::string, Shown> shown_;
};

}  // namespace

std::unique_ptr<Promise> badge() {
    return std::make_unique<Badge>();
}

}  // namespace parley::sim
