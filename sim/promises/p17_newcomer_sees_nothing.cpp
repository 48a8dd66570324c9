// 17. A new member sees nothing from before joining unless the conversation shares its history.
// 19. Of a direct conversation whoever has blocked the other sees nothing that was made meanwhile.

#include "sim/promises/all.hpp"

namespace parley::sim {

namespace {

class NewcomerSeesNothing final : public Kept<NewcomerSeesNothing> {
  public:
    int number() const override { return 17; }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (protocol::is_change(envelope.type())) {
            if (!envelope.seq || !envelope.timestamp) return;
            protocol::Change row{.seq = *envelope.seq, .born = envelope.born.value_or(*envelope.seq)};
            // Without a copy of what it says.
            if (std::holds_alternative<protocol::MessageNew>(envelope.payload)) {
                row.payload = protocol::MessageNew{};
            } else if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&envelope.payload)) {
                row.payload = *reaction;
            } else if (const auto* pin = std::get_if<protocol::PinChanged>(&envelope.payload)) {
                row.payload = *pin;
            } else {
                return;
            }
            may_see(scene, line, who, envelope.stream, row);
        } else if (const auto* changes = std::get_if<protocol::ChangesOk>(&envelope.payload)) {
            for (const auto& row : changes->rows)
                may_see(scene, line, who, envelope.stream, row);
        } else if (const auto* page = std::get_if<protocol::PageOk>(&envelope.payload)) {
            for (const auto& row : page->rows)
                may_see(scene, line, who, envelope.stream, row);
        } else if (const auto* rows = std::get_if<protocol::RowsOk>(&envelope.payload)) {
            for (const auto& row : rows->rows)
                may_see(scene, line, who, envelope.stream, row);
        } else if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
            if (!state->last) return;
            may_see(scene, line, who, envelope.stream,
                    {.id = state->last->id, .born = state->last->born, .payload = protocol::MessageNew{}});
        }
    }

  private:
    static void may_see(Scene& scene, const Line& line, const SignedIn& who, const StreamId& stream,
                        const protocol::Change& change) {
        const auto* reaction = std::get_if<protocol::ReactionChanged>(&change.payload);
        const auto* pin = std::get_if<protocol::PinChanged>(&change.payload);
        if (!std::holds_alternative<protocol::MessageNew>(change.payload) && reaction == nullptr &&
            pin == nullptr)
            return;
        if (scene.history().sees(stream, who.account, change)) return;
        const StreamHistory* history = scene.history().find(stream);
        const bool direct = history != nullptr && history->kind == protocol::ConversationKind::direct;
        scene.violated({direct ? 19 : 17,
                        who.account.text() + " was sent the message, a reaction or a pin, at " +
                            stream.text() + "/" + std::to_string(change.born) + ", which it may not see",
                        {stream},
                        {line.device_name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> newcomer_sees_nothing() {
    return std::make_unique<NewcomerSeesNothing>();
}

}  // namespace parley::sim
