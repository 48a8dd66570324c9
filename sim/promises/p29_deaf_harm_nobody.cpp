// 29. A client that does not read harms no one else.
//
// Whoever reads is answered and told of what happens within a bounded time, however many others read nothing.
// Time counts from when the server's system had room for this connection: for what waits since its own device
// is slow nobody else is to blame. What waits in memory for one that does not read is promise 28.

#include "sim/promises/all.hpp"
#include "sim/streams_of.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

class DeafHarmNobody final : public Kept<DeafHarmNobody> {
  public:
    int number() const override { return 29; }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr) continue;
            const StreamId stream = server::to_id(change->conversation);
            committed_at_.insert_or_assign({stream, change->change.seq}, scene.world().instant());
        }
    }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        if (!envelope.id || scene.signed_in(line) == nullptr) return;
        slowest_read_ = std::max(slowest_read_, scene.server().slowest_read());
        auto& asked = asked_[line.number()];
        asked.try_emplace(*envelope.id, Question{scene.world().instant(), asked.size()});
    }

    void server_said(Scene& scene, Line& line, const SignedIn&, const protocol::Envelope& envelope) override {
        if (std::holds_alternative<protocol::Resumed>(envelope.payload))
            live_since_.insert_or_assign(line.number(), scene.world().instant());
        // What is said to the end of a connection on which nothing fits any more.
        if (!line.room_since()) return;
        if (envelope.re) return answered(scene, line, envelope);
        if (envelope.seq) told(scene, line, envelope);
    }

  private:
    /// What the server does for one connection, it does one after the other.
    static constexpr Duration usual_max = seconds(5);
    static constexpr Duration usual_read_max = milliseconds(500);

    Duration patience(std::size_t behind) const {
        return usual_max + (usual_read_max + slowest_read_) * static_cast<std::int64_t>(behind + 2);
    }

    void answered(Scene& scene, const Line& line, const protocol::Envelope& envelope) {
        auto& asked = asked_[line.number()];
        const auto question = asked.find(*envelope.re);
        if (question == asked.end()) return;
        const Instant since = std::max(question->second.at, *line.room_since());
        // What was asked before it is answered first, and what is still to be answered may have been.
        const std::size_t behind = std::max(question->second.ahead, asked.size() - 1);
        asked.erase(question);
        in_time(scene, line, envelope, {"had to wait for its answer", since, behind});
    }

    void told(Scene& scene, const Line& line, const protocol::Envelope& envelope) {
        const auto live = live_since_.find(line.number());
        const auto committed = committed_at_.find({envelope.stream, *envelope.seq});
        if (live == live_since_.end() || committed == committed_at_.end()) return;
        const Instant since = std::max({committed->second, live->second, *line.room_since()});
        in_time(scene, line, envelope, {"was told late of " + envelope.stream.text(), since, 0});
    }

    struct Question {
        Instant at;
        /// So many of the same connection were not answered yet.
        std::size_t ahead = 0;
    };
    struct Waited {
        std::string what;
        Instant since;
        std::size_t behind = 0;
    };
    void in_time(Scene& scene, const Line& line, const protocol::Envelope& envelope,
                 const Waited& waited) const {
        const Duration took = scene.world().instant() - waited.since;
        if (took <= patience(waited.behind)) return;
        const auto deaf = std::ranges::count_if(
            scene.devices(), [](const auto& device) { return !device->node->link().reads; });
        scene.violated({29,
                        line.device_name() + " " + waited.what + ", for " + std::to_string(took.ms) +
                            " ms; " + std::to_string(deaf) + " devices do not read",
                        streams_of(envelope),
                        {line.device_name()}});
    }

    std::map<std::pair<StreamId, std::int64_t>, Instant> committed_at_;
    /// By connection.
    std::map<std::uint64_t, std::map<Uuid, Question>> asked_;
    std::map<std::uint64_t, Instant> live_since_;
    Duration slowest_read_;
};

}  // namespace

std::unique_ptr<Promise> deaf_harm_nobody() {
    return std::make_unique<DeafHarmNobody>();
}

}  // namespace parley::sim
