// 28. Every queue, cache and per-connection buffer stays within its named limit.
//
// Seen from outside: how many commands and reads a device has under way. Sizes of frames and of queues are
// held to their limits by tests of the server (frame_limit_test, slow_reader_test).

#include "protocol/generated/cpp/limits.hpp"
#include "sim/promises/all.hpp"
#include "sim/streams_of.hpp"

#include <map>
#include <set>

namespace parley::sim {

namespace {

class WithinLimits final : public Kept<WithinLimits> {
  public:
    int number() const override { return 28; }

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
