#include "sim/server_ports.hpp"

#include "server/store/apply_each.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

constexpr Duration hashing = milliseconds(40);

}  // namespace

VirtualWriter::VirtualWriter(World& world, SharedLife life, server::Store& store, Steps steps, Random random)
    : world_(world), life_(std::move(life)), store_(store), steps_(std::move(steps)), random_(random) {}

bool VirtualWriter::submit(server::Work work) {
    if (queue_.size() >= queue_max) return false;
    queue_.push_back(std::move(work));
    if (!pumping_) {
        pumping_ = true;
        world_.after(milliseconds(random_.between(0, 2)), life_, [this] { pump(); });
    }
    return true;
}

void VirtualWriter::pump() {
    const std::size_t taken = std::min(queue_.size(), batch_max);
    std::vector<server::Work> works(
        std::make_move_iterator(queue_.begin()),
        std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(taken)));
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(taken));
    auto batch = store_.apply(works);
    if (batch) steps_.applied(*batch);
    if (life_->over()) return;
    if (!batch) steps_.refused(batch.error());
    auto shared = std::make_shared<const server::Batch>(
        batch ? std::move(*batch) : server::refused(store_.position(), works, batch.error()));
    const Duration sync = milliseconds(random_.between(1, 6));
    world_.after(sync, life_, [this, shared = std::move(shared)] {
        steps_.hand_on(shared);
        if (queue_.empty()) {
            pumping_ = false;
        } else {
            pump();
        }
    });
}

VirtualReaders::VirtualReaders(World& world, SharedLife life, server::Store& store, Ways ways, Random random)
    : world_(world),
      life_(std::move(life)),
      store_(store),
      ways_(std::move(ways)),
      random_(random),
      slow_one_of_(random_.below(4) == 0 ? 3 : 16) {}

bool VirtualReaders::submit(std::uint32_t shard, std::function<void(server::Snapshot&)> read,
                            std::function<void()> done) {
    Reading reading{.shard = shard, .snapshot = nullptr, .read = std::move(read), .done = std::move(done)};
    if (random_.below(2) == 0) {
        auto snapshot = store_.snapshot();
        if (!snapshot) return false;
        reading.snapshot = std::move(*snapshot);
    }
    const std::uint64_t number = ++number_;
    readings_.emplace(number, std::move(reading));
    // Now and then a disk takes its time, and the world goes on meanwhile.
    const std::int64_t usual = random_.below(slow_one_of_) == 0 ? 400 : 8;
    const std::int64_t slowest = std::max(usual, ways_.slowest.ms);
    world_.after(milliseconds(random_.between(0, slowest)), life_, [this, number] { run(number); });
    return true;
}

void VirtualReaders::run(std::uint64_t number) {
    Reading& reading = readings_.at(number);
    if (!reading.snapshot) {
        auto snapshot = store_.snapshot();
        if (!snapshot) {
            // The disk does not answer for now; a thread would try again too.
            return world_.after(milliseconds(20), life_, [this, number] { run(number); });
        }
        reading.snapshot = std::move(*snapshot);
    }
    reading.read(*reading.snapshot);
    reading.snapshot.reset();
    world_.after(milliseconds(random_.between(0, 4)), life_, [this, number] {
        const Reading finished = std::move(readings_.at(number));
        readings_.erase(number);
        ways_.turn(finished.shard, finished.done);
    });
}

std::string VirtualHasher::plain(const std::string& password) {
    return "simulated:" + password;
}

bool VirtualHasher::hash(std::uint32_t shard, std::string password,
                         std::function<void(Result<std::string>)> done) {
    world_.after(hashing, life_, [this, shard, password = std::move(password), done = std::move(done)] {
        turn_(shard, [&] { done(plain(password)); });
    });
    return true;
}

bool VirtualHasher::verify(std::uint32_t shard, std::string password, std::string hash,
                           std::function<void(bool)> done) {
    world_.after(hashing, life_, [this, shard, fits = plain(password) == hash, done = std::move(done)] {
        turn_(shard, [&] { done(fits); });
    });
    return true;
}

void VirtualBus::announce(std::uint32_t from_shard, server::DeviceConnected connected) {
    world_.after(delay(), life_, [this, from_shard, connected] { connected_(from_shard, connected); });
}

void VirtualBus::announce(std::uint32_t from_shard, server::Typed typed) {
    world_.after(delay(), life_, [this, from_shard, typed] { typed_(from_shard, typed); });
}

}  // namespace parley::sim
