#include "sim/simulation.hpp"

#include "sim/acts/act.hpp"
#include "sim/faults/fault.hpp"
#include "sim/latecomers.hpp"
#include "sim/memory_disk.hpp"
#include "sim/promise.hpp"
#include "sim/report.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

namespace parley::sim {

namespace {

/// How long after healing everything must have come to rest: several of the longest back-offs, heartbeats and
/// waits.
constexpr Duration rest_max = seconds(400);
/// What is collected for a moment (acks, receipts) is written and heard of after this.
constexpr Duration settling = seconds(8);
/// A run that makes this many events has got into a loop.
constexpr std::uint64_t events_max = 3'000'000;
/// What can be tried in one turn.
constexpr int tries_max = 3;
constexpr int weight_of_wanted = 10;

/// Drives one scene: people act, faults strike, what has died starts again; then all is healed.
class Simulation {
  public:
    explicit Simulation(RunOptions options)
        : options_(std::move(options)),
          chance_(options_.seed),
          plan_(make_plan(Random(options_.seed).fork("plan"), options_.profile)),
          scene_(scene_options(options_, plan_)),
          act_times_(world().fork("times of acts")),
          fault_times_(world().fork("times of faults")),
          latecomers_(scene_, world().fork("latecomers")) {
        const auto left_out = [this](const auto* one) {
            return options_.cut.without.contains(std::string(one->name));
        };
        std::erase_if(plan_.acts, left_out);
        std::erase_if(plan_.faults, left_out);
        for (const Fault* fault : all_faults()) {
            const bool chosen = std::ranges::find(plan_.faults, fault) != plan_.faults.end();
            if (wanted(*fault) && !chosen) plan_.faults.push_back(fault);
        }
        if (options_.listener) world().trace().listen(options_.listener);
    }

    Outcome run();

  private:
    static SceneOptions scene_options(const RunOptions& options, const Plan& plan);
    World& world() { return scene_.world(); }
    Random& random() { return scene_.world().random(); }
    bool over() const { return scene_.violation().has_value(); }

    bool wanted(const Fault& fault) const { return options_.cut.with.contains(std::string(fault.name)); }
    void record();
    void act_soon();
    void act();
    void strike_soon();
    void strike();
    void look_after();
    void heal();
    bool seems_at_rest(const std::vector<Device*>& devices);
    static bool shows_everything(const Device& device);
    /// Those of whom it is not known yet.
    void come_to_rest(const std::vector<Device*>& devices);
    void let_in_a_latecomer();
    bool step();
    Outcome outcome();

    RunOptions options_;
    SqliteChance chance_;
    Plan plan_;
    Scene scene_;
    Random act_times_;
    Random fault_times_;
    Latecomers latecomers_;
    std::int64_t turns_ = 0;
    std::int64_t fault_turns_ = 0;
    std::int64_t rounds_ = 0;
    std::int64_t acts_done_ = 0;
    std::int64_t faults_done_ = 0;
    bool healed_ = false;
};

template <class Thing, class Weight>
const Thing* weighted(Random& random, const std::vector<const Thing*>& things, Weight weight) {
    std::int64_t sum = 0;
    for (const Thing* thing : things)
        sum += weight(*thing);
    if (sum == 0) return nullptr;
    auto left = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(sum)));
    for (const Thing* thing : things) {
        left -= weight(*thing);
        if (left < 0) return thing;
    }
    return nullptr;
}

SceneOptions Simulation::scene_options(const RunOptions& options, const Plan& plan) {
    SceneOptions scene{.seed = options.seed, .profile = options.profile, .defects = options.defects};
    scene.people = std::min(plan.people, options.cut.people.value_or(plan.people));
    scene.access_token_life = plan.access_token_life;
    scene.messages_per_second = plan.messages_per_second;
    scene.messages_burst = plan.messages_burst;
    scene.sign_ins_burst = plan.sign_ins_burst;
    scene.sign_in_retry = plan.sign_in_retry;
    scene.by_invite = plan.by_invite;
    scene.everyone_invites = plan.everyone_invites;
    scene.edits_max = plan.edits_max;
    scene.devices_max = options.cut.devices.value_or(scene.devices_max);
    return scene;
}

bool Simulation::step() {
    if (over()) return false;
    if (world().events() > events_max) {
        scene_.violated({.promise = 0, .what = "the world does not come to rest: too many events"});
        return false;
    }
    return world().step();
}

