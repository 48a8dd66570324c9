#include "server/bus/local_bus.hpp"

#include <algorithm>
#include <latch>
#include <memory>
#include <utility>

namespace parley::server {

void LocalBus::announce(std::uint32_t from_shard, DeviceConnected connected) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (i == from_shard) continue;
        shards_[i].post(
            [connected](Shard& shard, Now now) { shard.handle_device_connected(connected, now); });
    }
}

void LocalBus::announce(std::uint32_t from_shard, Typed typed) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (i == from_shard) continue;
        shards_[i].post([typed](Shard& shard, Now now) { shard.handle_typed(typed, now); });
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
        for (const Posted& shard : shards_) {
            shard.post([encoded, &ended](Shard& on, Now now) {
                on.handle_revocations(encoded->batch(), now);
                ended.count_down();
            });
        }
        ended.wait();
    }
    wait_for_room();
    const auto bytes = static_cast<std::int64_t>(encoded->weight());
    for (Posted& shard : shards_) {
        shard.unwalked_bytes += bytes;
        shard.post([this, encoded, bytes, &shard](Shard& on, Now now) {
            on.handle_batch(encoded, now);
            walked(shard, bytes);
        });
    }
}

void LocalBus::wait_for_room() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] {
        return std::ranges::all_of(
            shards_, [this](const Posted& shard) { return shard.unwalked_bytes <= unwalked_bytes_max_; });
    });
}

void LocalBus::walked(Posted& shard, std::int64_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        shard.unwalked_bytes -= bytes;
    }
    room_.notify_one();
}

}  // namespace parley::server
