// 7. An edit or deletion never precedes its target. Competing edits give the same text everywhere.
//
// Which text a device shows is one that the message has had (4). Here: it never goes back to an earlier one,
// and at the end it is the last.

#include "sim/promises/all.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>

namespace parley::sim {

namespace {

class EditsAgree final : public Kept<EditsAgree> {
  public:
    int number() const override { return 7; }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr || change->change.seq == change->change.born) continue;
            const auto* message = std::get_if<protocol::MessageNew>(&change->change.payload);
            if (message == nullptr) continue;
            const StreamId stream = server::to_id(change->conversation);
            const bool follows = change->change.seq > change->change.born && change->change.id &&
                                 stands_at(scene, batch, *change, *message);
            if (follows) continue;
            scene.violated({7,
                            stream.text() + "/" + std::to_string(change->change.seq) +
                                " changes a message that does not stand at " +
                                std::to_string(change->change.born),
                            {stream},
                            {}});
        }
    }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        const StreamHistory* history = scene.history().find(showing.view.stream);
        if (history == nullptr) return;
        for (const auto& message : showing.messages) {
            if (message.born == 0 || message.changing || message.not_on_server) continue;
            const std::int64_t seq = state_shown(*history, message);
            auto& seen = device.shown[{showing.view.stream, message.id}].seq;
            // What was seen may be of a history that a restore took away.
            if (seq != 0 && seq < seen && history->changes.contains(seen))
                wrong(scene, device, showing, message,
                      "goes back to what it said at " + std::to_string(seq) + ", after " +
                          std::to_string(seen));
            if (seq != 0) seen = seq;
        }
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            if (history == nullptr || !showing.view.present) continue;
            for (const auto& message : showing.messages) {
                const auto* latest = history->message(message.born);
                if (latest == nullptr || message.not_on_server) continue;
                if (message.changing)
                    wrong(scene, device, showing, message, "waits for a change that is done");
                if (!looks_so(*latest, message))
                    wrong(scene, device, showing, message, "is not what it was made last");
            }
        }
    }

  private:
    static bool stands_at(Scene& scene, const server::Batch& batch, const server::ConversationChange& change,
                          const protocol::MessageNew& message) {
        const StreamId stream = server::to_id(change.conversation);
        const Place* place = scene.history().place(message.sender, *change.change.id);
        if (place != nullptr) return place->stream == stream && place->born == change.change.born;
        return std::ranges::any_of(batch.effects, [&](const server::Effect& effect) {
            const auto* first = std::get_if<server::ConversationChange>(&effect);
            return first != nullptr && first->conversation == change.conversation &&
                   first->change.seq == change.change.born && first->change.id == change.change.id;
        });
    }

    static bool looks_so(const protocol::MessageNew& message, const core::MessageView& shown) {
        return say_the_same(message, shown) && message.edited_at == shown.edited_at &&
               message.deleted_by.has_value() == shown.deleted;
    }

    /// The latest of its states that looks so; 0: none.
    static std::int64_t state_shown(const StreamHistory& history, const core::MessageView& shown) {
        for (const auto* state : history.states(shown.born) | std::views::reverse) {
            const auto* message = std::get_if<protocol::MessageNew>(&state->payload);
            if (message != nullptr && state->id == shown.id && looks_so(*message, shown)) return state->seq;
        }
        return 0;
    }

    static void wrong(Scene& scene, const Device& device, const Showing& showing,
                      const core::MessageView& message, const std::string& what) {
        scene.violated({7,
                        device.node->name() + ": " + message.id.text() + " in " + showing.view.stream.text() +
                            "/" + std::to_string(message.born) + " " + what,
                        {showing.view.stream},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> edits_agree() {
    return std::make_unique<EditsAgree>();
}

}  // namespace parley::sim
