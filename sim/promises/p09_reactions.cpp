// 9. At the end every device shows the reactions that there are to each message: who, by which emoji, and how
//    many; and at any time no reaction twice.
//
// What comes of each command is promise 18, and who is sent what 17.

#include "protocol/generated/cpp/limits.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace parley::sim {

namespace {

class ReactionsAgree final : public Kept<ReactionsAgree> {
  public:
    int number() const override { return 9; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        for (const auto& message : showing.messages) {
            std::set<std::string> shown;
            for (const auto& reaction : message.reactions) {
                const std::set<AccountId> people(reaction.accounts.begin(), reaction.accounts.end());
                const auto named = static_cast<std::int64_t>(people.size());
                const bool sound = shown.insert(reaction.emoji).second && reaction.count > 0 &&
                                   people.size() == reaction.accounts.size() &&
                                   named == std::min(reaction.count, limits::reactions_shown_max);
                if (!sound) wrong(scene, device, showing, message, "reactions twice, or none");
            }
        }
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId self = *device.node->client().account();
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            if (history == nullptr || !showing.view.present) continue;
            for (const auto& message : showing.messages) {
                if (message.born == 0 || message.not_on_server) continue;
                const auto there = history->reactions_to(message.born, [&](const protocol::Change& row) {
                    return scene.history().sees(history->id, self, row);
                });
                fits(scene, device, showing, message, there, self);
            }
        }
    }

  private:
    static void fits(Scene& scene, const Device& device, const Showing& showing,
                     const core::MessageView& message,
                     const std::map<std::string, std::set<AccountId>>& there, const AccountId& self) {
        for (const auto& reaction : message.reactions) {
            const auto found = there.find(reaction.emoji);
            if (reaction.changing) wrong(scene, device, showing, message, "a reaction that still waits");
            const bool same =
                found != there.end() && reaction.count == static_cast<std::int64_t>(found->second.size()) &&
                reaction.own == found->second.contains(self) &&
                std::ranges::all_of(reaction.accounts,
                                    [&](const AccountId& one) { return found->second.contains(one); });
            if (!same) wrong(scene, device, showing, message, "other reactions than there are");
        }
        if (message.reactions.size() != there.size())
            wrong(scene, device, showing, message,
                  std::to_string(message.reactions.size()) + " emoji of " + std::to_string(there.size()));
    }

    static void wrong(Scene& scene, const Device& device, const Showing& showing,
                      const core::MessageView& message, const std::string& what) {
        scene.violated({9,
                        device.node->name() + " shows at " + showing.view.stream.text() + "/" +
                            std::to_string(message.born) + " " + what,
                        {showing.view.stream},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> reactions_agree() {
    return std::make_unique<ReactionsAgree>();
}

}  // namespace parley::sim
