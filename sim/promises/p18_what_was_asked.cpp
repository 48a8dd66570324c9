// 18. Only who may make a change made it; every refusal leaves everything as it was.
//
// So each change is one that somebody asked for: what a command did is what was given to a device, all of it
// and nothing else; what was refused did nothing, and there was a reason to refuse it.

#include "sim/promises/all.hpp"
#include "sim/promises/deed.hpp"
#include "sim/promises/reason.hpp"
#include "sim/questions.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

class WhatWasAsked final : public Kept<WhatWasAsked> {
  public:
    int number() const override { return 18; }

    void server_heard(Scene&, Line&, const protocol::Envelope& envelope) override {
        // Of the others it is clear from what they leave whether they were done.
        const bool may_do_nothing =
            std::holds_alternative<protocol::MemberAdd>(envelope.payload) ||
            std::holds_alternative<protocol::MemberRemove>(envelope.payload) ||
            std::holds_alternative<protocol::MemberRole>(envelope.payload) ||
            std::holds_alternative<protocol::ConversationPermissions>(envelope.payload) ||
            std::holds_alternative<protocol::HistoryShare>(envelope.payload) ||
            std::holds_alternative<protocol::SlowModeSet>(envelope.payload) ||
            std::holds_alternative<protocol::LinkCreate>(envelope.payload) ||
            std::holds_alternative<protocol::LinkRevoke>(envelope.payload) ||
            std::holds_alternative<protocol::LinkJoin>(envelope.payload) ||
            std::holds_alternative<protocol::MessageEdit>(envelope.payload) ||
            std::holds_alternative<protocol::MessageDelete>(envelope.payload) ||
            std::holds_alternative<protocol::MessageReact>(envelope.payload) ||
            std::holds_alternative<protocol::MessagePin>(envelope.payload) ||
            std::holds_alternative<protocol::Read>(envelope.payload) ||
            std::holds_alternative<protocol::PreferencesSet>(envelope.payload) ||
            std::holds_alternative<protocol::DraftSet>(envelope.payload) ||
            std::holds_alternative<protocol::ProfileSet>(envelope.payload);
        if (may_do_nothing && envelope.id) heard_.try_emplace(*envelope.id, starts_);
    }

    void server_started(Scene&, const StoredRows&) override { ++starts_; }

