// 11. States only move sending -> sent -> delivered -> read.

#include "sim/promises/all.hpp"

namespace parley::sim {

namespace {

class StatesForward final : public Kept<StatesForward> {
  public:
    int number() const override { return 11; }

    void listed(Scene& scene, Device& device, const std::vector<core::ConversationView>& views) override {
        for (const auto& view : views)
            if (view.last) seen(scene, device, view.stream, *view.last);
    }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        for (const auto& message : showing.messages)
            seen(scene, device, showing.view.stream, message);
    }

  private:
    static void seen(Scene& scene, Device& device, const StreamId& stream, const core::MessageView& message) {
        if (!message.own) return;
        auto& shown = device.shown[{stream, message.id}];
        // What a restore took away begins anew, where it comes again at another place, or waits for an answer
        // as its row does not stand there any more. That nothing else moves is promise 4.
        const bool stood = shown.state_born != 0 && message.born != shown.state_born;
        const auto* lost =
            stood && message.born == 0 ? scene.lost_message(stream, shown.state_born) : nullptr;
        if (stood && (message.born != 0 || (lost != nullptr && lost->id == message.id)))
            shown.state = core::MessageState::sending;
        core::MessageState& before = shown.state;
        const bool failed = message.state == core::MessageState::failed;
        const bool back = failed
                              ? before > core::MessageState::sending && before != core::MessageState::failed
                              : message.state < before && before != core::MessageState::failed;
        const bool accepted = message.born > 0;
        // Nor does a message have a state while the server does not hold it, except that it once did.
        if (message.not_on_server && message.state == core::MessageState::sent) return;
        const bool fits = accepted ? message.state >= core::MessageState::sent && !failed
                                   : message.state == core::MessageState::sending || failed;
        if (back || !fits) {
            scene.violated({11,
                            device.node->name() + " shows " + message.id.text() + " as state " +
                                std::to_string(static_cast<int>(message.state)) + " after " +
                                std::to_string(static_cast<int>(before)),
                            {stream},
                            {device.node->name()}});
        }
        before = message.state;
        shown.state_born = message.born;
    }
};

}  // namespace

std::unique_ptr<Promise> states_forward() {
    return std::make_unique<StatesForward>();
}

}  // namespace parley::sim
