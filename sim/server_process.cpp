#include "sim/server_process.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

/// The same in every life, as the file in the data directory is.
server::RootSecret root_secret() {
    server::RootSecret secret;
    secret.bytes.fill(7);
    return secret;
}

}  // namespace

ServerNode::Process::Process(ServerNode& node)
    : node_(node),
      life_(node.life_),
      random_(node.world_.fork("server " + std::to_string(node.starts_))),
      pace_(random_.fork("pace of shards")),
      // Of some lives, shards fall behind what is committed now and then.
      slow_one_of_(pace_.below(4) == 0 ? 16 : 0),
      shards_count_(static_cast<std::uint32_t>(pace_.between(1, 4))),
      disk_(node.disk_.start()),
      tokens_(root_secret()),
      limits_(node.settings_.limits) {
    disk_->on_death([this] { node_.die(node_.death_); });
}

bool ServerNode::Process::open() {
    const auto file = [this] {
        return server::OpenedFile{.identity = "file " + std::to_string(node_.copies_),
                                  .at = node_.now().wall};
    };
    auto store = server::open_sqlite_store({.directory = "data",
                                            .vfs = disk_->vfs_name(),
                                            .ballast_bytes = 1 << 16,
                                            .log_bytes_max = 1 << 18,
                                            .lock_file = false,
                                            .opened_file = file},
                                           node_.settings_.rules, *this);
    if (!store || life_->over()) return false;
    store_ = std::move(*store);
    World& world = node_.world_;
    const auto turn = [this](std::uint32_t shard, const std::function<void()>& done) {
        runs_[shard]->shard->handle_done(done, node_.now());
        arm(shard);
    };
    writer_ = std::make_unique<VirtualWriter>(
        world, life_, *store_,
        VirtualWriter::Steps{[this](const server::Batch& batch) {
                                 node_.world_.note("server", "commit",
                                                   std::to_string(batch.first_position) + "-" +
                                                       std::to_string(batch.last_position));
                                 node_.watch_.committed(batch);
                             },
                             [this](const Error& error) { node_.watch_.commit_refused(error); },
                             [this](const server::SharedBatch& batch) {
                                 commit(batch);
                             }},
        random_.fork("writer"));
    readers_ = std::make_unique<VirtualReaders>(
        world, life_, *store_, VirtualReaders::Ways{turn, node_.slowest_read_}, random_.fork("readers"));
    hasher_ = std::make_unique<VirtualHasher>(world, life_, turn);
    bus_ = std::make_unique<VirtualBus>(
        world, life_, random_.fork("bus"),
        [this](std::uint32_t from, const server::DeviceConnected& what) {
            on_other_shards(from, [&](server::Shard& on) { on.handle_device_connected(what, node_.now()); });
        },
        [this](std::uint32_t from, const server::Typed& what) {
            on_other_shards(from, [&](server::Shard& on) { on.handle_typed(what, node_.now()); });
        });
    // Little more than the one frame that has to fit, so that it is full now and then.
    const auto queue_bytes = static_cast<std::size_t>(random_.between(72, 128)) * 1024;
    // And in some lives so little for all together that a few who do not read fill it.
    const bool scarce = pace_.below(4) == 0;
    for (std::uint32_t shard = 0; shard < shards_count_; ++shard) {
        auto run = std::make_unique<Run>();
        run->shard = std::make_unique<server::Shard>(
            server::ShardOptions{
                .number = shard,
                .epoch = store_->epoch(),
                .life = store_->life(),
                .position = store_->position(),
                .run = "r" + std::to_string(node_.starts_),
                .session_queue_bytes_max = queue_bytes,
                .queues_bytes_max = scarce ? 4 * queue_bytes : server::ShardOptions{}.queues_bytes_max,
                .replay_effects_max = 64},
            server::ShardPorts{*writer_, *readers_, *bus_, tokens_, limits_, run->metrics});
        run->http = std::make_unique<server::HttpApi>(
            server::HttpOptions{.access_token_life = node_.settings_.access_token_life,
                                .decoy_hash = "none",
                                .rules = node_.settings_.rules,
                                .metrics = false},
            *run->shard, *hasher_, *this);
        runs_.push_back(std::move(run));
    }
    return true;
}

server::DiskUse ServerNode::Process::disk_use() {
    const auto& capacity = node_.disk_.faults().capacity;
    if (!capacity) return {.bytes_total = 1 << 30, .bytes_free = 1 << 29};
    return {.bytes_total = *capacity,
            .bytes_free = std::max<std::int64_t>(0, *capacity - node_.disk_.used())};
}

