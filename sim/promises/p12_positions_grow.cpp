// 12. Read positions and acks only grow; a person's is the maximum over devices.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace parley::sim {

namespace {

class PositionsGrow final : public Kept<PositionsGrow> {
  public:
    int number() const override { return 12; }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
                if (const auto* read = std::get_if<protocol::ReadChanged>(&own->change.payload)) {
                    grows(scene, reads_, {server::to_id(own->account), read->conversation}, read->upto,
                          "read position");
                }
            } else if (const auto* moved = std::get_if<server::ReceiptMoved>(&effect)) {
                const std::pair key{moved->receipt.account, server::to_id(moved->conversation)};
                grows(scene, receipts_read_, key, moved->receipt.read, "read receipt");
                grows(scene, delivered_, key, moved->receipt.delivered, "delivery receipt");
            }
        }
    }

  private:
    using Positions = std::map<std::pair<AccountId, StreamId>, std::int64_t>;

    static void grows(Scene& scene, Positions& positions, const std::pair<AccountId, StreamId>& key,
                      std::int64_t now, std::string_view what) {
        std::int64_t& before = positions[key];
        if (now < before) {
            scene.violated({12,
                            std::string(what) + " of " + key.first.text() + " in " + key.second.text() +
                                " went from " + std::to_string(before) + " to " + std::to_string(now),
                            {key.second},
                            {}});
        }
        before = std::max(before, now);
    }

    Positions reads_;
    Positions receipts_read_;
    Positions delivered_;
};

}  // namespace

std::unique_ptr<Promise> positions_grow() {
    return std::make_unique<PositionsGrow>();
}

}  // namespace parley::sim
