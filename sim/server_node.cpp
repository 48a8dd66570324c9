#include "sim/server_node.hpp"

#include "server/api/http_api.hpp"
#include "server/api/rate_limits.hpp"
#include "server/api/shard.hpp"
#include "server/api/tokens.hpp"
#include "server/store/sqlite_store.hpp"
#include "sim/restore.hpp"
#include "sim/server_ports.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

constexpr std::uint32_t shards_count = 2;

/// The same in every life, as the file in the data directory is.
server::RootSecret root_secret() {
    server::RootSecret secret;
    secret.bytes.fill(7);
    return secret;
}

}  // namespace

/// One life of the server: everything that its memory holds.
class ServerNode::Process final : public server::StoreHost, public server::Operations {
  public:
    explicit Process(ServerNode& node)
        : node_(node),
          life_(node.life_),
          random_(node.world_.fork("server " + std::to_string(node.starts_))),
          disk_(node.disk_.start()),
          tokens_(root_secret()),
          limits_(node.settings_.limits) {
        disk_->on_death([this] { node_.die(node_.death_); });
    }

    bool open();

    DiskProcess& disk() { return *disk_; }
    bool idle() const { return writer_->idle(); }
    bool submit(server::Work work) { return writer_->submit(std::move(work)); }
    void accept(SharedWire wire);
    void frame_arrived(Wire& wire, std::string_view frame);
    void frame_written(Wire& wire);
    void peer_gone(Wire& wire);
    void call(server::HttpRequest request, Answer answer);
    void drain_shards();
    Status close_store() { return store_->close(); }
    void wires_lost(bool politely);

    // StoreHost.
    void fatal(std::string_view) override { node_.die(Death::killed); }
    void bad_row(std::int64_t stream, std::int64_t born) override {
        node_.watch_.surprise("bad row " + std::to_string(stream) + "/" + std::to_string(born));
    }
    void bad_index(std::int64_t stream, std::int64_t born) override {
        node_.watch_.surprise("bad index of row " + std::to_string(stream) + "/" + std::to_string(born));
    }
    void bad_page(std::int64_t number) override {
        node_.watch_.surprise("bad page " + std::to_string(number));
    }
    void random(std::span<std::uint8_t> bytes) override { random_.fill(bytes); }
    server::DiskUse disk_use() override;

    // Operations.
    bool ready() const override { return true; }
    std::string metrics() const override { return {}; }

  private:
    struct Run {
        server::ShardMetrics metrics;
        std::unique_ptr<server::Shard> shard;
        std::unique_ptr<server::HttpApi> http;
        std::optional<Instant> armed;
    };
    struct Session {
        SharedWire wire;
        std::uint32_t shard = 0;
        server::SessionKey key;
    };

    void commit(const server::SharedBatch& batch);
    void arm(std::uint32_t shard);
    void timeout(std::uint32_t shard);

    ServerNode& node_;
    SharedLife life_;
    Random random_;
    std::unique_ptr<DiskProcess> disk_;
    server::Tokens tokens_;
    server::RateLimits limits_;
    std::unique_ptr<server::Store> store_;
    std::unique_ptr<VirtualWriter> writer_;
    std::unique_ptr<VirtualReaders> readers_;
    std::unique_ptr<VirtualHasher> hasher_;
    std::unique_ptr<VirtualBus> bus_;
    std::vector<std::unique_ptr<Run>> runs_;
    std::map<std::uint64_t, Session> sessions_;
    std::uint64_t calls_ = 0;
};

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
        VirtualWriter::Steps{[this](const server::Batch& batch) { node_.watch_.committed(batch); },
                             [this](const server::SharedBatch& batch) {
                                 commit(batch);
                             }},
        random_.fork("writer"));
    readers_ = std::make_unique<VirtualReaders>(
        world, life_, *store_, VirtualReaders::Ways{turn, node_.slowest_read_}, random_.fork("readers"));
    hasher_ = std::make_unique<VirtualHasher>(world, life_, turn);
    bus_ =
        std::make_unique<VirtualBus>(world, life_, [this](std::uint32_t from, server::DeviceConnected what) {
            for (std::uint32_t shard = 0; shard < shards_count; ++shard) {
                if (shard == from) continue;
                runs_[shard]->shard->handle_device_connected(what, node_.now());
                arm(shard);
            }
        });
    // Little more than the one frame that has to fit, so that it is full now and then.
    const auto queue_bytes = static_cast<std::size_t>(random_.between(72, 128)) * 1024;
    for (std::uint32_t shard = 0; shard < shards_count; ++shard) {
        auto run = std::make_unique<Run>();
        run->shard = std::make_unique<server::Shard>(
            server::ShardOptions{.number = shard,
                                 .epoch = store_->epoch(),
                                 .life = store_->life(),
                                 .position = store_->position(),
                                 .run = "r" + std::to_string(node_.starts_),
                                 .session_queue_bytes_max = queue_bytes,
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
    const auto encoded = std::make_shared<const server::EncodedBatch>(batch);
    for (std::uint32_t shard = 0; shard < shards_count; ++shard) {
        runs_[shard]->shard->handle_revocations(*batch, node_.now());
        arm(shard);
    }
    for (std::uint32_t shard = 0; shard < shards_count; ++shard) {
        // Every shard has its own pace, and walks in order since equal delays keep their order.
        node_.world_.after(milliseconds(shard), life_, [this, shard, encoded] {
            runs_[shard]->shard->handle_batch(encoded, node_.now());
            arm(shard);
        });
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
    const auto shard = static_cast<std::uint32_t>(wire->number() % shards_count);
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
    const auto shard = static_cast<std::uint32_t>(++calls_ % shards_count);
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
    return up() && process_->idle();
}

void ServerNode::back_up() {
    world_.note("server", "back up");
    backup_ = disk_.copy("server backup");
    watch_.backed_up();
}

void ServerNode::bring_back(Return how) {
    world_.note("server", how == Return::restored ? "restore" : "put a copy back");
    disk_.faults().capacity.reset();
    const auto backup = std::move(backup_);
    ++copies_;
    if (how == Return::copied) {
        disk_.become(*backup);
        disk_.settle();
        return watch_.restored();
    }
    if (!restore_store(disk_, *backup, world_.fork("restore " + std::to_string(starts_)), now().wall))
        return watch_.surprise("a good backup was not restored");
    watch_.restored();
}

bool ServerNode::start() {
    assert(process_ == nullptr);
    ++starts_;
    if (const auto how = std::exchange(return_due_, std::nullopt)) bring_back(*how);
    draining_ = false;
    life_ = std::make_shared<Life>();
    disk_.faults().syncs_lie = false;
    process_ = std::make_unique<Process>(*this);
    if (!process_->open()) {
        if (!life_->over()) die(Death::killed);
        return false;
    }
    disk_.faults().syncs_lie = settings_.defects.answers_before_sync;
    world_.note("server", "start");
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
    process_->call(std::move(request), std::move(answer));
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
