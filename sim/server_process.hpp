#pragma once

#include "server/api/http_api.hpp"
#include "server/api/rate_limits.hpp"
#include "server/api/shard.hpp"
#include "server/api/tokens.hpp"
#include "server/store/sqlite_store.hpp"
#include "sim/server_node.hpp"
#include "sim/server_ports.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {

/// One life of the server: everything that its memory holds.
class ServerNode::Process final : public server::StoreHost, public server::Operations {
  public:
    explicit Process(ServerNode& node);

    bool open();

    DiskProcess& disk() { return *disk_; }
    /// What was committed has been told to everybody.
    bool idle() const { return writer_->idle() && unwalked_ == 0; }
    bool followed_up() const { return runs_.front()->shard->followed_up(); }
    void each_buffer(const std::function<void(const Buffer&)>& look) const;
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
        /// When it has walked all that is committed.
        Instant walks;
    };
    struct Session {
        SharedWire wire;
        std::uint32_t shard = 0;
        server::SessionKey key;
    };

    void commit(const server::SharedBatch& batch);
    std::size_t answers_in(std::uint32_t shard) const;
    void arm(std::uint32_t shard);
    template <class Tell>
    void on_other_shards(std::uint32_t from, Tell tell);
    void timeout(std::uint32_t shard);

    ServerNode& node_;
    SharedLife life_;
    Random random_;
    Random pace_;
    /// So many walks of a shard, and one of them is slow; 0: none is.
    std::uint64_t slow_one_of_;
    std::uint32_t shards_count_;
    /// Batches that shards have still to walk, each for itself.
    std::int64_t unwalked_ = 0;
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
    /// In effects.
    std::size_t longest_batch_ = 0;
};

}  // namespace parley::sim
