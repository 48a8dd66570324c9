// 2. Within an epoch an acknowledged message id belongs to exactly one (conversation, born); a retry, from
// any device or
//    node, never makes a second.

#include "sim/promises/all.hpp"

#include <map>
#include <utility>

namespace parley::sim {

namespace {

std::string at(const Place& place) {
    return place.stream.text() + "/" + std::to_string(place.born);
}

class Once final : public Kept<Once> {
  public:
    int number() const override { return 2; }

    void committed(Scene& scene, const server::Batch& batch) override {
        Doing doing{.stream = {}, .position = batch.last_position, .work = 0};
        for (const auto& effect : batch.effects) {
            // With its answer a work ends.
            if (std::holds_alternative<server::Replied>(effect)) ++doing.work;
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr) continue;
            doing.stream = server::to_id(change->conversation);
            done_once(scene, doing, *change);
            if (!change->change.id) continue;
            const auto* message = std::get_if<protocol::MessageNew>(&change->change.payload);
            if (message == nullptr) continue;
            const Place place{server::to_id(change->conversation), change->change.born};
            const Place* known = scene.history().place(message->sender, *change->change.id);
            if (known == nullptr || *known == place) continue;
            scene.violated({2,
                            "message " + change->change.id->text() + " stands at " + at(*known) +
                                " and again at " + at(place),
                            {known->stream, place.stream},
                            {}});
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (!std::holds_alternative<protocol::MessageAccepted>(envelope.payload) || !envelope.re) return;
        const Place place{envelope.stream, envelope.seq.value_or(0)};
        const Place* known = scene.history().place(who.account, *envelope.re);
        if (known == nullptr || *known == place) return;
        scene.violated({2,
                        "message " + envelope.re->text() + " stands at " + at(*known) +
                            " and was acknowledged as " + at(place),
                        {place.stream},
                        {line.device_name()}});
    }

    void at_rest(Scene& scene, const StoredRows& stored) override {
        std::map<std::pair<AccountId, Uuid>, Place> places;
        for (const StoredRow& row : stored.rows) {
            if (!row.author || !row.change.id) continue;
            const Place place{row.stream, row.change.born};
            const auto [known, fresh] = places.try_emplace({*row.author, *row.change.id}, place);
            if (fresh) continue;
            scene.violated({2,
                            "message " + row.change.id->text() + " lies at " + at(known->second) +
                                " and at " + at(place),
                            {place.stream},
                            {}});
        }
    }

  private:
    struct Doing {
        StreamId stream;
        std::int64_t position = 0;
        /// Which of the transaction's works.
        std::int64_t work = 0;
        friend bool operator==(const Doing&, const Doing&) = default;
    };

    /// What one command of whatever kind changes, it changes in one stream and at once. Messages and makings
    /// are known for ever, other commands for as long as the protocol says.
    void done_once(Scene& scene, const Doing& doing, const server::ConversationChange& change) {
        if (!change.origin.command) return;
        const std::pair key{server::to_id(change.origin.account), *change.origin.command};
        const bool new_message = change.change.id.has_value() && change.change.seq == change.change.born;
        const bool for_ever = new_message || change.change.seq == 1;
        const Done now{.doing = doing,
                       .since = scene.world().instant(),
                       .at = change.change.timestamp,
                       .for_ever = for_ever};
        const auto [known, fresh] = done_.try_emplace(key, now);
        Done& before = known->second;
        if (fresh || before.doing == doing) return;
        if (!before.for_ever && scene.may_be_forgotten(before.since, before.at)) {
            before = now;
            return;
        }
        scene.violated({2,
                        "command " + key.second.text() + " was done in " + before.doing.stream.text() +
                            " and again in " + doing.stream.text(),
                        {before.doing.stream, doing.stream},
                        {}});
    }

    struct Done {
        Doing doing;
        Instant since;
        WallTime at;
        bool for_ever = false;
    };

    std::map<std::pair<AccountId, Uuid>, Done> done_;
};

}  // namespace

std::unique_ptr<Promise> once() {
    return std::make_unique<Once>();
}

}  // namespace parley::sim
