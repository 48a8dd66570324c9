// 11. States only move sending -> sent -> delivered -> read.

#include "sim/promises/all.hpp"

namespace parley::sim {

namespace {

class StatesForward final : public Promise {
  public:
    int number() const override { return 11; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        for (const auto& message : showing.messages) {
            if (!message.own) continue;
            auto& seen = device.shown[{showing.view.stream, message.id}];
            const bool failed = message.state == core::MessageState::failed;
            const bool back =
                failed ? seen.state > core::MessageState::sending && seen.state != core::MessageState::failed
                       : message.state < seen.state && seen.state != core::MessageState::failed;
            const bool accepted = message.born > 0;
            const bool fits = accepted ? message.state >= core::MessageState::sent && !failed
                                       : message.state == core::MessageState::sending || failed;
            if (back || !fits) {
                scene.violated({11,
                                device.node->name() + " shows " + message.id.text() + " as state " +
                                    std::to_string(static_cast<int>(message.state)) + " after " +
                                    std::to_string(static_cast<int>(seen.state)),
                                {showing.view.stream},
                                {device.node->name()}});
            }
            seen.state = message.state;
        }
    }
};

}  // namespace

std::unique_ptr<Promise> states_forward() {
    return std::make_unique<StatesForward>();
}

}  // namespace parley::sim
