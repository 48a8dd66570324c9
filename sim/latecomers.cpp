#include "sim/latecomers.hpp"

#include "protocol/generated/cpp/limits.hpp"
#include "sim/local_reader.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::sim {

Latecomers::Latecomers(Scene& scene, Random chance)
    : scene_(scene), chance_(chance), with_old_disk_(chance_.below(2) == 0) {}

void Latecomers::keep_a_disk() {
    if (!with_old_disk_ || kept_) return;
    std::vector<Device*> able;
    for (const auto& device : scene_.devices()) {
        if (!device->signed_in() || !device->node->client().device()) continue;
        const auto waiting = device->node->client().outbox(0, 1);
        if (waiting && waiting->empty()) able.push_back(device.get());
    }
    if (able.empty()) return;
    Device* device = chance_.pick(able);
    kept_ = OldDisk{.disk = device->node->disk().copy(device->node->name() + " as it was"),
                    .device = device,
                    .id = *device->node->client().device(),
                    .restores = scene_.undone().size()};
}

std::optional<Latecomers::Arrival> Latecomers::arrive() {
    return with_old_disk_ ? old_disk() : fresh_device();
}

/// Of some person who has room for one more.
std::optional<Latecomers::Arrival> Latecomers::fresh_device() {
    Person& person = *chance_.pick(scene_.people());
    const StreamHistory* own = scene_.history().find(StreamId{person.account->text()});
    const auto there = std::ranges::count_if(own->latest, [&](const auto& row) {
        const auto* device = std::get_if<protocol::DeviceChanged>(&own->changes.at(row.second).payload);
        return device != nullptr && device->present;
    });
    auto others_show = scene_.all_shown(*person.devices.front());
    if (there >= limits::devices_max || !others_show) return std::nullopt;
    Device& device = scene_.add_device(person, person.handle + "/fresh");
    device.node->start();
    return Arrival{.device = &device, .others_show = std::move(*others_show)};
}

/// What its person does with the tokens that it had then is another story (promises 18 and 20): it gets those
/// of today.
std::optional<Latecomers::Arrival> Latecomers::old_disk() {
    if (!kept_) return std::nullopt;
    Device& device = *kept_->device;
    DeviceNode& node = *device.node;
    const auto waiting = node.client().outbox(0, 1);
    const auto tokens = node.held().tokens();
    if (node.client().device() != kept_->id || !waiting || !waiting->empty() || !tokens) return std::nullopt;
    const auto& of_person = device.person->devices;
    const auto another = std::ranges::find_if(of_person, [&](const Device* one) { return one != &device; });
    auto others_show = scene_.all_shown(another == of_person.end() ? device : **another);
    if (!others_show || !put_tokens(*kept_->disk, *tokens)) return std::nullopt;
    node.stop_recording();
    node.die(false);
    scene_.world().after(milliseconds(1), [&node, disk = std::move(kept_->disk)] {
        if (!node.buried()) return;
        node.disk().become(*disk);
        node.disk().settle();
        node.start();
    });
    device.shown.clear();
    device.behind_restore = kept_->restores != scene_.undone().size();
    return Arrival{.device = &device, .others_show = std::move(*others_show)};
}

}  // namespace parley::sim
