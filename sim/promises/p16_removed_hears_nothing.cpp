// 16. A removed member gets no event later than the removal by any way: socket, resume, search, media link,
// push.

#include "sim/promises/all.hpp"

#include <cstdint>
#include <set>
#include <utility>

namespace parley::sim {

namespace {

class RemovedHearsNothing final : public Kept<RemovedHearsNothing> {
  public:
    int number() const override { return 16; }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        after_the_last_word(scene, line, envelope);
        if (envelope.stream.empty() || envelope.re) {
            // An answer to a repeat of his own command says where that stood, whatever became of him since.
            const bool reading = std::holds_alternative<protocol::ChangesOk>(envelope.payload) ||
                                 std::holds_alternative<protocol::PageOk>(envelope.payload) ||
                                 std::holds_alternative<protocol::RowsOk>(envelope.payload) ||
                                 std::holds_alternative<protocol::MessageHistoryOk>(envelope.payload);
            if (!reading) return;
        }
        std::int64_t newest = envelope.seq.value_or(0);
        if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload))
            newest = state->head;
        if (const auto* changes = std::get_if<protocol::ChangesOk>(&envelope.payload)) newest = changes->upto;
        if (const auto* page = std::get_if<protocol::PageOk>(&envelope.payload)) newest = page->as_of;
        if (const auto* rows = std::get_if<protocol::RowsOk>(&envelope.payload)) newest = rows->as_of;
        const auto* earlier = std::get_if<protocol::MessageHistoryOk>(&envelope.payload);
        if (earlier != nullptr && !earlier->texts.empty()) newest = earlier->texts.back().seq;
        const StreamHistory* history = scene.history().find(envelope.stream);
        if (history == nullptr || !history->conversation) return;
        const Membership* member = scene.history().membership(envelope.stream, who.account);
        const bool allowed =
            member != nullptr && (member->present || newest <= *member->intervals.back().until);
        if (allowed) return;
        scene.violated({16,
                        who.account.text() + " was told of " + envelope.stream.text() + "/" +
                            std::to_string(newest) + " and is not in it",
                        {envelope.stream},
                        {line.device_name()}});
    }

  private:
    /// `left` is the last that a connection is sent of a conversation, until it is told that it is in again.
    void after_the_last_word(Scene& scene, const Line& line, const protocol::Envelope& envelope) {
        if (const auto* left = std::get_if<protocol::Left>(&envelope.payload)) {
            left_.emplace(line.number(), left->conversation);
        } else if (const auto* joined = std::get_if<protocol::Joined>(&envelope.payload)) {
            left_.erase({line.number(), joined->conversation});
        } else if (std::holds_alternative<protocol::ConversationState>(envelope.payload)) {
            left_.erase({line.number(), envelope.stream});
        } else if (!envelope.re && left_.contains({line.number(), envelope.stream})) {
            scene.violated({16,
                            "after `left` a connection was sent more of " + envelope.stream.text(),
                            {envelope.stream},
                            {line.device_name()}});
        }
    }

    std::set<std::pair<std::uint64_t, StreamId>> left_;
};

}  // namespace

std::unique_ptr<Promise> removed_hears_nothing() {
    return std::make_unique<RemovedHearsNothing>();
}

}  // namespace parley::sim
