// 1. An acknowledged message is in the server's store after any crash or power loss.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/said.hpp"

#include <map>
#include <utility>

namespace parley::sim {

namespace {

class AcknowledgedSurvives final : public Kept<AcknowledgedSurvives> {
  public:
    int number() const override { return 1; }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (!std::holds_alternative<protocol::MessageAccepted>(envelope.payload) || !envelope.re) return;
        const Place* place = scene.history().place(who.account, *envelope.re);
        if (place != nullptr) return;
        scene.violated({1,
                        "message " + envelope.re->text() + " was acknowledged and is not in the store",
                        {envelope.stream},
                        {line.device_name()}});
    }

    void server_started(Scene& scene, const StoredRows& stored) override { check(scene, stored); }
    void at_rest(Scene& scene, const StoredRows& stored) override { check(scene, stored); }

  private:
    void check(Scene& scene, const StoredRows& stored) const {
        std::map<std::pair<AccountId, Uuid>, const StoredRow*> messages;
        for (const StoredRow& row : stored.rows) {
            if (row.author && row.change.id) messages[{*row.author, *row.change.id}] = &row;
        }
        for (const auto& [key, place] : scene.said().accepted) {
            const auto found = messages.find(key);
            const bool there = found != messages.end() && found->second->stream == place.stream &&
                               found->second->change.born == place.born;
            if (there && intact(scene, *found->second)) continue;
            scene.violated({1,
                            "message " + key.second.text() + " of " + key.first.text() +
                                ", acknowledged as " + place.stream.text() + "/" +
                                std::to_string(place.born) + (there ? ", changed in" : ", is missing from") +
                                " the store",
                            {place.stream},
                            {}});
        }
    }

    /// The text is the one that was given.
    static bool intact(Scene& scene, const StoredRow& row) {
        const Given* given = given_by(scene, *row.author, *row.change.id);
        if (given == nullptr) return true;
        const auto* sent = std::get_if<protocol::MessageSend>(&given->command);
        const auto* kept = std::get_if<protocol::MessageNew>(&row.change.payload);
        if (sent == nullptr || kept == nullptr) return false;
        // Who changed it, and into what, is asked elsewhere (18).
        if (kept->edited_at || kept->deleted_by) return true;
        return says(*kept, *sent) && sent->reply_to == kept->reply_to;
    }
};

}  // namespace

std::unique_ptr<Promise> acknowledged_survives() {
    return std::make_unique<AcknowledgedSurvives>();
}

}  // namespace parley::sim
