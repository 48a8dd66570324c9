// 4. Where two devices hold the same range of a conversation as of the same seq, they hold the same rows; at
// the end their
//    conversations are equal. Nothing shown moves, except an own pending message once, when it is accepted.
//
// What a device shows is held against the history, which is the same for all.

#include "sim/promises/all.hpp"

#include <utility>

namespace parley::sim {

namespace {

std::string quoted(const core::MessageView& message) {
    return message.id.text() + " (born " + std::to_string(message.born) + ")";
}

class SameRows final : public Promise {
  public:
    int number() const override { return 4; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        const StreamHistory* history = scene.history().find(showing.view.stream);
        // Made after the backup to which the server was restored: the device keeps what only it has.
        if (history == nullptr && !showing.view.present) return;
        std::int64_t last = 0;
        for (const auto& message : showing.messages) {
            // The restored server does not have it; it may come back, or stay where it was.
            if (message.not_on_server) continue;
            nothing_moved(scene, device, showing, message);
            if (message.born == 0) continue;
            if (message.born <= last) {
                wrong(scene, device, showing, "shows " + quoted(message) + " below " + std::to_string(last));
            }
            last = message.born;
            const auto* change = history == nullptr ? nullptr : history->row(message.born);
            const auto* committed = history == nullptr ? nullptr : history->message(message.born);
            const bool same = committed != nullptr && change->id == message.id &&
                              committed->text == message.text && committed->sender == message.sender &&
                              committed->reply_to == message.reply_to &&
                              committed->mentions == message.mentions && change->timestamp == message.at;
            if (!same)
                wrong(scene, device, showing, "shows " + quoted(message) + ", which was never committed so");
        }
    }

  private:
    void nothing_moved(Scene& scene, Device& device, const Showing& showing,
                       const core::MessageView& message) const {
        auto& seen = device.shown[{showing.view.stream, message.id}];
        if (seen.born != 0 && message.born != seen.born) {
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