Outcome Simulation::run() {
    record();
    while (!scene_.server().start())
        step();
    for (const auto& device : scene_.devices())
        device->node->start();
    look_after();
    act_soon();
    strike_soon();
    while (turns_ < options_.steps && step()) {
    }
    heal();
    std::vector<Device*> all;
    for (const auto& device : scene_.devices())
        all.push_back(device.get());
    come_to_rest(all);
    if (!over()) scene_.check_at_rest();
    if (!over()) let_in_a_latecomer();
    return outcome();
}

void Simulation::record() {
    if (options_.record_to == nullptr) return;
    const auto& devices = scene_.devices();
    Device* device = devices.front().get();
    if (options_.recorded_device == any_device_recorded) {
        Random chance = world().fork("recorded device");
        device = devices[static_cast<std::size_t>(chance.below(devices.size()))].get();
    } else if (!options_.recorded_device.empty()) {
        device = scene_.device_named(options_.recorded_device);
    }
    if (device != nullptr) device->node->record(*options_.record_to);
}

void Simulation::act_soon() {
    world().after(milliseconds(act_times_.between(0, plan_.pace.ms * 2)), [this] { act(); });
}

void Simulation::act() {
    if (healed_) return;
    ++turns_;
    act_soon();
    if (turns_ > options_.steps / 2) latecomers_.keep_a_disk();
    if (!options_.cut.has_act(turns_)) return;
    world().begin_turn("act " + std::to_string(turns_));
    std::vector<Device*> able;
    for (const auto& device : scene_.devices()) {
        if (device->signed_in()) able.push_back(device.get());
    }
    // Where there is no occasion for the one thing there may be one for another.
    for (int tries = 0; tries < tries_max && !able.empty(); ++tries) {
        Device& device = *random().pick(able);
        const Act* chosen = weighted(random(), plan_.acts, [](const Act& one) { return one.weight; });
        world().note(device.node->name(), "act", chosen->name);
        if (!device.signed_in() || !chosen->perform(scene_, device)) continue;
        ++acts_done_;
        ++scene_.act_counts()[std::string(chosen->name)];
        return;
    }
}

void Simulation::strike_soon() {
    world().after(milliseconds(fault_times_.between(0, plan_.fault_pace.ms * 2)), [this] { strike(); });
}

void Simulation::strike() {
    if (healed_) return;
    ++fault_turns_;
    strike_soon();
    if (!options_.cut.has_fault(fault_turns_)) return;
    world().begin_turn("fault " + std::to_string(fault_turns_));
    const auto weight = [this](const Fault& one) {
        return wanted(one) ? weight_of_wanted : one.weights.in(options_.profile);
    };
    for (int tries = 0; tries < tries_max; ++tries) {
        const Fault* chosen = weighted(random(), plan_.faults, weight);
        if (chosen == nullptr) return;
        world().note("world", "fault", chosen->name);
        if (!chosen->strike(scene_)) continue;
        ++faults_done_;
        ++scene_.fault_counts()[std::string(chosen->name)];
        return;
    }
}