void ServerNode::Process::commit(const server::SharedBatch& batch) {
    longest_batch_ = std::max(longest_batch_, batch->effects.size());
    const auto encoded = std::make_shared<const server::EncodedBatch>(batch);
    for (std::uint32_t shard = 0; shard < shards_count_; ++shard) {
        runs_[shard]->shard->handle_revocations(*batch, node_.now());
        arm(shard);
    }
    // Every shard has its own pace, and walks in order. What is read meanwhile is later than what it has
    // walked.
    for (std::uint32_t shard = 0; shard < shards_count_; ++shard) {
        const bool slow = slow_one_of_ != 0 && pace_.below(slow_one_of_) == 0;
        const Duration lag = milliseconds(slow ? pace_.between(50, 2'000) : pace_.between(0, 3));
        Run& run = *runs_[shard];
        run.walks = std::max(run.walks, node_.world_.instant() + lag);
        ++unwalked_;
        node_.world_.at(run.walks, life_, [this, shard, encoded] {
            --unwalked_;
            runs_[shard]->shard->handle_batch(encoded, node_.now());
            arm(shard);
        });
    }
}

template <class Tell>
void ServerNode::Process::on_other_shards(std::uint32_t from, Tell tell) {
    for (std::uint32_t shard = 0; shard < shards_count_; ++shard) {
        if (shard == from) continue;
        tell(*runs_[shard]->shard);
        arm(shard);
    }
}

void ServerNode::Process::arm(std::uint32_t shard) {
    Run& run = *runs_[shard];
    const auto next = run.shard->next_timeout();
    if (!next || (run.armed && *run.armed <= *next)) return;
    run.armed = *next;
    node_.world_.at(*next, life_, [this, shard, at = *next] {
        if (runs_[shard]->armed == at) timeout(shard);
    });
}

void ServerNode::Process::timeout(std::uint32_t shard) {
    Run& run = *runs_[shard];
    run.armed.reset();
    const auto next = run.shard->next_timeout();
    if (next && *next <= node_.world_.instant()) run.shard->handle_timeout(node_.now());
    arm(shard);
}

void ServerNode::Process::accept(SharedWire wire) {
    const auto shard = static_cast<std::uint32_t>(wire->number() % shards_count_);
    Session& session = sessions_[wire->number()];
    session = {.wire = wire, .shard = shard, .key = {}};
    session.key = runs_[shard]->shard->handle_connected(*wire, wire->encoding(), node_.now());
    arm(shard);
}

void ServerNode::Process::frame_arrived(Wire& wire, std::string_view frame) {
    const auto found = sessions_.find(wire.number());
    if (found == sessions_.end()) return;
    runs_[found->second.shard]->shard->handle_frame(found->second.key, frame, node_.now());
    arm(found->second.shard);
}

void ServerNode::Process::frame_written(Wire& wire) {
    const auto found = sessions_.find(wire.number());
    if (found == sessions_.end()) return;
    runs_[found->second.shard]->shard->handle_written(found->second.key, node_.now());
    arm(found->second.shard);
}

void ServerNode::Process::peer_gone(Wire& wire) {
    const auto found = sessions_.find(wire.number());
    if (found == sessions_.end()) return;
    const Session session = found->second;
    sessions_.erase(found);
    runs_[session.shard]->shard->handle_disconnected(session.key, node_.now());
    arm(session.shard);
}

void ServerNode::Process::call(server::HttpRequest request, Answer answer) {
    const auto shard = static_cast<std::uint32_t>(++calls_ % shards_count_);
    runs_[shard]->http->handle(
        std::move(request),
        [this, shard, answer = std::move(answer)](server::HttpResponse response) {
            const auto undo = std::move(response.unsent);
            if (answer(std::move(response)) || !undo) return;
            node_.world_.after(milliseconds(1), life_, [this, shard, undo] {
                runs_[shard]->shard->handle_done(undo, node_.now());
                arm(shard);
            });
        },
        node_.now());
    arm(shard);
}

void ServerNode::Process::each_buffer(const std::function<void(const Buffer&)>& look) const {
    std::vector<std::size_t> queued(shards_count_);
    for (const auto& [number, session] : sessions_) {
        server::Shard& shard = *runs_[session.shard]->shard;
        const server::Session* found = shard.find(session.key);
        if (found == nullptr) continue;
        queued[session.shard] += found->queued_bytes();
        // The answer to one question fits beside whatever waits.
        look({.name = "bytes that wait for it",
              .device = session.wire->device_name(),
              .size = found->queued_bytes(),
              .size_max = shard.options().session_queue_bytes_max +
                          static_cast<std::size_t>(limits::frame_bytes_max)});
    }
    for (std::uint32_t number = 0; number < shards_count_; ++number) {
        const server::Shard& shard = *runs_[number]->shard;
        look({.name = "bytes that wait, as a shard counts them",
              .size = shard.queued_bytes(),
              .size_max = queued[number]});
        look({.name = "bytes that wait, which a shard counts",
              .size = queued[number],
              .size_max = shard.queued_bytes()});
        look({.name = "bytes that wait in a shard",
              .size = queued[number],
              .size_max = shard.options().queues_bytes_max + answers_in(number)});
        look({.name = "bytes that can be told again",
              .size = shard.replay_bytes(),
              .size_max = shard.options().replay_bytes_max});
        // The newest batch is kept however long it is.
        look({.name = "effects that can be told again",
              .size = shard.replay_effects(),
              .size_max = std::max(shard.options().replay_effects_max, longest_batch_)});
    }
}

/// What answers to one question of each connection of a shard may take beside all that waits.
std::size_t ServerNode::Process::answers_in(std::uint32_t shard) const {
    const auto connections =
        std::ranges::count_if(sessions_, [shard](const auto& one) { return one.second.shard == shard; });
    return static_cast<std::size_t>(connections) * static_cast<std::size_t>(limits::frame_bytes_max);
}

void ServerNode::Process::drain_shards() {
    for (auto& run : runs_) {
        run->shard->drain(seconds(2), node_.now());
    }
}

void ServerNode::Process::wires_lost(bool politely) {
    for (auto& [number, session] : sessions_)
        session.wire->server_died(politely);
    sessions_.clear();
}

}  // namespace parley::sim
