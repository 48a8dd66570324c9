// 14. The server's counts equal a recount at every as_of; a device shows the newest triple it has, adjusted
//     by what it knows since; at the end both are equal.

#include "sim/local_reader.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace parley::sim {

namespace {

struct Recount {
    std::int64_t unread = 0;
    std::int64_t mentions = 0;
    friend bool operator==(const Recount&, const Recount&) = default;
};

/// A row, or what is shown of it.
template <class Message>
bool names(const Message& message, const AccountId& account) {
    return message.names_all || std::ranges::find(message.mentions, account) != message.mentions.end();
}

/// Whom a person has blocked.
using Blocked = std::set<AccountId>;

/// As of a change of his own stream.
Blocked blocked_by(const Scene& scene, const AccountId& account, std::int64_t as_of) {
    Blocked blocked;
    const StreamHistory* own = scene.history().find(StreamId{account.text()});
    if (own == nullptr) return blocked;
    for (const auto& [other, changes] : own->blocks)
        if (scene.history().has_blocked(account, other, as_of)) blocked.insert(other);
    return blocked;
}

constexpr std::int64_t now = std::numeric_limits<std::int64_t>::max();

/// Messages by others with a place in (read, upto] that the member may see, as they stood at `as_of`, and
/// none of those whom he has blocked.
Recount recount(const StreamHistory& history, const AccountId& account, const Blocked& blocked,
                std::int64_t read, std::int64_t upto, std::int64_t as_of) {
    Recount result;
    const auto member = history.members.find(account);
    if (member == history.members.end()) return result;
    for (auto row = history.latest.upper_bound(read); row != history.latest.end() && row->first <= upto;
         ++row) {
        const auto& [born, seq] = *row;
        const auto* message = seq <= as_of ? history.message(born) : history.message_as_of(born, as_of);
        const bool counts = message != nullptr && message->sender != account && !message->deleted_by &&
                            !blocked.contains(message->sender) && member->second.sees(born);
        if (!counts) continue;
        ++result.unread;
        if (names(*message, account)) ++result.mentions;
    }
    return result;
}

/// A deletion that waits is shown, and changes no count.
bool is_deleted(const core::MessageView& message) {
    return message.deleted && !message.changing;
}

/// Of what counted in (read, upto] as of `upto`, what the device has learnt since is deleted. That a person
/// was named he is told anew; that all were, the tombstone says.
Recount deleted_since(const Showing& showing, const StreamHistory& history, const AccountId& account,
                      std::int64_t read, std::int64_t upto) {
    Recount result;
    for (const core::MessageView& message : showing.messages) {
        if (!is_deleted(message) || message.not_on_server || message.sender == account || message.blocked)
            continue;
        if (message.born <= read || message.born > upto) continue;
        const auto* then = history.message_as_of(message.born, upto);
        if (then == nullptr || then->deleted_by) continue;
        ++result.unread;
        if (then->names_all) ++result.mentions;
    }
    return result;
}

/// The same of what a device shows, without what the server lost.
Recount shown_in(const Showing& showing, const AccountId& account, std::int64_t read, std::int64_t upto) {
    Recount result;
    for (const auto& message : showing.messages) {
        const bool counts = message.born > read && message.born <= upto && message.sender != account &&
                            !message.not_on_server && !message.blocked && !is_deleted(message);
        if (!counts) continue;
        ++result.unread;
        if (names(message, account)) ++result.mentions;
    }
    return result;
}

class Counts final : public Kept<Counts> {
  public:
    int number() const override { return 14; }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (std::holds_alternative<protocol::AuthOk>(envelope.payload))
            latest_wire_[line.device_name()] = line.number();
        if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
            note(line, envelope.stream, state->as_of);
            triple(scene, line, who, envelope.stream, state->read, state->unread, state->mentions,
                   state->as_of);
        } else if (const auto* ok = std::get_if<protocol::ReadOk>(&envelope.payload)) {
            note(line, envelope.stream, ok->as_of);
            triple(scene, line, who, envelope.stream, ok->upto, ok->unread, ok->mentions, ok->as_of);
        } else if (const auto* read = std::get_if<protocol::ReadChanged>(&envelope.payload)) {
            note(line, read->conversation, read->as_of);
            triple(scene, line, who, read->conversation, read->upto, read->unread, read->mentions,
                   read->as_of);
        } else if (const auto* joined = std::get_if<protocol::Joined>(&envelope.payload)) {
            // What was told of an earlier membership is nothing to the new one.
            told_.erase({line.number(), joined->conversation});
        } else if (const auto* left = std::get_if<protocol::Left>(&envelope.payload)) {
            told_.erase({line.number(), left->conversation});
        }
    }

    /// The newest counts that it has, less what was read since, and what came since.
    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        const StreamHistory* history = scene.history().find(showing.view.stream);
        if (history == nullptr || !device.person->account) return;
        const AccountId& account = *device.person->account;
        const Membership* member = scene.history().membership(history->id, account);
        const auto held = device.node->held().counts(history->id);
        if (member == nullptr || !held) return;
        if (!showing.view.present) return shows(scene, device, showing, {}, "is out");
        // Whom it named that an own deletion hides, which waits, is not shown.
        if (std::ranges::any_of(showing.messages, [&](const core::MessageView& message) {
                return message.deleted && message.changing && message.sender != account;
            }))
            return;
        // What has become of a block since the server counted is told with other counts.
        const Blocked blocked = blocked_by(scene, account, held->account);
        const auto listed = device.node->client().blocked();
        if (!listed) return;
        Blocked shown_blocked;
        for (const auto& one : *listed)
            shown_blocked.insert(one.account);
        if (blocked != shown_blocked) return;
        // Counts of an earlier membership say nothing of this one.
        if (member->joined > held->upto) return;
        const std::int64_t read = showing.view.read;
        // What was read since can be taken off only where it is on the device.
        const Recount taken_off =
            recount(*history, account, blocked, held->read, std::min(read, held->upto), held->upto);
        const Recount on_device = shown_in(showing, account, held->read, std::min(read, held->upto));
        const bool all_known = read >= held->upto || taken_off == on_device;
        if (!all_known) return;
        const std::int64_t counted_from = std::max(read, held->read);
        Recount expected = recount(*history, account, blocked, counted_from, held->upto, held->upto);
        const Recount deleted = deleted_since(showing, *history, account, counted_from, held->upto);
        expected.unread -= deleted.unread;
        expected.mentions -= deleted.mentions;
        const Recount newer =
            shown_in(showing, account, std::max(read, held->upto), std::numeric_limits<std::int64_t>::max());
        expected.unread += newer.unread;
        expected.mentions += newer.mentions;
        shows(scene, device, showing, expected,
              "was told counts up to " + std::to_string(held->upto) + " and has read up to " +
                  std::to_string(read));
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId account = *device.node->client().account();
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            if (history == nullptr) continue;
            // Who is out can settle nothing.
            const bool out = !showing.view.present;
            if (!out) holds_the_newest(scene, device, history->id);
            const std::int64_t read = scene.history().read(account, history->id);
            const Recount expected = out ? Recount{}
                                         : recount(*history, account, blocked_by(scene, account, now), read,
                                                   history->head(), history->head());
            if (showing.view.unread == expected.unread && showing.view.mentions == expected.mentions)
                continue;
            scene.violated({14,
                            device.node->name() + " shows " + std::to_string(showing.view.unread) +
                                " unread, " + std::to_string(showing.view.mentions) + " mentions in " +
                                history->id.text() + "; a recount from " + std::to_string(read) +
                                " on gives " + std::to_string(expected.unread) + " and " +
                                std::to_string(expected.mentions),
                            {history->id, StreamId{account.text()}},
                            {device.node->name()}});
        }
    }

  private:
    static void shows(Scene& scene, const Device& device, const Showing& showing, const Recount& expected,
                      const std::string& why) {
        if (showing.view.unread == expected.unread && showing.view.mentions == expected.mentions) return;
        scene.violated({14,
                        device.node->name() + " shows " + std::to_string(showing.view.unread) + " unread, " +
                            std::to_string(showing.view.mentions) + " mentions in " +
                            showing.view.stream.text() + "; it " + why + ", which leaves " +
                            std::to_string(expected.unread) + " and " + std::to_string(expected.mentions),
                        {showing.view.stream},
                        {device.node->name()}});
    }

    /// Of the triples that it was told on its latest connection, all of which have arrived by now.
    void holds_the_newest(Scene& scene, Device& device, const StreamId& stream) const {
        const auto wire = latest_wire_.find(device.node->name());
        if (wire == latest_wire_.end()) return;
        const auto told = told_.find({wire->second, stream});
        const auto held = device.node->held().as_of(stream);
        if (told == told_.end() || !held) return;
        const auto& [account, conversation] = told->second;
        if (held->account > account || (held->account == account && held->conversation >= conversation))
            return;
        scene.violated({14,
                        device.node->name() + " holds counts of " + stream.text() + " as of " +
                            std::to_string(held->conversation) + ", " + std::to_string(held->account) +
                            "; it was told newer ones, as of " + std::to_string(conversation) + ", " +
                            std::to_string(account),
                        {stream},
                        {device.node->name()}});
    }

    void note(const Line& line, const StreamId& stream, const protocol::AsOf& as_of) {
        auto& newest = told_[{line.number(), stream}];
        newest = std::max(newest, std::pair{as_of.account, as_of.conversation});
    }

    /// By device.
    std::map<std::string, std::uint64_t> latest_wire_;
    /// By connection: how far the account's stream and the conversation had come at the newest of them. Where
    /// two cross, the read position of the one that knows more of the account matters more.
    std::map<std::pair<std::uint64_t, StreamId>, std::pair<std::int64_t, std::int64_t>> told_;

    /// What the server says is a recount of what stood there at the point that it names.
    static void triple(Scene& scene, const Line& line, const SignedIn& who, const StreamId& stream,
                       std::int64_t read, std::int64_t unread, std::int64_t mentions,
                       const protocol::AsOf& as_of) {
        const StreamHistory* history = scene.history().find(stream);
        const Membership* member = scene.history().membership(stream, who.account);
        if (history == nullptr || member == nullptr || !member->present) return;
        // A membership that began after that point makes another recount.
        if (member->joined > as_of.conversation) return;
        const Recount expected = recount(*history, who.account, blocked_by(scene, who.account, as_of.account),
                                         read, as_of.conversation, as_of.conversation);
        if (unread == expected.unread && mentions == expected.mentions) return;
        scene.violated({14,
                        "the server counts " + std::to_string(unread) + " unread, " +
                            std::to_string(mentions) + " mentions for " + who.account.text() + " in " +
                            stream.text() + " as of " + std::to_string(as_of.conversation) + " read up to " +
                            std::to_string(read) + "; a recount gives " + std::to_string(expected.unread) +
                            " and " + std::to_string(expected.mentions),
                        {stream, StreamId{who.account.text()}},
                        {line.device_name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> counts() {
    return std::make_unique<Counts>();
}

}  // namespace parley::sim