    void committed(Scene& scene, const server::Batch& batch) override {
        const Effects all(batch.effects);
        std::size_t begin = 0;
        for (std::size_t end = 0; end < all.size(); ++end) {
            // What nobody asked for is judged by who may (p18_rights.cpp).
            if (std::holds_alternative<server::FollowedUp>(all[end])) begin = end + 1;
            const auto* replied = std::get_if<server::Replied>(&all[end]);
            if (replied == nullptr) continue;
            const Work work{.before = all.first(begin),
                            .after = all.first(end),
                            .effects = all.subspan(begin, end - begin)};
            begin = end + 1;
            if (replied->answer) {
                if (replied->origin.command) done(scene, work, *replied);
            } else {
                refused(scene, work, *replied);
            }
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        const auto* refusal = std::get_if<protocol::ErrorReply>(&envelope.payload);
        if (refusal == nullptr || !envelope.re || class_of(refusal->code) != ErrorClass::permanent) return;
        if (refused_.contains({who.account, *envelope.re})) return;
        const Given* given = given_by(scene, who.account, *envelope.re);
        // Questions are asked of what stands, and nothing in the store does them (17).
        if (given == nullptr || only_asks(given->command)) return;
        scene.violated({18,
                        "command " + envelope.re->text() + " was refused with " +
                            std::string(name_of(refusal->code)) + ", which nothing in the store did",
                        {},
                        {line.device_name()}});
    }

    /// Whatever stands in a conversation is what a person gave to a device, for that conversation.
    void at_rest(Scene& scene, const StoredRows& stored) override {
        for (const StoredRow& row : stored.rows) {
            const auto* message = std::get_if<protocol::MessageNew>(&row.change.payload);
            if (message == nullptr) continue;
            const Given* given =
                row.author && row.change.id ? given_by(scene, *row.author, *row.change.id) : nullptr;
            const auto* sent =
                given == nullptr ? nullptr : std::get_if<protocol::MessageSend>(&given->command);
            const bool as_sent =
                sent != nullptr && says(*message, *sent) && sent->reply_to == message->reply_to;
            // What became of it later was asked for as well, which `done` looks at.
            const bool changed = sent != nullptr && (message->edited_at || message->deleted_by);
            if ((as_sent || changed) && stands_in_its_place(scene, row, sent->target)) continue;
            scene.violated({18,
                            row.stream.text() + "/" + std::to_string(row.change.born) + " (\"" +
                                message->text.substr(0, 40) + "\") is a message that nobody gave for this",
                            {row.stream},
                            {}});
        }
        one_conversation_each(scene);
    }

  private:
    using Command = std::pair<AccountId, Uuid>;

    struct Done {
        Instant at;
        WallTime time;
    };

    /// One piece of work of a batch.
    struct Work {
        /// What the batch had brought before it, and with it.
        Effects before;
        Effects after;
        Effects effects;
    };

    void done(Scene& scene, const Work& work, const server::Replied& replied) {
        const AccountId by = server::to_id(replied.origin.account);
        const Uuid& id = *replied.origin.command;
        const Done now{scene.world().instant(), scene.server().now().wall};
        const bool fresh = done_.insert_or_assign({by, id}, now).second;
        if (std::holds_alternative<protocol::ConversationCreated>(replied.answer->payload))
            made_[{by, id}] = replied.answer->stream;
        const Given* given = given_by(scene, by, id);
        if (given == nullptr) {
            // A device that comes back to a restored server says again by itself how far was read, and writes
            // again the drafts that it had.
            if (!std::holds_alternative<protocol::ReadOk>(replied.answer->payload) &&
                !writes_again(scene, by, work.effects))
                wrong(scene, by, id, *replied.answer, "nobody gave it");
            return;
        }
        const Moment before(scene.history(), work.before);
        const Moment after(scene.history(), work.after);
        const MadeBy made = [&](const Uuid& creation) {
            return made_by(scene, by, creation);
        };
        const auto heard = heard_.find(id);
        const bool unseen = heard == heard_.end() || heard->second != starts_;
        const Deed deed{.after = after,
                        .before = before,
                        .effects = work.effects,
                        .answer = *replied.answer,
                        .by = by,
                        .id = id,
                        .first = changes_something(work.effects) || (fresh && !unseen),
                        .edits_max = scene.options().edits_max,
                        .made_by = made};
        const std::string complaint = what_is_wrong(deed, given->command);
        if (!complaint.empty()) wrong(scene, by, id, *replied.answer, complaint);
    }

    void refused(Scene& scene, const Work& work, const server::Replied& replied) {
        const AccountId by = server::to_id(replied.origin.account);
        const ErrorCode code = replied.answer.error().code;
        // To use a token again ends a sign-in, and is refused.
        if (changes_something(work.effects) && code != ErrorCode::refresh_reused)
            wrong(scene, by, replied, "and changed something");
        if (!replied.origin.command) return;
        if (class_of(code) == ErrorClass::permanent) refused_.insert({by, *replied.origin.command});
        const Given* given = given_by(scene, by, *replied.origin.command);
        if (given == nullptr) return;
        const Moment moment(scene.history(), work.after);
        const MadeBy made = [&](const Uuid& creation) {
            return made_by(scene, by, creation);
        };
        const bool has_followed = replied.origin.follows && is_known(scene, {by, *replied.origin.follows});
        const Refusal refusal{.moment = moment,
                              .code = code,
                              .by = by,
                              .device = server::to_id(replied.origin.device),
                              .has_followed = has_followed,
                              .everyone_invites = scene.options().everyone_invites,
                              .edits_max = scene.options().edits_max,
                              .made_by = made};
        if (!has_reason(refusal, given->command)) wrong(scene, by, replied, "for no reason");
    }

    /// Nothing but a draft that had been there in a history that was undone, or is there.
    static bool writes_again(const Scene& scene, const AccountId& by, Effects effects) {
        const auto had = [&](const History& history, const protocol::DraftChanged& draft) {
            const StreamHistory* own = history.find(StreamId{by.text()});
            const auto place =
                own == nullptr ? decltype(own->drafts.begin()){} : own->drafts.find(draft.conversation);
            if (own == nullptr || place == own->drafts.end()) return false;
            return std::ranges::any_of(own->states(place->second), [&](const auto* state) {
                const auto* said = std::get_if<protocol::DraftChanged>(&state->payload);
                return said != nullptr && said->text == draft.text;
            });
        };
        return std::ranges::all_of(effects, [&](const server::Effect& effect) {
            if (!changes_something(Effects(&effect, 1))) return true;
            const auto* own = std::get_if<server::AccountChange>(&effect);
            const auto* draft =
                own == nullptr ? nullptr : std::get_if<protocol::DraftChanged>(&own->change.payload);
            return draft != nullptr && server::to_id(own->account) == by &&
                   (had(scene.history(), *draft) ||
                    std::ranges::any_of(scene.undone(),
                                        [&](const auto& undone) { return had(undone, *draft); }));
        });
    }

    /// It was done, and the server has not forgotten that.
    bool is_known(Scene& scene, const Command& command) const {
        if (scene.history().place(command.first, command.second) != nullptr) return true;
        const auto done = done_.find(command);
        return done != done_.end() && !scene.may_be_forgotten(done->second.at, done->second.time);
    }

    /// What moves a receipt may be an ack.
    static bool changes_something(Effects effects) {
        return std::ranges::any_of(effects, [](const server::Effect& effect) {
            return std::holds_alternative<server::ConversationChange>(effect) ||
                   std::holds_alternative<server::AccountChange>(effect) ||
                   std::holds_alternative<server::Opened>(effect) ||
                   std::holds_alternative<server::Closed>(effect) ||
                   std::holds_alternative<server::DeviceRevoked>(effect);
        });
    }

    /// A creation that was refused and given again is another command, and what was to follow it goes along.
    std::optional<StreamId> made_by(Scene& scene, const AccountId& by, Uuid creation) const {
        for (;;) {
            if (const auto found = made_.find({by, creation}); found != made_.end()) return found->second;
            const Given* given = given_by(scene, by, creation);
            if (given == nullptr || !given->again_as) return std::nullopt;
            creation = *given->again_as;
        }
    }

    bool stands_in_its_place(Scene& scene, const StoredRow& row, const protocol::Target& target) const {
        const Moment moment(scene.history(), {});
        const MadeBy made = [&](const Uuid& creation) {
            return made_by(scene, *row.author, creation);
        };
        return fits_target(moment, *row.author, made, target, row.stream);
    }

    /// Of two persons, who may meet at the same time; or of one, who saves messages for himself.
    static void one_conversation_each(Scene& scene) {
        std::map<std::set<AccountId>, StreamId> known;
        for (const auto& [stream, history] : scene.history().streams()) {
            if (!history.conversation || history.kind != protocol::ConversationKind::direct) continue;
            std::set<AccountId> pair;
            for (const auto& [account, member] : history.members)
                pair.insert(account);
            if (history.spared) pair.insert(*history.spared);
            const auto [first, fresh] = known.try_emplace(pair, stream);
            if (fresh && (pair.size() == 1 || pair.size() == 2)) continue;
            scene.violated({18,
                            stream.text() + " is a direct conversation of " + std::to_string(pair.size()) +
                                (fresh ? "" : ", as is " + first->second.text() + " of the same"),
                            {stream, first->second},
                            {}});
        }
    }

    static void wrong(Scene& scene, const AccountId& by, const Uuid& id, const server::Answer& answer,
                      const std::string& complaint) {
        std::vector<StreamId> streams;
        if (!answer.stream.empty()) streams.push_back(answer.stream);
        scene.violated(
            {18, "command " + id.text() + " of " + by.text() + " was answered with success; " + complaint,
             std::move(streams), scene.devices_of(by)});
    }

    static void wrong(Scene& scene, const AccountId& by, const server::Replied& replied,
                      const std::string& complaint) {
        const std::string id = replied.origin.command ? replied.origin.command->text() : "(none)";
        scene.violated({18,
                        "command " + id + " of " + by.text() + " was refused with " +
                            std::string(name_of(replied.answer.error().code)) + ", " + complaint,
                        {},
                        scene.devices_of(by)});
    }

    /// With success, for the last time then.
    std::map<Command, Done> done_;
    /// For good.
    std::set<Command> refused_;
    std::map<Command, StreamId> made_;
    /// Before which start of the server they first came.
    std::map<Uuid, std::int64_t> heard_;
    std::int64_t starts_ = 0;
};

}  // namespace

std::unique_ptr<Promise> what_was_asked() {
    return std::make_unique<WhatWasAsked>();
}

}  // namespace parley::sim
