#include "sim/device_node.hpp"

#include <cassert>
#include <utility>

namespace parley::sim {

DeviceNode::DeviceNode(World& world, ServerNode& server, std::string name, core::ClientOptions options,
                       Heard heard)
    : hardware_{.world = world,
                .server = server,
                .name = name,
                .options = std::move(options),
                .random = world.fork(name),
                .disk = MemoryDisk(name, world.fork(name + " disk")),
                .link = {},
                .clock_error = {}},
      heard_(std::move(heard)) {}

DeviceNode::~DeviceNode() = default;

std::unique_ptr<Tab> DeviceNode::new_tab() {
    ++lives_;
    // Both are called while the tab is there, so it is known who speaks.
    const auto self = std::make_shared<const Tab*>(nullptr);  // by both
    auto tab = std::make_unique<Tab>(
        hardware_,
        Tab::Told{.notice = [this, self](const core::Notice& notice) { heard(**self, notice); },
                  .died =
                      [this, self](bool power_lost) {
                          // An older tab ends alone.
                          if (*self == tab_.get() || power_lost) die(power_lost);
                      }},
        record_to_);
    *self = tab.get();
    return tab;
}

void DeviceNode::heard(const Tab& tab, const core::Notice& notice) {
    if (&tab == tab_.get()) heard_(notice);
}

void DeviceNode::stop_recording() {
    record_to_ = nullptr;
    if (tab_) tab_->stop_recording();
}

bool DeviceNode::start() {
    assert(tab_ == nullptr && !dying_);
    hardware_.world.note(name(), "start");
    full_at_start_ = disk().counts().full;
    tab_ = new_tab();
    if (!tab_->open()) die(false);
    return up();
}

void DeviceNode::die(bool power_lost) {
    if (tab_ == nullptr || dying_) return;
    dying_ = true;
    power_lost_ = power_lost;
    hardware_.world.note(name(), power_lost ? "power lost" : "killed",
                         std::to_string(disk().counts().failed_syncs));
    tab_->die(power_lost);
    for (const auto& tab : older_)
        tab->die(power_lost);
    // Its own code may be running right now, so what it leaves is cleared away after it.
    hardware_.world.after({}, [this] { bury(); });
}

void DeviceNode::die_at(std::int64_t disk_operation, bool power_lost) {
    if (up()) tab_->die_at(disk_operation, power_lost);
}

void DeviceNode::die_behind(std::int64_t actions, bool power_lost) {
    if (up()) tab_->die_behind(actions, power_lost);
}

void DeviceNode::live_on() {
    hardware_.start_death = {0, false};
    if (tab_) tab_->live_on();
    for (const auto& tab : older_)
        tab->live_on();
}

void DeviceNode::bury() {
    older_.clear();
    tab_.reset();
    if (power_lost_) disk().lose_power();
    power_lost_ = false;
    dying_ = false;
}

bool DeviceNode::hand_over(bool politely) {
    if (!up()) return false;
    hardware_.world.note(name(), "hand over", politely ? "politely" : "");
    full_at_start_ = disk().counts().full;
    tab_->stop_recording();
    if (politely) tab_->die(false);
    older_.push_back(std::exchange(tab_, new_tab()));
    if (tab_->open()) return true;
    die(false);
    return false;
}

void DeviceNode::close_older() {
    for (const auto& tab : older_)
        tab->die(false);
    older_.clear();
}

void DeviceNode::act(const std::function<void(core::Client&)>& what) {
    if (up()) tab_->act(what);
}

void DeviceNode::ask(HttpQuestion question) {
    if (up()) tab_->ask(std::move(question));
}

void DeviceNode::settle() {
    if (up()) tab_->settle();
}

void DeviceNode::cut(bool silently) {
    ++hardware_.losses;
    if (!silently) ++hardware_.cuts;
    if (tab_) tab_->cut(silently);
}

void DeviceNode::read_on() {
    if (tab_) tab_->read_on();
    for (const auto& tab : older_)
        tab->read_on();
}

void DeviceNode::tell_network(bool network_up) {
    if (up()) tab_->tell_network(network_up);
    for (const auto& tab : older_)
        tab->tell_network(network_up);
}

}  // namespace parley::sim
