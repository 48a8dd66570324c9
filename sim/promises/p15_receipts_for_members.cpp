// 15. No receipt, typing or presence goes to anyone who may not have it.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace parley::sim {

namespace {

/// In larger groups nobody hears how far the others have read.
constexpr std::int64_t members_max = 20;

class ReceiptsForMembers final : public Kept<ReceiptsForMembers> {
  public:
    int number() const override { return 15; }

    /// Receipts are of members of small conversations, at the moment at which they move.
    void committed(Scene& scene, const server::Batch& batch) override {
        std::map<StreamId, std::map<AccountId, bool>> present;
        const auto members_of = [&](const StreamId& stream) -> std::map<AccountId, bool>& {
            const auto [found, first] = present.try_emplace(stream);
            const StreamHistory* history = scene.history().find(stream);
            if (first && history != nullptr) {
                for (const auto& [account, member] : history->members)
                    found->second[account] = member.present;
            }
            return found->second;
        };
        for (const auto& effect : batch.effects) {
            if (const auto* change = std::get_if<server::ConversationChange>(&effect)) {
                const auto* member = std::get_if<protocol::MemberChanged>(&change->change.payload);
                if (member == nullptr) continue;
                members_of(server::to_id(change->conversation))[member->profile.account] = member->present;
            } else if (const auto* moved = std::get_if<server::ReceiptMoved>(&effect)) {
                const StreamId stream = server::to_id(moved->conversation);
                auto& members = members_of(stream);
                if (!members[moved->receipt.account])
                    wrong(scene, stream,
                          "a receipt of " + moved->receipt.account.text() + " moved, who is out");
                if (std::ranges::count_if(members, [](const auto& one) { return one.second; }) > members_max)
                    wrong(scene, stream, "a receipt moved in a large group");
            }
        }
    }

    void server_said(Scene& scene, Line&, const SignedIn& who, const protocol::Envelope& envelope) override {
        const Membership* reader = scene.history().membership(envelope.stream, who.account);
        if (const auto* receipt = std::get_if<protocol::Receipt>(&envelope.payload)) {
            const std::int64_t newest = std::max(receipt->delivered, receipt->read);
            const bool may = reader != nullptr &&
                             (reader->present || newest <= reader->intervals.back().until.value_or(0));
            if (!may) {
                wrong(scene, envelope.stream,
                      who.account.text() + " was told how far " + receipt->account.text() + " has got");
            }
        } else if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload)) {
            if (!state->receipts.empty() && state->summary.members > members_max)
                wrong(scene, envelope.stream, "the state of a large group came with receipts");
        }
    }

  private:
    static void wrong(Scene& scene, const StreamId& stream, std::string what) {
        scene.violated({15, stream.text() + ": " + std::move(what), {stream}, {}});
    }
};

}  // namespace

std::unique_ptr<Promise> receipts_for_members() {
    return std::make_unique<ReceiptsForMembers>();
}

}  // namespace parley::sim
