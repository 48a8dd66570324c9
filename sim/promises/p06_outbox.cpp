// 6. Each command in an outbox is in exactly one of queued, in flight, done, failed-and-shown; at the end
// none is queued or
//    in flight. A device's own messages keep their order in a conversation.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/questions.hpp"
#include "sim/said.hpp"
#include "sim/streams_of.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

class Outbox final : public Kept<Outbox> {
  public:
    int number() const override { return 6; }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (!envelope.re) return;
        const Place* place = scene.history().place(who.account, *envelope.re);
        if (place == nullptr) return;
        refused_again(scene, line, envelope, *place);
        if (std::holds_alternative<protocol::MessageAccepted>(envelope.payload))
            follows(scene, line, who, *envelope.re, *place);
    }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        const auto waiting = device.node->client().outbox();
        if (!waiting) return;
        std::map<Uuid, core::CommandState> states;
        for (const auto& one : *waiting) {
            if (!states.emplace(one.id, one.state).second) {
                wrong(scene, device, "holds command " + one.id.text() + " twice", streams_of(one.command));
            }
            if (one.failure && is_passing(one.failure->code)) {
                wrong(scene, device, "shows command " + one.id.text() + " as failed, which has only to wait",
                      streams_of(one.command));
            }
            if (one.state == core::CommandState::failed && done(scene, device, one.id) &&
                !may_be_refused_now(scene, device, one)) {
                wrong(scene, device,
                      "shows command " + one.id.text() + " as failed, which the server has done",
                      streams_of(one.command));
            }
        }
        nothing_lost(scene, device, states);
        stands_in_window(scene, device, showing, *waiting);
        for (const auto& message : showing.messages)
            is_changed(scene, device, message, *waiting);
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>&) override {
        const auto waiting = device.node->client().outbox();
        if (!waiting) return wrong(scene, device, "cannot read its outbox");
        for (const auto& one : *waiting) {
            if (one.state == core::CommandState::failed) continue;
            wrong(scene, device,
                  "still holds command " + one.id.text() + " as " +
                      (one.state == core::CommandState::queued ? "queued" : "in flight"),
                  streams_of(one.command));
        }
        in_order(scene, device);
        reads_arrived(scene, device, *waiting);
    }

  private:
    /// Refusals that say *not now*, or something of the device: none of them ends a command. Which they are
    /// stands in the protocol.
    static bool is_passing(ErrorCode code) { return class_of(code) != ErrorClass::permanent; }

    static bool done(const Scene& scene, const Device& device, const Uuid& id) {
        const AccountId& account = *device.person->account;
        return scene.history().place(account, id) != nullptr || scene.said().done.contains({account, id});
    }

    /// It was done so long ago, by the server's clock, that it was decided anew when it came again; and a
    /// question is answered anew each time.
    static bool may_be_refused_now(Scene& scene, const Device& device, const core::OutboxView& one) {
        if (only_asks(one.command)) return true;
        const std::pair key{*device.person->account, one.id};
        if (refusal_is_undone(scene, device, key)) return true;
        if (settled_by_a_joining(scene, key.first, one)) return true;
        const bool for_ever = std::holds_alternative<protocol::MessageSend>(one.command) ||
                              std::holds_alternative<protocol::ConversationCreate>(one.command);
        const auto found = scene.said().done_at.find(key);
        return !for_ever && found != scene.said().done_at.end() &&
               scene.may_be_forgotten(found->second.first, found->second.second);
    }

    /// It was refused in a history that a restore took back, of which nobody tells the device.
    static bool refusal_is_undone(Scene& scene, const Device& device, const std::pair<AccountId, Uuid>& key) {
        const auto& all = device.ledger.given();
        const auto given = std::ranges::find(all, key.second, &Given::id);
        return given != all.end() && given->refused && !scene.said().refused.contains(key);
    }

    /// Nothing was left to do, and so nothing was remembered: one had come in again behind that place. Once
    /// one is out, nothing tells a device that was away meanwhile.
    static bool settled_by_a_joining(const Scene& scene, const AccountId& account,
                                     const core::OutboxView& one) {
        const auto* read = std::get_if<protocol::Read>(&one.command);
        if (read == nullptr || !read->target.stream) return false;
        const Membership* own = scene.history().membership(*read->target.stream, account);
        return own != nullptr && !own->present && read->upto < own->joined;
    }

    /// What was done stays done, whoever may do what by the time at which it is asked for again.
    static void refused_again(Scene& scene, const Line& line, const protocol::Envelope& envelope,
                              const Place& place) {
        const auto* refusal = std::get_if<protocol::ErrorReply>(&envelope.payload);
        if (refusal == nullptr || is_passing(refusal->code)) return;
        scene.violated({6,
                        "message " + envelope.re->text() + " stands at " + place.stream.text() + "/" +
                            std::to_string(place.born) + " and was refused when it came again",
                        {place.stream},
                        {line.device_name()}});
    }

    /// Where a program named another message as the one before it, that one is there.
    static void follows(Scene& scene, const Line& line, const SignedIn& who, const Uuid& id,
                        const Place& place) {
        const Given* given = given_by(scene, who.account, id);
        if (given == nullptr || !given->follows) return;
        const Place* before = scene.history().place(who.account, *given->follows);
        if (before != nullptr && (before->stream != place.stream || before->born < place.born)) return;
        scene.violated({6,
                        "message " + id.text() + " was accepted, and " + given->follows->text() +
                            ", which it follows, does not stand before it",
                        {place.stream},
                        {line.device_name()}});
    }

    /// It goes into this conversation, as far as its target says by itself.
    static bool goes_into(const core::ConversationView& view, const protocol::Target& target) {
        if (target.stream) return *target.stream == view.stream;
        return target.direct && view.present && view.summary.peer &&
               view.summary.peer->account == *target.direct;
    }

    /// Each message that waits or has failed is shown where it is to stand, once, and as what it is; and
    /// nothing else is shown as one that does.
    static void stands_in_window(Scene& scene, Device& device, const Showing& showing,
                                 const std::vector<core::OutboxView>& waiting) {
        if (showing.view.pending) return;
        std::map<Uuid, core::MessageState> shown;
        for (const auto& message : showing.messages) {
            if (message.born == 0) shown.emplace(message.id, message.state);
        }
        std::size_t of_here = 0;
        std::vector<const core::OutboxView*> missing;
        for (const auto& one : waiting) {
            const auto* message = std::get_if<protocol::MessageSend>(&one.command);
            if (message == nullptr) continue;
            const auto found = shown.find(one.id);
            of_here += found != shown.end() || goes_into(showing.view, message->target) ? 1 : 0;
            if (found == shown.end()) {
                if (goes_into(showing.view, message->target)) missing.push_back(&one);
                continue;
            }
            const bool failed = one.state == core::CommandState::failed;
            const auto fits = failed ? core::MessageState::failed : core::MessageState::sending;
            if (found->second != fits)
                wrong(scene, device, "shows " + one.id.text() + " in another state than it is in",
                      {showing.view.stream});
            shown.erase(found);
        }
        for (const auto& [id, state] : shown)
            wrong(scene, device, "shows " + id.text() + " as waiting, which its outbox does not hold",
                  {showing.view.stream});
        // A window has room for so many of them; what it leaves out are the first.
        if (of_here > window_rows) return;
        for (const auto* one : missing)
            wrong(scene, device, "does not show command " + one->id.text() + ", which waits or has failed",
                  {showing.view.stream});
    }

    /// A message is shown as the edits and deletions leave it that wait for the server.
    static void is_changed(Scene& scene, const Device& device, const core::MessageView& message,
                           const std::vector<core::OutboxView>& waiting) {
        // What is deleted is not changed any more, whatever still waits for its refusal.
        if (!device.person->account || (message.deleted && !message.changing)) return;
        const AccountId& self = *device.person->account;
        const protocol::MessageEdit* edit = nullptr;
        bool deletion = false;
        for (const auto& one : waiting) {
            if (one.state == core::CommandState::failed) continue;
            const auto* text = std::get_if<protocol::MessageEdit>(&one.command);
            if (text != nullptr && text->message == message.id && message.sender == self) edit = text;
            const auto* gone = std::get_if<protocol::MessageDelete>(&one.command);
            deletion = deletion || (gone != nullptr && gone->message == message.id &&
                                    message.sender == gone->sender.value_or(self));
        }
        bool as_left = !message.changing;
        if (deletion)
            as_left = message.changing && message.deleted && message.text.empty() &&
                      message.mentions.empty() && message.entities.empty() && !message.custom &&
                      !message.forwarded;
        else if (edit != nullptr)
            as_left = message.changing && !message.deleted && says(message, *edit);
        if (!as_left)
            wrong(scene, device, "shows " + message.id.text() + " other than what waits for it leaves it");
    }

    /// What a device took over is in its outbox, or the server has done it.
    static void nothing_lost(Scene& scene, Device& device, const std::map<Uuid, core::CommandState>& states) {
        for (const Given& given : device.ledger.given()) {
            if (!given.kept || given.dropped || states.contains(given.id)) continue;
            if (device.person->account != given.account || done(scene, device, given.id)) continue;
            // A read is done with one that reaches as far, and not before.
            const auto* read = std::get_if<protocol::Read>(&given.command);
            if (read && read->target.stream &&
                scene.history().read(given.account, *read->target.stream) >= read->upto)
                continue;
            if (is_needless(scene, device, given)) continue;
            if (is_done_here(scene, device, given, states)) continue;
            if (is_in_its_message(scene, device, given)) continue;
            if (is_overwritten(scene, device, given) || is_taken_back(scene, device, given)) continue;
            if (is_needless_reaction(scene, given)) continue;
            // A question that waits is shown to nobody but who asked it.
            if (only_asks(given.command)) continue;
            wrong(scene, device, "lost command " + given.id.text(), streams_of(given.command));
        }
    }

    /// An edit or a deletion of a message that is deleted, or was before a restore took that back, or an edit
    /// of one that the person has deleted since.
    static bool is_needless(const Scene& scene, const Device& device, const Given& given) {
        const auto* edit = std::get_if<protocol::MessageEdit>(&given.command);
        const auto* deletion = std::get_if<protocol::MessageDelete>(&given.command);
        if (edit == nullptr && deletion == nullptr) return false;
        const Uuid& id = edit != nullptr ? edit->message : deletion->message;
        const AccountId sender =
            deletion != nullptr ? deletion->sender.value_or(given.account) : given.account;
        const auto deleted_in = [&](const History& all) {
            const Place* place = all.place(sender, id);
            const StreamHistory* history = place == nullptr ? nullptr : all.find(place->stream);
            const auto* message = history == nullptr ? nullptr : history->message(place->born);
            return message != nullptr && message->deleted_by.has_value();
        };
        if (deleted_in(scene.history()) || std::ranges::any_of(scene.undone(), deleted_in)) return true;
        return edit != nullptr && std::ranges::any_of(device.ledger.given(), [&](const Given& later) {
                   const auto* taken = std::get_if<protocol::MessageDelete>(&later.command);
                   return taken != nullptr && taken->message == id && !taken->sender &&
                          later.order > given.order;
               });
    }

    /// The own message that an edit or a deletion changes, under the id under which it was sent last.
    static const Given* message_of(Device& device, Uuid id) {
        const Given* message = device.ledger.find(id);
        while (message != nullptr && message->again_as)
            message = device.ledger.find(*message->again_as);
        return message;
    }

    /// A message that nobody else has had, and its deletion.
    static bool is_done_here(const Scene& scene, Device& device, const Given& given,
                             const std::map<Uuid, core::CommandState>& states) {
        const auto* deletion = std::get_if<protocol::MessageDelete>(&given.command);
        if (deletion != nullptr && deletion->sender) return false;
        const Uuid& id = deletion != nullptr ? deletion->message : given.id;
        const Given* message = device.ledger.find(id);
        if (message == nullptr || !std::holds_alternative<protocol::MessageSend>(message->command))
            return false;
        if (states.contains(id) || done(scene, device, id) || (message->sent && !message->refused))
            return false;
        return std::ranges::any_of(device.ledger.given(), [&](const Given& later) {
            const auto* taken = std::get_if<protocol::MessageDelete>(&later.command);
            return taken != nullptr && taken->message == id && !taken->sender && later.order > message->order;
        });
    }

    /// An edit that gave a message its text before it was sent; or a later one did.
    static bool is_in_its_message(const Scene&, Device& device, const Given& given) {
        const auto* edit = std::get_if<protocol::MessageEdit>(&given.command);
        const Given* message = edit != nullptr ? message_of(device, edit->message) : nullptr;
        if (message == nullptr) return false;
        // Thrown away with it.
        if (message->dropped) return true;
        const auto waiting = device.node->client().outbox();
        if (!waiting) return false;
        const auto found = std::ranges::find(*waiting, message->id, &core::OutboxView::id);
        const auto* send =
            std::get_if<protocol::MessageSend>(found == waiting->end() ? &message->command : &found->command);
        if (send == nullptr) return false;
        const Given* into = device.ledger.edit_into(edit->message, *send);
        if (into == nullptr) into = device.ledger.edit_into(message->id, *send);
        return into != nullptr && into->order >= given.order;
    }

    /// A reaction that gave way to what was said later by the same emoji; or whose message is deleted, or
    /// going to be by the same person, or was never accepted.
    static bool is_needless_reaction(const Scene& scene, const Given& given) {
        const auto* reaction = std::get_if<protocol::MessageReact>(&given.command);
        if (reaction == nullptr) return false;
        if (given.overtaken) return true;
        const auto gone_from = [&](const History& all) {
            const Place* place = all.place(reaction->sender.value_or(given.account), reaction->message);
            const StreamHistory* history = place == nullptr ? nullptr : all.find(place->stream);
            const auto* message = history == nullptr ? nullptr : history->message(place->born);
            return message == nullptr || message->deleted_by.has_value();
        };
        return gone_from(scene.history()) || std::ranges::any_of(scene.undone(), gone_from);
    }

    /// A draft that gave way to a later one of the same device; or one that took away what another device had
    /// replaced before.
    static bool is_overwritten(Scene& scene, const Device& device, const Given& given) {
        const auto* draft = std::get_if<protocol::DraftSet>(&given.command);
        if (draft != nullptr && draft->text.empty() && given.refused) return true;
        const SamePlace same = scene.same_place(given.account);
        return draft != nullptr && std::ranges::any_of(device.ledger.given(), [&](const Given& later) {
                   const auto* other = std::get_if<protocol::DraftSet>(&later.command);
                   return other != nullptr && same(other->target, draft->target) && later.order > given.order;
               });
    }

    /// A mark, and nothing else, that a later read of the same device took back before the server had it.
    static bool is_taken_back(Scene& scene, const Device& device, const Given& given) {
        const auto* set = std::get_if<protocol::PreferencesSet>(&given.command);
        const protocol::PreferencesSet mark{.target = set == nullptr ? protocol::Target{} : set->target,
                                            .marked_unread = true};
        return set != nullptr && *set == mark &&
               device.ledger.is_taken_back(given, scene.same_place(given.account));
    }

    /// What was read on a device is read for the person. Of what was refused and is shown as failed nobody
    /// knows any more, where a restore took back the refusal.
    static void reads_arrived(Scene& scene, const Device& device,
                              const std::vector<core::OutboxView>& waiting) {
        for (const Given& given : device.ledger.given()) {
            const auto* read = std::get_if<protocol::Read>(&given.command);
            if (read == nullptr || !given.kept || given.dropped || !read->target.stream) continue;
            if (scene.said().refused.contains({given.account, given.id})) continue;
            if (std::ranges::find(waiting, given.id, &core::OutboxView::id) != waiting.end()) continue;
            const Membership* member = scene.history().membership(*read->target.stream, given.account);
            if (member == nullptr || !member->present) continue;
            if (scene.history().read(given.account, *read->target.stream) >= read->upto) continue;
            wrong(scene, device,
                  "read " + read->target.stream->text() + " up to " + std::to_string(read->upto) +
                      ", and the server does not know",
                  {*read->target.stream});
        }
    }

    /// The messages of one device stand in each conversation in the order in which they were given.
    static void in_order(Scene& scene, const Device& device) {
        std::map<StreamId, std::pair<std::int64_t, Uuid>> last;
        for (const Given& given : device.ledger.given()) {
            const Place* place = scene.history().place(given.account, given.id);
            if (place == nullptr) continue;
            const auto [before, first] = last.try_emplace(place->stream, place->born, given.id);
            if (first) continue;
            if (place->born < before->second.first) {
                wrong(scene, device,
                      "gave " + before->second.second.text() + " before " + given.id.text() +
                          ", and they stand the other way round in " + place->stream.text(),
                      {place->stream});
            }
            before->second = {place->born, given.id};
        }
    }

    static void wrong(Scene& scene, const Device& device, std::string what,
                      std::vector<StreamId> streams = {}) {
        scene.violated(
            {6, device.node->name() + " " + std::move(what), std::move(streams), {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> outbox() {
    return std::make_unique<Outbox>();
}

}  // namespace parley::sim
