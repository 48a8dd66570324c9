#include "server/bus/local_bus.hpp"

#include <algorithm>
#include <latch>
#include <memory>
#include <utility>

namespace parley::server {

void LocalBus::announce(std::uint32_t from_shard, DeviceConnected connected) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (i == from_shard) continue;
        shards_[i]([connected](Shard& shard, Now now) { shard.handle_device_connected(connected, now); });
    }
}

void LocalBus::publish(Batch batch) {
    const auto encoded = std::make_shared<const EncodedBatch>(
        std::make_shared<const Batch>(std::move(batch)));  // by every shard
    const auto& effects = encoded->batch().effects;
    const bool revokes = std::any_of(effects.begin(), effects.end(), [](const Effect& effect) {
        return std::holds_alternative<DeviceRevoked>(effect);
    });
    if (revokes && shards_.size() > 1) {
        std::latch ended(static_cast<std::ptrdiff_t>(shards_.size()));
        for (const Post& post : shards_) {
            post([encoded, &ended](Shard& shard, Now now) {
                shard.handle_revocations(encoded->batch(), now);
                ended.count_down();
            });
        }
        ended.wait();
    }
    for (const Post& post : shards_) {
        post([encoded](Shard& shard, Now now) { shard.handle_batch(encoded, now); });
    }
}

}  // namespace parley::server