/// What has died starts again after a while; who is not signed in signs in.
void Simulation::look_after() {
    world().begin_turn("round " + std::to_string(++rounds_));
    if (!scene_.server().up() && scene_.server().buried() && (healed_ || random().below(2) == 0)) {
        scene_.server().start();
    }
    scene_.invite_people(healed_);
    for (const auto& device : scene_.devices()) {
        DeviceNode& node = *device->node;
        if (!node.up() && node.buried() && (healed_ || random().below(3) == 0)) {
            device->signing_in = false;
            node.start();
        }
        // Who finds that nothing works any more starts the program again.
        if (node.up() && node.client().connection() == core::Connection::broken) node.die(false);
        const bool stands = node.up() && node.client().connection() == core::Connection::replaced;
        if (stands) node.act([&](core::Client& client) { client.connect(node.now()); });
        scene_.sign_in(*device);
    }
    world().after(milliseconds(random().between(300, 1'500)), [this] { look_after(); });
}

void Simulation::heal() {
    healed_ = true;
    world().note("world", "heal");
    world().begin_turn("heal");
    scene_.server().disk().faults().sync_failures = 0;
    scene_.server().disk().faults().capacity.reset();
    scene_.server().clock().set({});
    scene_.server().slowest_read() = {};
    scene_.server().forget_backups();
    scene_.server().live_on();
    for (const auto& device : scene_.devices()) {
        device->node->disk().faults().sync_failures = 0;
        device->node->disk().faults().capacity.reset();
        device->node->clock_error() = {};
        device->node->live_on();
        device->node->link() = Link{};
        device->node->close_older();
        device->node->read_on();
        device->away_until = {};
        // The others find out by themselves that there is a network again.
        if (random().below(2) == 0) device->node->tell_network(true);
    }
}

/// As far as a quick look tells.
bool Simulation::seems_at_rest(const std::vector<Device*>& devices) {
    if (!scene_.server().idle() || scene_.has_errands()) return false;
    return std::ranges::all_of(devices, [](const Device* device) {
        if (!device->signed_in() || !device->node->connected()) return false;
        core::Client& client = device->node->client();
        return client.connection() == core::Connection::online && client.idle();
    });
}

/// Nothing waits to be sent, and it shows everything, whatever its core says of itself.
bool Simulation::shows_everything(const Device& device) {
    core::Client& client = device.node->client();
    const auto waiting = client.outbox();
    const auto views = client.conversations(0, 1000);
    if (!waiting || !views) return false;
    const bool sending = std::ranges::any_of(
        *waiting, [](const auto& one) { return one.state != core::CommandState::failed; });
    return !sending && std::ranges::all_of(*views, [&](const auto& view) {
        if (!view.present) return true;
        const auto showing = everything_shown(client, view);
        return showing && view.complete && !showing->missing;
    });
}

void Simulation::come_to_rest(const std::vector<Device*>& devices) {
    // The one for which the others waited last is asked first: to ask is to read all that a device has.
    const Device* last = nullptr;
    const auto at_rest = [&] {
        if (last != nullptr && !shows_everything(*last)) return false;
        const auto behind =
            std::ranges::find_if_not(devices, [](const Device* device) { return shows_everything(*device); });
        last = behind == devices.end() ? nullptr : *behind;
        return last == nullptr;
    };
    const Instant latest = world().instant() + rest_max;
    Instant resting_since = world().instant();
    Instant next_look = world().instant();
    // Of many there is always one that just pings: each has to be quiet at some look, and not all at one.
    std::set<const Device*> seen_quiet;
    // Whoever looks through a long history asks for a part of it at each look: between two there is nothing
    // to wait for, and behind the last everything has to be quiet once more.
    bool looking = false;
    while (world().instant() < latest && step()) {
        if (world().instant() < next_look) continue;
        next_look = world().instant() + seconds(1);
        for (const Device* device : devices)
            if (device->node->quiet()) seen_quiet.insert(device);
        const bool settled =
            world().instant() - resting_since > settling && seen_quiet.size() == devices.size();
        const bool seems = seems_at_rest(devices);
        if (seems && !settled && !looking) continue;
        resting_since = world().instant();
        seen_quiet.clear();
        if (seems && at_rest()) {
            if (!looking) return;
            looking = false;
            continue;
        }
        looking = looking || seems;
        // To look is to ask for what is missing.
        for (const auto& device : scene_.devices())
            device->node->act([](core::Client&) {});
    }
    if (!over()) scene_.violated(restless(scene_));
}

void Simulation::let_in_a_latecomer() {
    const auto late = latecomers_.arrive();
    if (!late) return;
    come_to_rest({late->device});
    if (!over()) scene_.check_latecomer(*late->device, late->others_show);
}

Outcome Simulation::outcome() {
    Outcome result;
    result.seed = options_.seed;
    result.trace_hash = world().trace().digits();
    result.violation = scene_.violation();
    if (over()) result.last_changes = last_changes(scene_, *scene_.violation());
    result.acts = scene_.act_counts();
    result.faults = scene_.fault_counts();
    result.turns = turns_;
    result.fault_turns = fault_turns_;
    result.acts_done = acts_done_;
    result.faults_done = faults_done_;
    result.people = static_cast<std::int64_t>(scene_.people().size());
    result.devices = static_cast<std::int64_t>(scene_.devices().size());
    result.messages = scene_.history().messages();
    result.events = static_cast<std::int64_t>(world().events());
    result.simulated = world().instant() - Instant{1'000'000};
    return result;
}

}  // namespace

Outcome run(RunOptions options) {
    return Simulation(std::move(options)).run();
}

}  // namespace parley::sim
