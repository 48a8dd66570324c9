// 18. Only who may make a change made it; every refusal leaves everything as it was.
//
// Of slow mode: whom it holds back says nothing before his time, and whoever is told to wait has to.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace parley::sim {

namespace {

class SlowMode final : public Kept<SlowMode> {
  public:
    int number() const override { return 18; }

    void server_started(Scene&, const StoredRows& stored) override {
        last_.clear();
        std::map<Speaker, std::int64_t> places;
        for (const StoredRow& row : stored.rows) {
            if (!row.author || !std::holds_alternative<protocol::MessageNew>(row.change.payload)) continue;
            const Speaker speaker{row.stream, *row.author};
            auto& place = places[speaker];
            if (row.change.born < place) continue;
            place = row.change.born;
            last_[speaker] = row.change.timestamp;
        }
    }

    void committed(Scene& scene, const server::Batch& batch) override {
        const Effects all(batch.effects);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Moment before(scene.history(), all.first(i));
            if (const auto* change = std::get_if<server::ConversationChange>(&all[i]))
                said(scene, before, *change);
            if (const auto* replied = std::get_if<server::Replied>(&all[i]); replied && !replied->answer)
                refused(scene, before, *replied);
        }
    }

  private:
    using Speaker = std::pair<StreamId, AccountId>;

    /// The interval that holds this person back by now; absent: none does, or nobody knows.
    static std::optional<std::int64_t> interval_for(const Moment& moment, const Speaker& speaker) {
        const auto* settings = moment.settings(speaker.first);
        const auto member = moment.member(speaker.first, speaker.second);
        if (settings == nullptr || !settings->slow_ms || !member) return std::nullopt;
        const bool slowed = member->role == protocol::Role::member || member->role == protocol::Role::guest;
        return slowed ? settings->slow_ms : std::nullopt;
    }

    void said(Scene& scene, const Moment& before, const server::ConversationChange& change) {
        const auto* message = std::get_if<protocol::MessageNew>(&change.change.payload);
        if (message == nullptr || change.change.seq != change.change.born) return;
        const Speaker speaker{server::to_id(change.conversation), message->sender};
        const auto [last, first] = last_.try_emplace(speaker, change.change.timestamp);
        const std::int64_t since = change.change.timestamp.ms - last->second.ms;
        last->second = change.change.timestamp;
        const auto interval = interval_for(before, speaker);
        // By a clock that was set far back nobody knows how long it is.
        if (first || !interval || since >= *interval || since < -*interval) return;
        scene.violated({18,
                        speaker.second.text() + " said " + speaker.first.text() + "/" +
                            std::to_string(change.change.seq) + " " + std::to_string(since) +
                            " ms after what he said before, where slow mode has " + std::to_string(*interval),
                        {speaker.first},
                        scene.devices_of(speaker.second)});
    }

    /// Told to wait is who is held back, has said something, and not for longer than a clock that was set
    /// back explains. That he need not wait for ever is for others to see.
    void refused(Scene& scene, const Moment& before, const server::Replied& replied) {
        const Error& error = replied.answer.error();
        if (error.code != ErrorCode::slow_mode || !replied.origin.command) return;
        const AccountId by = server::to_id(replied.origin.account);
        const Given* given = given_by(scene, by, *replied.origin.command);
        const auto* send = given == nullptr ? nullptr : std::get_if<protocol::MessageSend>(&given->command);
        if (given == nullptr || (send != nullptr && !send->target.stream)) return;
        if (send != nullptr) {
            const Speaker speaker{*send->target.stream, by};
            if (before.settings(speaker.first) == nullptr) return;
            const auto interval = interval_for(before, speaker);
            const bool fits = error.retry_after_ms > 0 && error.retry_after_ms <= 2 * interval.value_or(0);
            if (fits && last_.contains(speaker)) return;
        }
        scene.violated({18,
                        "command " + replied.origin.command->text() + " of " + by.text() +
                            " was told to wait for slow mode, for no reason",
                        {},
                        scene.devices_of(by)});
    }

    /// When each person said something last in each conversation, by the server's clock.
    std::map<Speaker, WallTime> last_;
};

}  // namespace

std::unique_ptr<Promise> slow_mode() {
    return std::make_unique<SlowMode>();
}

}  // namespace parley::sim
