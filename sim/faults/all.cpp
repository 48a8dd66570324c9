#include "sim/faults/fault.hpp"

#include <array>

namespace parley::sim {

extern const Fault cut_connection;
extern const Fault half_open;
extern const Fault dead_air;
extern const Fault slow_link;
extern const Fault stop_reading;
extern const Fault kill_device;
extern const Fault device_loses_power;
extern const Fault device_dies_starting;
extern const Fault device_dies_writing;
extern const Fault device_dies_sending;
extern const Fault device_sync_fails;
extern const Fault wrong_clock;
extern const Fault kill_server;
extern const Fault server_loses_power;
extern const Fault server_dies_starting;
extern const Fault server_dies_writing;
extern const Fault server_sync_fails;
extern const Fault server_disk_full;
extern const Fault drain_server;
extern const Fault change_network;
extern const Fault device_disk_full;
extern const Fault server_clock;
extern const Fault lose_answers;
extern const Fault lose_questions;
extern const Fault hand_over;
extern const Fault slow_reads;
extern const Fault restore_server;
extern const Fault put_copy_back;

std::span<const Fault* const> all_faults() {
    static constexpr std::array known_faults{
        &cut_connection,
        &half_open,
        &dead_air,
        &slow_link,
        &stop_reading,
        &kill_device,
        &device_loses_power,
        &device_dies_writing,
        &device_dies_sending,
        &device_sync_fails,
        &wrong_clock,
        &kill_server,
        &server_loses_power,
        &server_dies_writing,
        &server_sync_fails,
        &server_disk_full,
        &drain_server,
        &change_network,
        &device_disk_full,
        &server_clock,
        &lose_answers,
        &hand_over,
        &slow_reads,
        &restore_server,
        &put_copy_back,
        &device_dies_starting,
        &server_dies_starting,
        &lose_questions,
    };
    return known_faults;
}

Device* any_device(Scene& scene) {
    std::vector<Device*> up;
    for (const auto& device : scene.devices()) {
        if (device->node->up()) up.push_back(device.get());
    }
    if (up.empty()) return nullptr;
    Device* chosen = scene.world().random().pick(up);
    scene.world().note(chosen->node->name(), "struck");
    return chosen;
}

Device* busy_device(Scene& scene) {
    constexpr int tries_max = 3;
    Device* device = nullptr;
    for (int tries = 0; tries < tries_max; ++tries) {
        device = any_device(scene);
        if (device == nullptr || !device->signed_in()) continue;
        const auto waiting = device->node->client().outbox(0, 1);
        if (waiting && !waiting->empty()) return device;
    }
    return device;
}

bool strike_link(Scene& scene, Device* device, bool Link::* what, std::int64_t least_ms) {
    if (device == nullptr || device->node->link().*what != Link{}.*what) return false;
    constexpr std::int64_t longest_ms = 90'000;
    device->node->link().*what = !(Link{}.*what);
    scene.world().after(milliseconds(scene.world().random().between(least_ms, longest_ms)),
                        [device, what] { device->node->link().*what = Link{}.*what; });
    return true;
}

}  // namespace parley::sim
