// 3. In every stream each number is a change or covered; none is given twice.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace parley::sim {

namespace {

class Numbers final : public Kept<Numbers> {
  public:
    int number() const override { return 3; }

    void committed(Scene& scene, const server::Batch& batch) override {
        std::map<StreamId, std::int64_t> heads;
        for (const auto& effect : batch.effects) {
            if (const auto* change = std::get_if<server::ConversationChange>(&effect)) {
                next_number(scene, heads, server::to_id(change->conversation), change->change);
            } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
                next_number(scene, heads, server::to_stream(own->account), own->change);
            }
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn&, const protocol::Envelope& envelope) override {
        if (protocol::is_change(envelope.type())) {
            if (const auto change = protocol::to_change(envelope))
                same_as_committed(scene, line, envelope.stream, *change);
        } else if (const auto* changes = std::get_if<protocol::ChangesOk>(&envelope.payload)) {
            for (const auto& row : changes->rows)
                same_as_committed(scene, line, envelope.stream, row);
        } else if (const auto* page = std::get_if<protocol::PageOk>(&envelope.payload)) {
            for (const auto& row : page->rows)
                same_as_committed(scene, line, envelope.stream, row);
        } else if (const auto* rows = std::get_if<protocol::RowsOk>(&envelope.payload)) {
            for (const auto& row : rows->rows)
                same_as_committed(scene, line, envelope.stream, row);
        }
        live_order(scene, line, envelope);
    }

    void server_started(Scene& scene, const StoredRows& stored) override { store_fits(scene, stored); }
    void at_rest(Scene& scene, const StoredRows& stored) override { store_fits(scene, stored); }

  private:
    static std::int64_t known_head(const Scene& scene, const StreamId& stream) {
        const StreamHistory* history = scene.history().find(stream);
        if (history == nullptr) return 0;
        std::int64_t head = history->head();
        for (const std::int64_t seq : history->unseen)
            head = std::max(head, seq);
        return head;
    }

    static void next_number(Scene& scene, std::map<StreamId, std::int64_t>& heads, const StreamId& stream,
                            const protocol::Change& change) {
        const auto [head, first] = heads.try_emplace(stream, 0);
        if (first) head->second = known_head(scene, stream);
        if (change.seq != head->second + 1 || change.born > change.seq || change.born < 1) {
            scene.violated({3,
                            stream.text() + ": after " + std::to_string(head->second) + " came number " +
                                std::to_string(change.seq) + ", born " + std::to_string(change.born),
                            {stream},
                            {}});
        }
        head->second = change.seq;
    }

    static void same_as_committed(Scene& scene, const Line& line, const StreamId& stream,
                                  const protocol::Change& change) {
        const StreamHistory* history = scene.history().find(stream);
        if (history != nullptr) {
            const auto known = history->changes.find(change.seq);
            if (known != history->changes.end() && known->second == change) return;
        }
        scene.violated({3,
                        stream.text() + ": number " + std::to_string(change.seq) +
                            " was sent with a content that was never committed under it",
                        {stream},
                        {line.device_name()}});
    }

    /// On one connection the live changes of a stream come without a gap: from the head on that a state told,
    /// from the joining on, or else from the first one on.
    void live_order(Scene& scene, const Line& line, const protocol::Envelope& envelope) {
        const std::pair key{line.number(), envelope.stream};
        if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
            last_[key] = state->head;
            return;
        }
        if (const auto* joined = std::get_if<protocol::Joined>(&envelope.payload)) {
            last_[{line.number(), joined->conversation}] = joined->from - 1;
        } else if (const auto* left = std::get_if<protocol::Left>(&envelope.payload)) {
            last_.erase({line.number(), left->conversation});
        }
        // The sender's copy of his message is its answer; that comes through even while the connection
        // resumes.
        const bool answer = std::holds_alternative<protocol::MessageAccepted>(envelope.payload);
        const bool change = protocol::is_change(envelope.type()) && envelope.timestamp;
        const bool numbered = answer || change || std::holds_alternative<protocol::Skip>(envelope.payload);
        const StreamHistory* history = scene.history().find(envelope.stream);
        if (!numbered || !envelope.seq || history == nullptr || !history->conversation) return;
        if (answer) {
            answered_[key].insert(*envelope.seq);
            return;
        }
        const auto [last, first] = last_.try_emplace(key, *envelope.seq);
        if (first || *envelope.seq <= last->second) return;
        const std::set<std::int64_t>& answered = answered_[key];
        while (answered.contains(last->second + 1))
            ++last->second;
        if (*envelope.seq > last->second + 1) {
            scene.violated({3,
                            envelope.stream.text() + ": after " + std::to_string(last->second) +
                                " the connection was sent " + std::to_string(*envelope.seq),
                            {envelope.stream},
                            {line.device_name()}});
        }
        last->second = std::max(last->second, *envelope.seq);
    }

    static void store_fits(Scene& scene, const StoredRows& stored) {
        const auto rows = stored.by_born();
        for (const auto& [stream, history] : scene.history().streams()) {
            const auto head = stored.heads.find(stream);
            if (head == stored.heads.end() || head->second != known_head(scene, stream)) {
                scene.violated({3,
                                stream.text() + ": the store's head is not the last number given out: " +
                                    std::to_string(head == stored.heads.end() ? 0 : head->second) + ", not " +
                                    std::to_string(known_head(scene, stream)),
                                {stream},
                                {}});
                continue;
            }
            const auto found = rows.find(stream);
            for (const auto& [born, seq] : history.latest) {
                const bool there = found != rows.end() && found->second.contains(born) &&
                                   *found->second.at(born) == history.changes.at(seq);
                if (there) continue;
                scene.violated({3,
                                stream.text() + ": the store does not hold change " + std::to_string(seq) +
                                    " of the row born " + std::to_string(born),
                                {stream},
                                {}});
            }
        }
    }

    /// Latest live number by connection and stream.
    std::map<std::pair<std::uint64_t, StreamId>, std::int64_t> last_;
    /// Numbers of own messages, as answers told them.
    std::map<std::pair<std::uint64_t, StreamId>, std::set<std::int64_t>> answered_;
};

}  // namespace

std::unique_ptr<Promise> numbers() {
    return std::make_unique<Numbers>();
}

}  // namespace parley::sim
