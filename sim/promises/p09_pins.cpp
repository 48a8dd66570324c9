// 9. At the end every device shows what is pinned of what its person sees, in the order of pinning, and
//    nothing else; and at any time no message twice.
//
// What comes of each command is promise 18, who is sent what 17, and what goes with a deleted message 8.

#include "sim/promises/all.hpp"

#include <set>
#include <string>
#include <vector>

namespace parley::sim {

namespace {

class PinsAgree final : public Kept<PinsAgree> {
  public:
    int number() const override { return 9; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        if (showing.view.pending) return;  // it has no name to ask by
        const auto pins = device.node->client().pins(showing.view.stream);
        if (!pins) return;
        std::set<std::pair<AccountId, Uuid>> shown;
        for (const auto& pin : *pins) {
            if (!shown.insert({pin.sender, pin.id}).second)
                wrong(scene, device, showing, "a message twice as pinned");
            if (pin.message && pin.message->deleted)
                wrong(scene, device, showing, "a deleted message as pinned");
        }
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId self = *device.node->client().account();
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            const Membership* own = scene.history().membership(showing.view.stream, self);
            if (history == nullptr || own == nullptr || !showing.view.present) continue;
            const auto pins = device.node->client().pins(showing.view.stream);
            if (!pins) continue;
            const std::vector<std::int64_t> expected = history->pins(
                [&](const protocol::Change& row) { return scene.history().sees(history->id, self, row); });
            std::vector<std::int64_t> shown;
            for (const auto& pin : *pins) {
                if (pin.changing) wrong(scene, device, showing, "a pin that still waits");
                shown.push_back(pin.born);
            }
            if (shown != expected)
                wrong(scene, device, showing,
                      "as pinned" + places_of(shown) + ", and what is pinned is" + places_of(expected));
        }
    }

  private:
    static std::string places_of(const std::vector<std::int64_t>& places) {
        std::string text;
        for (const std::int64_t place : places)
            text += " " + std::to_string(place);
        return text.empty() ? " nothing" : text;
    }

    static void wrong(Scene& scene, const Device& device, const Showing& showing, const std::string& what) {
        scene.violated({9,
                        device.node->name() + " shows in " + showing.view.stream.text() + " " + what,
                        {showing.view.stream},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> pins_agree() {
    return std::make_unique<PinsAgree>();
}

}  // namespace parley::sim
