// 12. Read positions and acks only grow; a person's is the maximum over devices.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"

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
                if (moved->receipt.read > receipts_read_[key])
                    was_read(scene, batch, effect, key, moved->receipt.read);
                grows(scene, receipts_read_, key, moved->receipt.read, "read receipt");
                grows(scene, delivered_, key, moved->receipt.delivered, "delivery receipt");
            }
        }
    }

    /// A device shows as read what its person has read, on it or elsewhere, also where a restore took it
    /// back.
    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        if (!device.person->account) return;
        std::int64_t read = scene.history().read(*device.person->account, showing.view.stream);
        for (const History& undone : scene.undone())
            read = std::max(read, undone.read(*device.person->account, showing.view.stream));
        if (showing.view.read <= read) return;
        for (const Given& given : device.ledger.given()) {
            const auto* one = std::get_if<protocol::Read>(&given.command);
            if (one != nullptr && one->target.stream == showing.view.stream) read = std::max(read, one->upto);
        }
        if (showing.view.read <= read) return;
        scene.violated({12,
                        device.node->name() + " shows " + showing.view.stream.text() + " as read up to " +
                            std::to_string(showing.view.read) + "; its person has read up to " +
                            std::to_string(read),
                        {showing.view.stream},
                        {device.node->name()}});
    }

  private:
    /// No further than the person has read, by what the batch had brought up to there.
    static void was_read(Scene& scene, const server::Batch& batch, const server::Effect& effect,
                         const std::pair<AccountId, StreamId>& key, std::int64_t told) {
        const Effects all(batch.effects);
        const Moment moment(scene.history(), all.first(static_cast<std::size_t>(&effect - all.data())));
        const std::int64_t read = moment.read(key.first, key.second);
        if (told <= read) return;
        scene.violated({12,
                        "the others are told that " + key.first.text() + " has read " + key.second.text() +
                            " up to " + std::to_string(told) + ", who has read up to " + std::to_string(read),
                        {key.second, StreamId{key.first.text()}},
                        {}});
    }

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
