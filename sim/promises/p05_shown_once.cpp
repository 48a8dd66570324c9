// 5. A device shows no message twice, and at the end shows every one that its person may see in the ranges it
// holds.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::sim {

namespace {

class ShownOnce final : public Kept<ShownOnce> {
  public:
    int number() const override { return 5; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        std::set<Uuid> seen;
        for (const auto& message : showing.messages) {
            if (seen.insert(message.id).second) continue;
            wrong(scene, device, showing.view.stream, "shows message " + message.id.text() + " twice");
        }
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId account = *device.node->client().account();
        for (const auto& [stream, history] : scene.history().streams()) {
            const auto member = history.members.find(account);
            if (member == history.members.end() || !member->second.present) continue;
            const auto showing =
                std::ranges::find_if(all, [&](const auto& one) { return one.view.stream == stream; });
            if (showing == all.end()) {
                wrong(scene, device, stream,
                      "does not list this conversation, of which its person is a member");
                continue;
            }
            if (showing->missing) {
                wrong(scene, device, stream, "has asked for what is missing, and it never came");
                continue;
            }
            every_message(scene, device, *showing, history, member->second);
        }
    }

  private:
    static void every_message(Scene& scene, const Device& device, const Showing& showing,
                              const StreamHistory& history, const Membership& member) {
        std::set<std::int64_t> shown;
        for (const auto& message : showing.messages) {
            if (message.born == 0 && message.state != core::MessageState::failed) {
                wrong(scene, device, history.id, "still shows " + message.id.text() + " as pending");
            }
            const protocol::MessageNew* committed = history.message(message.born);
            // Of what stood before a joining that a restore took away one is not told any more.
            const bool says_so = message.not_on_server && (!message.in_doubt || member.sees(message.born));
            if (says_so && committed != nullptr && committed->text == message.text) {
                wrong(scene, device, history.id,
                      "says that the server lost " + message.id.text() + ", which is there");
            }
            shown.insert(message.born);
        }
        for (const auto& [born, seq] : history.latest) {
            if (history.message(born) == nullptr || !member.sees(born) || shown.contains(born)) continue;
            wrong(scene, device, history.id, "does not show the message born " + std::to_string(born));
        }
    }

    static void wrong(Scene& scene, const Device& device, const StreamId& stream, std::string what) {
        scene.violated({5,
                        device.node->name() + " in " + stream.text() + " " + std::move(what),
                        {stream},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> shown_once() {
    return std::make_unique<ShownOnce>();
}

}  // namespace parley::sim
