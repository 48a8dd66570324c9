// 28. Every queue, cache and per-connection buffer stays within its named limit.
//
// Of a device: how many commands and reads it has under way. Of the server, whenever it has committed: what
// waits for each connection, what waits in all as each shard counts it, and what can be told again to who
// comes back. Sizes of frames are held to their limits by a test of the server (frame_limit_test).

#include "protocol/generated/cpp/limits.hpp"
#include "sim/promises/all.hpp"
#include "sim/streams_of.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace parley::sim {

void buffer_fits(Scene& scene, const ServerNode::Buffer& buffer) {
    if (buffer.size <= buffer.size_max) return;
    const std::string device(buffer.device);
    scene.violated({28,
                    "the server holds " + std::to_string(buffer.size) + " " + std::string(buffer.name) +
                        (device.empty() ? "" : ", " + device) + "; there may be " +
                        std::to_string(buffer.size_max),
                    {},
                    device.empty() ? std::vector<std::string>{} : std::vector{device}});
}

namespace {

class WithinLimits final : public Kept<WithinLimits> {
  public:
    int number() const override { return 28; }

    void committed(Scene& scene, const server::Batch&) override {
        scene.server().each_buffer([&](const ServerNode::Buffer& buffer) { buffer_fits(scene, buffer); });
    }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        if (scene.signed_in(line) == nullptr || !envelope.id) return;
        auto& under_way = under_way_[line.number()];
        under_way.insert(*envelope.id);
        // Those that renew or begin a session are no commands.
        const auto count = static_cast<std::int64_t>(under_way.size());
        if (count <= limits::in_flight_max + own_max) return;
        scene.violated({28,
                        line.device_name() + " has " + std::to_string(count) + " questions under way at once",
                        streams_of(envelope),
                        {line.device_name()}});
    }

    void server_said(Scene&, Line& line, const SignedIn&, const protocol::Envelope& envelope) override {
        if (envelope.re) under_way_[line.number()].erase(*envelope.re);
    }

  private:
    /// `auth` and `resume`.
    static constexpr std::int64_t own_max = 2;

    std::map<std::uint64_t, std::set<Uuid>> under_way_;
};

}  // namespace

std::unique_ptr<Promise> within_limits() {
    return std::make_unique<WithinLimits>();
}

}  // namespace parley::sim
