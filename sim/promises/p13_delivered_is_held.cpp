// 13. Delivered is said only after the device's database committed the message or, after a jump, the newest
// page.

#include "sim/local_reader.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace parley::sim {

namespace {

class DeliveredIsHeld final : public Kept<DeliveredIsHeld> {
  public:
    int number() const override { return 13; }

    /// What it had heard and not written down is forgotten.
    void server_started(Scene&, const StoredRows& stored) override { acked_ = stored.delivered; }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        const auto* ack = std::get_if<protocol::Ack>(&envelope.payload);
        const SignedIn* who = scene.signed_in(line);
        if (ack == nullptr || who == nullptr) return;
        for (const auto& position : ack->streams) {
            auto& acked = acked_[{who->account, position.stream}];
            acked = std::max(acked, position.seq);
        }
    }

    void device_said(Scene& scene, Device& device, const protocol::Envelope& envelope) override {
        const auto* ack = std::get_if<protocol::Ack>(&envelope.payload);
        if (ack == nullptr) return;
        for (const auto& position : ack->streams)
            is_held(scene, device, position);
    }

    /// The server says no more than it has heard.
    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            const auto* moved = std::get_if<server::ReceiptMoved>(&effect);
            if (moved == nullptr) continue;
            const StreamId stream = server::to_id(moved->conversation);
            const std::int64_t acked = acked_[{moved->receipt.account, stream}];
            if (moved->receipt.delivered <= acked) continue;
            scene.violated({13,
                            "the server says that " + moved->receipt.account.text() + " has " +
                                stream.text() + " up to " + std::to_string(moved->receipt.delivered) +
                                "; his devices have said " + std::to_string(acked),
                            {stream},
                            {}});
        }
    }

    void server_said(Scene& scene, Line&, const SignedIn&, const protocol::Envelope& envelope) override {
        if (const auto* receipt = std::get_if<protocol::Receipt>(&envelope.payload)) {
            note(scene, envelope.stream, *receipt);
        } else if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
            for (const auto& one : state->receipts)
                note(scene, envelope.stream, one);
        }
    }

    /// What a device shows as delivered or read is so for everybody who was there and still is, and for
    /// somebody at least: whoever came in later has not read what was said before. Or it was so before a
    /// restore took that away, which nobody tells devices.
    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        if (!device.person->account) return;
        const AccountId& own = *device.person->account;
        for (const auto& message : showing.messages) {
            const bool claims =
                message.state == core::MessageState::delivered || message.state == core::MessageState::read;
            if (!message.own || message.born == 0 || !claims) continue;
            if (message.not_on_server) {
                too_early(scene, device, showing, message, "the server lost it");
                continue;
            }
            const auto doubt = doubt_of(scene.history(), own, showing.view.stream, message);
            if (!doubt) continue;
            const bool was_so = std::ranges::any_of(scene.undone(), [&](const History& history) {
                return !doubt_of(history, own, showing.view.stream, message);
            });
            if (!was_so) too_early(scene, device, showing, message, *doubt);
        }
    }

  private:
    /// Why what was told does not say that this message has come as far as is claimed; nothing: it does.
    std::optional<std::string> doubt_of(const History& history, const AccountId& own, const StreamId& stream,
                                        const core::MessageView& message) const {
        const StreamHistory* found = history.find(stream);
        if (found == nullptr || found->message(message.born) == nullptr) return "it does not stand there";
        const bool read = message.state == core::MessageState::read;
        bool by_somebody = false;
        for (const auto& [account, member] : found->members) {
            if (account == own) continue;
            for (const Interval& interval : member.intervals) {
                if (!interval.has_a_say(message.born)) continue;
                const auto told = told_->find({account, stream, interval.joined});
                const Reached reached = told == told_->end() ? Reached{} : told->second;
                const std::int64_t upto = read ? reached.read : std::max(reached.delivered, reached.read);
                by_somebody = by_somebody || upto >= message.born;
                // In a group whoever is blocked has no say.
                const bool has_a_say = !history.were_apart(own, account);
                if (upto < message.born && !interval.until && has_a_say)
                    return "nobody has said so of " + account.text();
            }
        }
        if (!by_somebody) return "nobody who could see it has said so";
        return std::nullopt;
    }

    /// What is new since its last ack is on the device: all that came after its last jump, and the newest
    /// that it may see, or what came behind it meanwhile: a jump leaves out what lies before the newest page.
    void is_held(Scene& scene, Device& device, const protocol::StreamPosition& acked) {
        const core::Client& client = device.node->client();
        const StreamHistory* history = scene.history().find(acked.stream);
        const Membership* member = scene.history().membership(acked.stream, *client.account());
        if (history == nullptr || member == nullptr || !client.device()) return;
        LocalReader& holds = device.node->held();
        const auto base = holds.base(acked.stream);
        if (!base) return;
        std::int64_t& proven = proven_[{*client.device(), acked.stream}];
        const std::int64_t first = std::max(*base, proven) + 1;
        std::int64_t visible = 0;
        for (auto row = history->latest.lower_bound(first);
             row != history->latest.end() && row->first <= acked.seq; ++row)
            visible += history->message(row->first) != nullptr && member->sees(row->first) ? 1 : 0;
        const auto held = holds.messages(acked.stream, first, acked.seq);
        const std::int64_t newest = newest_seen(*history, *member, acked.seq);
        const auto has_newest = newest == 0 ? std::optional<std::int64_t>(0)
                                            : holds.messages(acked.stream, newest, history->head());
        if (!held || !has_newest) return;
        if (!holds.all_committed())
            return scene.violated(
                {13,
                 device.node->name() + " acknowledged " + acked.stream.text() + " with a transaction open",
                 {acked.stream},
                 {device.node->name()}});
        proven = std::max(proven, acked.seq);
        if (*held >= visible && (newest == 0 || *has_newest > 0)) return;
        scene.violated({13,
                        device.node->name() + " acknowledged " + acked.stream.text() + " up to " +
                            std::to_string(acked.seq) + " and holds " + std::to_string(*held) + " of " +
                            std::to_string(visible) + " messages from " + std::to_string(first) + " on" +
                            (newest == 0 || *has_newest > 0 ? "" : ", and not the newest"),
                        {acked.stream},
                        {device.node->name()}});
    }

    /// The newest message of the present membership with a place up to here; 0: none.
    static std::int64_t newest_seen(const StreamHistory& history, const Membership& member,
                                    std::int64_t upto) {
        for (auto row = history.latest.upper_bound(upto); row != history.latest.begin();) {
            --row;
            if (row->first < member.joined) break;
            if (history.message(row->first) != nullptr && member.sees(row->first)) return row->first;
        }
        return 0;
    }

    /// A place says which membership it is of: the latest joining counts as read, and nothing before it.
    void note(Scene& scene, const StreamId& stream, const protocol::Receipt& receipt) {
        const Membership* member = scene.history().membership(stream, receipt.account);
        if (member == nullptr) return;
        const auto& intervals = member->intervals;
        for (std::size_t i = 0; i < intervals.size(); ++i) {
            // A place that he was spared stands where nothing was said: it speaks of what lies before it.
            const bool goes_on = i + 1 < intervals.size() && intervals[i + 1].joined == intervals[i].joined;
            const auto is_said = [&](std::int64_t place) {
                return intervals[i].has_a_say(place) ||
                       (goes_on && place >= intervals[i].from && place < intervals[i + 1].from);
            };
            Reached& reached = (*told_)[{receipt.account, stream, intervals[i].joined}];
            if (is_said(receipt.delivered))
                reached.delivered = std::max(reached.delivered, receipt.delivered);
            if (!is_said(receipt.read) || receipt.read <= reached.read) continue;
            reached.read = receipt.read;
            if (receipt.read <= scene.history().read(receipt.account, stream)) continue;
            scene.violated({13,
                            "the server says that " + receipt.account.text() + " has read " + stream.text() +
                                " up to " + std::to_string(receipt.read) + ", which nobody has",
                            {stream},
                            {}});
        }
    }

    static void too_early(Scene& scene, const Device& device, const Showing& showing,
                          const core::MessageView& message, const std::string& why) {
        scene.violated({13,
                        device.node->name() + " shows " + message.id.text() + " (born " +
                            std::to_string(message.born) + ") as state " +
                            std::to_string(static_cast<int>(message.state)) + "; " + why,
                        {showing.view.stream},
                        {device.node->name()}});
    }

    struct Reached {
        std::int64_t delivered = 0;
        std::int64_t read = 0;
    };
    /// Highest ack that reached the server.
    std::map<std::pair<AccountId, StreamId>, std::int64_t> acked_;
    using Told = std::map<std::tuple<AccountId, StreamId, std::int64_t>, Reached>;
    /// The furthest that the server has told anybody, by member and the first place of his membership. Shared
    /// by all copies, since no restore takes back what devices were told.
    std::shared_ptr<Told> told_ = std::make_shared<Told>();
    /// Acks up to here have been looked at.
    std::map<std::pair<DeviceId, StreamId>, std::int64_t> proven_;
};

}  // namespace

std::unique_ptr<Promise> delivered_is_held() {
    return std::make_unique<DeliveredIsHeld>();
}

}  // namespace parley::sim
