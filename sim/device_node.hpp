#pragma once

#include "sim/tab.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley::sim {

/// One device of one person: its hardware, and what runs on it. Mostly that is one program; where a browser
/// hands its database over there may be older tabs, which have not noticed yet that they own nothing any
/// more. What is said of "it" here is the newest.
class DeviceNode {
  public:
    using Heard = std::function<void(const core::Notice&)>;

    DeviceNode(World& world, ServerNode& server, std::string name, core::ClientOptions options, Heard heard);
    ~DeviceNode();
    DeviceNode(const DeviceNode&) = delete;
    DeviceNode& operator=(const DeviceNode&) = delete;

    // Getters.
    /// How often something was started on it that owns its database.
    std::int64_t lives() const { return lives_; }
    const std::string& name() const { return hardware_.name; }
    bool up() const { return tab_ != nullptr && tab_->up(); }
    /// Nothing of its last life is left in memory: it may start.
    bool buried() const { return tab_ == nullptr; }
    /// Only while it is up.
    core::Client& client() { return tab_->client(); }
    /// What it has committed so far; only while it is up, and only between two things that it does.
    LocalReader& held() { return tab_->held(); }
    Link& link() { return hardware_.link; }
    MemoryDisk& disk() { return hardware_.disk; }
    protocol::Encoding encoding() const { return hardware_.options.encoding; }
    /// Since what runs on it was started.
    bool disk_was_full() const { return hardware_.disk.counts().full > full_at_start_; }
    Duration& clock_error() { return hardware_.clock_error; }
    Now now() const { return hardware_.now(); }
    /// What the server sends reaches it; the device, or the server, may believe so for a while where it is
    /// not.
    bool connected() const { return tab_ != nullptr && tab_->connected(); }
    bool quiet() const { return tab_ == nullptr || tab_->quiet(); }
    /// The tab that owned the database before this one, while it is there.
    Tab* older() { return older_.empty() || !older_.back()->up() ? nullptr : older_.back().get(); }

    // Commands.
    /// From the next start on, everything that its core does is recorded. The sink outlives it.
    void record(core::RecordSink& sink) { record_to_ = &sink; }
    /// Nothing more is recorded of it.
    void stop_recording();
    /// False: the disk did not let it.
    bool start();
    /// Everything that runs on it ends.
    void die(bool power_lost);
    void die_at(std::int64_t disk_operation, bool power_lost);
    void die_behind(std::int64_t actions, bool power_lost);
    /// What is opened next dies so, if it comes as far; after it nothing of this is left. 0: it does not.
    void die_at_next_start(std::int64_t disk_operation, bool power_lost) {
        hardware_.start_death = {disk_operation, power_lost};
    }
    /// Nothing is left of what the three before said.
    void live_on();
    /// Another tab opens the database and owns it from here on; this one stays as the older, or has let go
    /// before (`politely`). False: it could not be opened, and everything has ended.
    bool hand_over(bool politely);
    /// The older tabs are closed.
    void close_older();
    /// Does something with the core, and then what the core asks for. What was done survives the device from
    /// here on, if it is still up afterwards.
    void act(const std::function<void(core::Client&)>& what);
    /// A program beside its core, which ends with it, makes a call.
    void ask(HttpQuestion question);
    /// What has arrived is on the disk, as it is before anything of it is shown.
    void settle();
    /// The connection breaks for both ends, or for neither (`silently`).
    void cut(bool silently);
    void read_on();
    /// The system tells everything that runs about its network.
    void tell_network(bool up);

  private:
    std::unique_ptr<Tab> new_tab();
    void bury();
    void heard(const Tab& tab, const core::Notice& notice);

    Hardware hardware_;
    Heard heard_;
    core::RecordSink* record_to_ = nullptr;
    std::unique_ptr<Tab> tab_;
    std::vector<std::unique_ptr<Tab>> older_;
    std::int64_t full_at_start_ = 0;
    std::int64_t lives_ = 0;
    bool dying_ = false;
    bool power_lost_ = false;
};

}  // namespace parley::sim
