// 19. A blocked sender causes nothing: no notification, count, typing, presence, receipt.
//
// Who is sent what of a direct conversation is in p17_newcomer_sees_nothing.cpp, what counts in
// p14_counts.cpp. Here: what is committed, receipts, typing, who is brought in; and that at the end each
// device lists whom its person has blocked.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace parley::sim {

namespace {

/// What somebody who reads slowly may have before him of a while ago.
constexpr Duration lag_of_a_line = seconds(120);

class BlockedCauseNothing final : public Kept<BlockedCauseNothing> {
  public:
    int number() const override { return 19; }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (std::size_t i = 0; i < batch.effects.size(); ++i) {
            const auto& effect = batch.effects[i];
            const Moment moment(scene.history(), Effects(batch.effects).first(i));
            if (const auto* change = std::get_if<server::ConversationChange>(&effect)) {
                judge(scene, *change, moment);
                comes_in(*change, moment);
            } else if (const auto* moved = std::get_if<server::ReceiptMoved>(&effect)) {
                judge(scene, *moved, moment);
            } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
                note(scene, *own, moment);
            }
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (const auto* typing = std::get_if<protocol::TypingChanged>(&envelope.payload)) {
            if (stands_long(scene, who.account, typing->account))
                wrong(
                    scene, envelope.stream,
                    who.account.text() + " was told that " + typing->account.text() + " types, over a block");
        } else if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
            for (const auto& receipt : state->receipts)
                is_frozen(scene, envelope.stream, who.account, receipt);
        } else if (const auto* receipt = std::get_if<protocol::Receipt>(&envelope.payload)) {
            is_frozen(scene, envelope.stream, who.account, *receipt);
        } else if (const auto* joined = std::get_if<protocol::Joined>(&envelope.payload)) {
            const StreamHistory* history = scene.history().find(joined->conversation);
            if (history != nullptr && history->spared == who.account)
                wrong(scene, joined->conversation,
                      who.account.text() + " was told of a conversation that somebody whom he has blocked " +
                          "has begun, on " + line.device_name());
        }
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId account = *device.node->client().account();
        const auto listed = device.node->client().blocked();
        if (!listed) return;
        std::set<AccountId> shown;
        for (const auto& one : *listed) {
            shown.insert(one.account);
            if (one.changing) wrong(scene, {}, device.node->name() + " shows a block that still waits");
        }
        std::set<AccountId> known;
        if (const StreamHistory* own = scene.history().find(StreamId{account.text()}))
            for (const auto& [other, changes] : own->blocks)
                if (scene.history().has_blocked(account, other)) known.insert(other);
        if (shown != known)
            wrong(scene, StreamId{account.text()},
                  device.node->name() + " lists " + std::to_string(shown.size()) + " as blocked of " +
                      std::to_string(known.size()));
        for (const Showing& showing : all)
            for (const auto& message : showing.messages)
                if (message.blocked != known.contains(message.sender))
                    wrong(scene, showing.view.stream,
                          device.node->name() + " marks " + message.id.text() +
                              " otherwise than its sender is");
    }

    /// What is given on this device is shown at once.
    void listed(Scene& scene, Device& device, const std::vector<core::ConversationView>&) override {
        const auto outbox = device.node->client().outbox();
        const auto listed = device.node->client().blocked();
        if (!outbox || !listed) return;
        std::map<AccountId, bool> asked;
        for (const auto& one : *outbox)
            if (const auto* block = std::get_if<protocol::BlockSet>(&one.command);
                block != nullptr && one.state != core::CommandState::failed)
                asked[block->account] = block->blocked;
        for (const auto& [account, blocked] : asked)
            if ((std::ranges::count(*listed, account, &core::BlockedView::account) > 0) != blocked)
                wrong(scene, {}, device.node->name() + " does not show what waits to be sent");
    }

  private:
    using Pair = std::pair<AccountId, AccountId>;

    static bool is_apart(const Moment& moment, const AccountId& one, const AccountId& other) {
        return moment.has_blocked(one, other) || moment.has_blocked(other, one);
    }

    /// In a direct conversation what the blocked one adds is told to himself alone, and the blocker adds
    /// nothing. Nobody is brought in by somebody whom he has blocked.
    static void judge(Scene& scene, const server::ConversationChange& change, const Moment& moment) {
        const StreamId stream = server::to_id(change.conversation);
        const AccountId by = server::to_id(change.origin.account);
        if (const auto* member = std::get_if<protocol::MemberChanged>(&change.change.payload)) {
            const AccountId& who = member->profile.account;
            const bool group = moment.kind(stream) == protocol::ConversationKind::group;
            const bool comes = member->present && !moment.present(stream, who);
            if (group && comes && who != by && moment.has_blocked(who, by))
                wrong(scene, stream, by.text() + " brought in " + who.text() + ", who has blocked him");
            return;
        }
        const auto other = change.origin.account ? moment.other_in(stream, by) : std::nullopt;
        if (!other || !adds(change.change)) return;
        if (moment.has_blocked(by, *other))
            wrong(scene, stream,
                  by.text() + " adds to the conversation with " + other->text() + ", whom he has blocked");
        const auto key = server::account_key(other->text());
        const bool told = key && std::ranges::count(change.unseen_by, *key) == 0;
        if (told && moment.has_blocked(*other, by) && change.change.seq == change.change.born)
            wrong(scene, stream, other->text() + " is told what " + by.text() + " says, whom he has blocked");
    }

    static bool adds(const protocol::Change& change) {
        if (const auto* message = std::get_if<protocol::MessageNew>(&change.payload))
            return !message->deleted_by;
        if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&change.payload))
            return reaction->emoji.has_value();
        const auto* pin = std::get_if<protocol::PinChanged>(&change.payload);
        return pin != nullptr && !pin->removed;
    }

    /// In the order of commits no receipt passes a block.
    static void judge(Scene& scene, const server::ReceiptMoved& moved, const Moment& moment) {
        const StreamId stream = server::to_id(moved.conversation);
        const StreamHistory* history = scene.history().find(stream);
        if (history == nullptr) return;
        for (const auto& [account, member] : history->members) {
            const auto key = server::account_key(account.text());
            if (!member.present || account == moved.receipt.account || !key) continue;
            if (is_apart(moment, account, moved.receipt.account) &&
                std::ranges::count(moved.unheard_by, *key) == 0)
                wrong(scene, stream,
                      account.text() + " is told how far " + moved.receipt.account.text() + " has got");
        }
    }

    /// Whoever comes in under a block is told how far the other had got then.
    void comes_in(const server::ConversationChange& change, const Moment& moment) {
        const auto* member = std::get_if<protocol::MemberChanged>(&change.change.payload);
        if (member == nullptr || !member->present) return;
        const StreamId stream = server::to_id(change.conversation);
        if (moment.present(stream, member->profile.account)) return;
        for (const auto& [pair, since] : since_) {
            for (const auto& [one, other] : {pair, Pair(pair.second, pair.first)}) {
                if (one != member->profile.account && other != member->profile.account) continue;
                std::int64_t& known = read_then_[{stream, one, other}];
                known = std::max(known, moment.read(one, stream));
            }
        }
    }

    /// How far each had read when the block came between the two.
    void note(Scene& scene, const server::AccountChange& own, const Moment& moment) {
        const auto* block = std::get_if<protocol::BlockChanged>(&own.change.payload);
        if (block == nullptr) return;
        const AccountId blocker = server::to_id(own.account);
        const bool apart_before = is_apart(moment, blocker, block->account);
        const bool apart = block->blocked || moment.has_blocked(block->account, blocker);
        const Pair pair = std::minmax(blocker, block->account);
        if (!apart) {
            since_.erase(pair);
            std::erase_if(read_then_, [&](const auto& one) {
                const auto& [stream, account, reader] = one.first;
                return Pair(std::minmax(account, reader)) == pair;
            });
            return;
        }
        if (apart_before) return;
        since_[pair] = scene.world().instant();
        for (const auto& [stream, history] : scene.history().streams()) {
            if (!history.conversation) continue;
            read_then_[{stream, blocker, block->account}] = moment.read(blocker, stream);
            read_then_[{stream, block->account, blocker}] = moment.read(block->account, stream);
        }
    }

    bool stands_long(Scene& scene, const AccountId& one, const AccountId& other) const {
        const auto found = since_.find(std::minmax(one, other));
        return found != since_.end() && found->second + lag_of_a_line < scene.world().instant();
    }

    /// What is said of somebody over a block was so when it began, or is that he came in since.
    void is_frozen(Scene& scene, const StreamId& stream, const AccountId& reader,
                   const protocol::Receipt& receipt) const {
        if (!stands_long(scene, reader, receipt.account)) return;
        const auto then = read_then_.find({stream, receipt.account, reader});
        const Membership* member = scene.history().membership(stream, receipt.account);
        const std::int64_t joined = member == nullptr ? 1 : member->joined;
        const std::int64_t known = then == read_then_.end() ? 0 : then->second;
        if (receipt.read <= std::max(known, joined)) return;
        wrong(scene, stream,
              reader.text() + " is told that " + receipt.account.text() + " has read up to " +
                  std::to_string(receipt.read) + ", over a block");
    }

    static void wrong(Scene& scene, const StreamId& stream, std::string what) {
        scene.violated({19, std::move(what), {stream}, {}});
    }

    /// Since when two are apart, by the smaller account and the other.
    std::map<Pair, Instant> since_;
    /// How far somebody had read then, by the conversation, him, and who is told.
    std::map<std::tuple<StreamId, AccountId, AccountId>, std::int64_t> read_then_;
};

}  // namespace

std::unique_ptr<Promise> blocked_cause_nothing() {
    return std::make_unique<BlockedCauseNothing>();
}

}  // namespace parley::sim
