#pragma once

#include "protocol/generated/cpp/limits.hpp"
#include "server/api/http.hpp"
#include "server/api/rate_limits.hpp"
#include "server/domain/rules.hpp"
#include "server/domain/work.hpp"
#include "sim/memory_disk.hpp"
#include "sim/restore.hpp"
#include "sim/wall_clock.hpp"
#include "sim/watch.hpp"
#include "sim/wire.hpp"
#include "sim/world.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim {

/// Deliberate defects, for tests that show that the oracles see them.
struct ServerDefects {
    /// Answers are given before the commit is synced.
    bool answers_before_sync = false;
    /// No two runs of one process do the same.
    bool differs = false;
};

/// The server: the real store engine, domain, shards and HTTP over a disk in memory; only the threads and the
/// sockets are the world's. It may die between any two events, or inside any disk operation, and starts again
/// on what its disk kept.
class ServerNode final : public WireAcceptor {
  public:
    enum class Death : std::uint8_t { killed, power_lost };
    /// How the store of a backup comes back: as `parleyd restore` brings it, or as its files, copied.
    enum class Return : std::uint8_t { restored, copied };
    /// A restore that is killed on its way, and whether it is done again before the server starts.
    struct CutOff {
        RestoreDeath death;
        bool done_again = false;
    };
    /// False: nobody is there any more to take it, and the server's system says so.
    using Answer = std::function<bool(std::optional<server::HttpResponse>)>;

    struct Settings {
        server::Rules rules;
        Duration access_token_life = milliseconds(limits::access_token_ms);
        server::RateOptions limits;
        ServerDefects defects;
    };

    /// Something in its memory that grows with what others do, and how large it may become.
    struct Buffer {
        std::string_view name;
        /// Of a connection: whose; empty: of the whole.
        std::string_view device;
        std::size_t size = 0;
        std::size_t size_max = 0;
    };

    ServerNode(World& world, Watch& watch, Settings settings);
    ~ServerNode() override;
    ServerNode(const ServerNode&) = delete;
    ServerNode& operator=(const ServerNode&) = delete;

    // Getters.
    bool up() const { return process_ != nullptr && !life_->over(); }
    /// Nothing of its last life is left in memory: it may start.
    bool buried() const { return process_ == nullptr; }
    MemoryDisk& disk() { return disk_; }
    std::int64_t starts() const { return starts_; }
    WallClock& clock() { return clock_; }
    /// How long a read may take; nothing: as long as it mostly does.
    Duration& slowest_read() { return slowest_read_; }
    Now now() const { return {world_.instant(), clock_.now()}; }
    /// Nothing waits to be written.
    bool idle() const;

    void each_buffer(const std::function<void(const Buffer&)>& look) const;

    bool has_backup(int backup) const { return backups_.contains(backup); }
    /// Those that are kept, the older first.
    std::vector<int> backups() const;
    /// How often a backup is still to come back.
    int returns_planned() const { return returns_planned_; }

    // Commands.
    /// Keeps a copy of the store as it is now, and the one before, but none that is older; its number.
    int back_up();
    /// What nobody has asked for so far will not come back.
    void forget_backups() {
        std::erase_if(backups_,
                      [this](const auto& one) { return !return_due_ || return_due_->backup != one.first; });
    }
    /// The backup takes the place of the store before the server starts again.
    void return_at_next_start(int backup, Return how, std::optional<CutOff> cut_off = {}) {
        return_due_ = {backup, how, cut_off};
    }
    /// So much later the machine is lost, and the server starts on this backup, if it is still kept.
    void return_after(Duration later, int backup, Return how, std::optional<CutOff> cut_off = {});
    /// False: the disk does not let it (it died again while starting).
    bool start();
    void die(Death death);
    /// Dies inside the n-th disk operation from now on.
    void die_at(std::int64_t disk_operation, Death death);
    /// The next start dies so, if it comes as far; after it nothing of this is left. 0: it does not.
    void die_at_next_start(std::int64_t disk_operation, Death death) {
        start_death_ = {disk_operation, death};
    }
    /// Nothing is left of what the two before said.
    void live_on();
    /// Ends in order, as on SIGTERM: nobody is let in, what is queued is written and answered, sessions are
    /// closed.
    void drain();
    /// What its operator asks for on the command line; whether it was taken.
    bool submit(server::Work work);
    /// Serves one HTTP call; nothing comes back where the server dies meanwhile.
    void call(server::HttpRequest request, Answer answer);

    // WireAcceptor.
    bool listening() const override { return up() && !draining_; }
    void accept(SharedWire wire) override;
    void frame_arrived(Wire& wire, std::string_view frame) override;
    void frame_written(Wire& wire) override;
    void peer_gone(Wire& wire) override;
    void frame_leaves(Wire& wire, std::string_view frame) override;
    void frame_said(Wire& wire, std::string_view frame) override;

  private:
    class Process;

    void bury();
    struct ReturnDue {
        int backup = 0;
        Return how = Return::restored;
        std::optional<CutOff> cut_off;
    };
    void bring_back(const ReturnDue& due);
    bool restore(const ReturnDue& due);
    void finish_drain();

    World& world_;
    Watch& watch_;
    Settings settings_;
    MemoryDisk disk_;
    SharedLife life_;
    std::unique_ptr<Process> process_;
    Death death_ = Death::killed;
    /// By number, the older first.
    std::map<int, std::unique_ptr<MemoryDisk>> backups_;
    int backups_made_ = 0;
    int returns_planned_ = 0;
    std::optional<ReturnDue> return_due_;
    /// Inside which of its disk operations the next start dies, and how; 0: in none.
    std::pair<std::int64_t, Death> start_death_{0, Death::killed};
    /// How often the store's file became another one.
    std::int64_t copies_ = 0;
    WallClock clock_;
    Duration slowest_read_;
    bool draining_ = false;
    std::int64_t starts_ = 0;
};

}  // namespace parley::sim
