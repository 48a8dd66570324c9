#include "sim/server_node.hpp"

#include "sim/server_process.hpp"

#include <cassert>
#include <utility>

namespace parley::sim {

namespace {

/// As an operator keeps the last ones.
constexpr std::size_t backups_kept = 2;

std::string another_number() {
    static int number = 0;
    return std::to_string(++number);
}

}  // namespace

ServerNode::ServerNode(World& world, Watch& watch, Settings settings)
    : world_(world),
      watch_(watch),
      settings_(settings),
      disk_("server", world.fork("server disk")),
      life_(std::make_shared<Life>()),
      clock_(world) {}

ServerNode::~ServerNode() {
    if (process_) {
        process_->disk().kill();
        world_.end(*life_);
    }
}

bool ServerNode::idle() const {
    return up() && process_->idle() && process_->followed_up();
}

int ServerNode::back_up() {
    const int number = ++backups_made_;
    world_.note("server", "back up", std::to_string(number));
    backups_[number] = disk_.copy("server backup " + std::to_string(number));
    if (backups_.size() > backups_kept) backups_.erase(backups_.begin());
    watch_.backed_up(number);
    return number;
}

std::vector<int> ServerNode::backups() const {
    std::vector<int> numbers;
    numbers.reserve(backups_.size());
    for (const auto& [number, disk] : backups_)
        numbers.push_back(number);
    return numbers;
}

void ServerNode::return_after(Duration later, int backup, Return how, std::optional<CutOff> cut_off) {
    ++returns_planned_;
    world_.after(later, [this, backup, how, cut_off] {
        --returns_planned_;
        if (!has_backup(backup)) return;
        return_at_next_start(backup, how, cut_off);
        die(Death::killed);
    });
}

void ServerNode::bring_back(const ReturnDue& due) {
    world_.note("server", due.how == Return::restored ? "restore" : "put a copy back",
                std::to_string(due.backup));
    disk_.faults().capacity.reset();
    if (due.how == Return::copied) {
        disk_.become(*backups_.at(due.backup));
        disk_.settle();
    } else if (!restore(due)) {
        return;
    }
    ++copies_;
    watch_.restored(due.backup);
}

/// False: the store is the one before.
bool ServerNode::restore(const ReturnDue& due) {
    const Random random = world_.fork("restore " + std::to_string(starts_));
    bool restored = false;
    const auto run = [&](Random chance, std::optional<RestoreDeath> death) {
        const auto end = restore_store(disk_, *backups_.at(due.backup), chance, now().wall, death);
        if (end == RestoreEnd::refused) watch_.surprise("a good backup was not restored");
        if (end == RestoreEnd::broken) watch_.surprise("a restore that died left no store");
        restored |= end == RestoreEnd::done;
    };
    if (due.cut_off) {
        run(random.fork("that dies"), due.cut_off->death);
        world_.note("server", "the restore has died", restored ? "done" : "undone");
    }
    if (!due.cut_off || due.cut_off->done_again) run(random, std::nullopt);
    return restored;
}

bool ServerNode::start() {
    assert(process_ == nullptr);
    ++starts_;
    if (const auto due = std::exchange(return_due_, std::nullopt)) bring_back(*due);
    draining_ = false;
    life_ = std::make_shared<Life>();
    disk_.faults().syncs_lie = false;
    process_ = std::make_unique<Process>(*this);
    const auto [operation, death] = std::exchange(start_death_, {});
    death_ = death;
    process_->disk().kill_at(operation);
    const bool opened = process_->open();
    process_->disk().kill_at(0);
    if (!opened) {
        const DiskFaults& faults = disk_.faults();
        if (!life_->over() && !faults.capacity && faults.sync_failures == 0)
            watch_.surprise("the server does not start on a good disk");
        if (!life_->over()) die(Death::killed);
        return false;
    }
    death_ = Death::killed;
    disk_.faults().syncs_lie = settings_.defects.answers_before_sync;
    world_.note("server", "start", settings_.defects.differs ? another_number() : "");
    watch_.server_started();
    return true;
}

void ServerNode::die(Death death) {
    if (!process_ || life_->over()) return;
    world_.note("server", death == Death::power_lost ? "power lost" : "killed");
    death_ = death;
    life_->end();
    process_->disk().kill();
    process_->wires_lost(death == Death::killed);
    // Its own code may be running right now, so what it leaves is cleared away after it.
    world_.after({}, [this] { bury(); });
}

void ServerNode::die_at(std::int64_t disk_operation, Death death) {
    if (!up()) return;
    death_ = death;
    process_->disk().kill_at(disk_operation);
}

void ServerNode::live_on() {
    start_death_ = {};
    if (!up()) return;
    death_ = Death::killed;
    process_->disk().kill_at(0);
}

void ServerNode::bury() {
    world_.end(*life_);
    process_.reset();
    if (death_ == Death::power_lost) disk_.lose_power();
    death_ = Death::killed;
}

void ServerNode::drain() {
    if (!listening()) return;
    world_.note("server", "drain");
    draining_ = true;
    finish_drain();
}

void ServerNode::finish_drain() {
    world_.after(milliseconds(10), life_, [this] {
        if (!process_->idle()) return finish_drain();
        world_.after(milliseconds(5), life_, [this] { process_->drain_shards(); });
        world_.after(milliseconds(100), life_, [this] {
            if (process_->idle()) (void)process_->close_store();
            die(Death::killed);
        });
    });
}

bool ServerNode::submit(server::Work work) {
    return listening() && process_->submit(std::move(work));
}

void ServerNode::call(server::HttpRequest request, Answer answer) {
    if (!up()) return (void)answer(std::nullopt);
    const auto asked = std::make_shared<const server::HttpRequest>(request);  // until it is answered
    process_->call(std::move(request),
                   [this, asked, answer = std::move(answer)](std::optional<server::HttpResponse> response) {
                       if (response) watch_.http_said(*asked, *response);
                       return answer(std::move(response));
                   });
}

void ServerNode::each_buffer(const std::function<void(const Buffer&)>& look) const {
    if (up()) process_->each_buffer(look);
}

void ServerNode::accept(SharedWire wire) {
    process_->accept(std::move(wire));
}

void ServerNode::frame_arrived(Wire& wire, std::string_view frame) {
    if (!up()) return;
    world_.note(wire.device_name(), "heard", frame);
    watch_.server_heard(wire, frame);
    process_->frame_arrived(wire, frame);
}

void ServerNode::frame_written(Wire& wire) {
    if (up()) process_->frame_written(wire);
}

void ServerNode::peer_gone(Wire& wire) {
    if (up()) process_->peer_gone(wire);
}

void ServerNode::frame_leaves(Wire& wire, std::string_view frame) {
    watch_.device_said(wire, frame);
}

void ServerNode::frame_said(Wire& wire, std::string_view frame) {
    world_.note(wire.device_name(), "said", frame);
    const auto envelopes = protocol::decode_frame(frame, wire.encoding());
    if (!envelopes) return watch_.surprise("the server sent a frame that cannot be decoded");
    for (const auto& decoded : *envelopes) {
        if (const auto* envelope = std::get_if<protocol::Envelope>(&decoded)) {
            watch_.server_said(wire, *envelope);
        } else {
            watch_.surprise("the server sent an envelope that cannot be decoded");
        }
    }
}

}  // namespace parley::sim
