// 9. Resuming from any token or cursor ever issued ends in the same state as starting fresh.
//
// So a token covers nothing that its device was not told: on the connection on which it is issued, or before
// the token with which that one began.

#include "server/domain/sync.hpp"
#include "sim/promise.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using server::SyncToken;

class TokensCover final : public Kept<TokensCover> {
  public:
    int number() const override { return 9; }

    void committed(Scene&, const server::Batch& batch) override {
        if (batch.last_position < batch.first_position) return;
        for (const auto& effect : batch.effects) {
            if (const auto* receipt = std::get_if<server::ReceiptMoved>(&effect))
                receipts_moved_[server::to_id(receipt->conversation)] = batch.last_position;
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr) continue;
            const StreamId stream = server::to_id(change->conversation);
            heads_[stream].emplace_back(batch.last_position, change->change.seq);
        }
    }

    void server_started(Scene&, const StoredRows& stored) override { begin(stored); }
    void epoch_begun(Scene&, const StoredRows& stored) override { begin(stored); }

    void server_heard(Scene&, Line& line, const protocol::Envelope& envelope) override {
        const auto* resume = std::get_if<protocol::Resume>(&envelope.payload);
        if (resume == nullptr) return;
        Told& told = told_[line.number()];
        told.began = resume->token ? read(*resume->token) : std::nullopt;
        told.held_upto = 0;
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        Told& told = told_[line.number()];
        note(told, envelope);
        std::optional<std::string> token;
        if (const auto* resumed = std::get_if<protocol::Resumed>(&envelope.payload)) token = resumed->token;
        if (const auto* sync = std::get_if<protocol::Sync>(&envelope.payload)) token = sync->token;
        if (const auto* pong = std::get_if<protocol::Pong>(&envelope.payload)) token = pong->token;
        if (!token) return;
        const auto issued = read(*token);
        if (!issued) return scene.surprise("a sync token that cannot be read: " + *token);
        covers_what_was_told(scene, line, who, told, *issued);
    }

  private:
    /// What was committed and never told to the shards, and what a new epoch passed over, lies before where
    /// the server begins.
    void begin(const StoredRows& stored) {
        maybe_moved_ = stored.position;
        for (const auto& [stream, head] : stored.heads) {
            Heads& known = heads_[stream];
            if (known.empty() || head > known.back().second) known.emplace_back(stored.position, head);
        }
    }

    /// A token without its seal.
    static std::optional<SyncToken> read(std::string_view token) {
        return server::parse_sync_token(token.substr(0, token.rfind('.')));
    }

    struct Told {
        /// With which the device came.
        std::optional<SyncToken> began;
        /// By stream: everything up to here, as far as the server has to know.
        std::map<StreamId, std::int64_t> upto;
        /// Own messages, of which an answer told.
        std::map<StreamId, std::set<std::int64_t>> answered;
        /// Commits up to here were held against an earlier token: of a stream that has not changed since, nor
        /// has who is in it, this one says nothing new.
        std::int64_t held_upto = 0;
    };

    static void note(Told& told, const protocol::Envelope& envelope) {
        const auto upto = [&](const StreamId& stream, std::int64_t seq) {
            std::int64_t& known = told.upto[stream];
            known = std::max(known, seq);
        };
        if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload))
            return upto(envelope.stream, state->head);
        if (const auto* joined = std::get_if<protocol::Joined>(&envelope.payload))
            upto(joined->conversation, joined->from - 1);
        if (!envelope.seq) return;
        if (std::holds_alternative<protocol::MessageAccepted>(envelope.payload)) {
            told.answered[envelope.stream].insert(*envelope.seq);
        } else if (std::holds_alternative<protocol::Skip>(envelope.payload) ||
                   (protocol::is_change(envelope.type()) && envelope.timestamp)) {
            upto(envelope.stream, *envelope.seq);
        }
    }

    void covers_what_was_told(Scene& scene, const Line& line, const SignedIn& who, Told& told,
                              const SyncToken& issued) const {
        const bool goes_on = told.began && told.began->epoch == issued.epoch;
        const SyncToken began = goes_on ? *told.began : SyncToken{};
        const StreamId own{who.account.text()};
        const std::int64_t newest = newest_upto(scene.history().find(own), issued.account_seq);
        if (newest > std::max(began.account_seq, told.upto[own]))
            wrong(scene, line, own, newest, told.upto[own]);
        const std::int64_t before = std::max(began.position, began.states_as_of);
        const std::int64_t settled = std::max(before, told.held_upto);
        if (issued.states_as_of == 0) told.held_upto = std::max(told.held_upto, issued.position);
        for (const auto& [stream, heads] : heads_) {
            if (heads.empty() || heads.back().first <= settled) continue;
            // What moved while states are sent in several parts is owed once more, with all that is new in
            // it.
            if (issued.states_as_of > 0 && moved_last(stream, heads) > issued.position) continue;
            const Membership* member = scene.history().membership(stream, who.account);
            if (member == nullptr || !member->present) continue;
            const std::int64_t head = head_at(heads, issued.position);
            const std::int64_t known = head_at(heads, before);
            // He came in only after what the token covers.
            if (member->joined > head || head <= known) continue;
            std::int64_t& upto = told.upto[stream];
            upto = std::max(upto, known);
            const auto& answered = told.answered[stream];
            while (answered.contains(upto + 1))
                ++upto;
            if (upto < head) wrong(scene, line, stream, head, upto);
        }
    }

    /// Number of the last change up to there: what a restore jumped over was never one.
    static std::int64_t newest_upto(const StreamHistory* history, std::int64_t seq) {
        if (history == nullptr) return 0;
        const auto behind = history->changes.upper_bound(seq);
        return behind == history->changes.begin() ? 0 : std::prev(behind)->first;
    }

    /// By commit position and number, both growing.
    using Heads = std::vector<std::pair<std::int64_t, std::int64_t>>;

    static std::int64_t head_at(const Heads& heads, std::int64_t position) {
        const auto behind = std::ranges::upper_bound(heads, position, {}, &Heads::value_type::first);
        return behind == heads.begin() ? 0 : std::prev(behind)->second;
    }

    /// The latest position at which its state may have become another one.
    std::int64_t moved_last(const StreamId& stream, const Heads& heads) const {
        const auto receipt = receipts_moved_.find(stream);
        const std::int64_t by_receipt = receipt == receipts_moved_.end() ? 0 : receipt->second;
        return std::max({heads.back().first, by_receipt, maybe_moved_});
    }

    static void wrong(Scene& scene, const Line& line, const StreamId& stream, std::int64_t covered,
                      std::int64_t told) {
        scene.violated({9,
                        line.device_name() + " was given a token that covers " + stream.text() + " up to " +
                            std::to_string(covered) + "; it was told of it up to " + std::to_string(told),
                        {stream},
                        {line.device_name()}});
    }

    std::map<StreamId, Heads> heads_;
    std::map<StreamId, std::int64_t> receipts_moved_;
    /// What a server that ended had committed and not told may have moved anything, up to here.
    std::int64_t maybe_moved_ = 0;
    std::map<std::uint64_t, Told> told_;
};

}  // namespace

std::unique_ptr<Promise> tokens_cover() {
    return std::make_unique<TokensCover>();
}

}  // namespace parley::sim
