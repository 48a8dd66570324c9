// 10. A jump of any wall clock changes no order and loses no timer. Upgrade and downgrade by one schema
// version keep every row.
//
// That places grow by what was committed is promise 3 and 4, that no timer is lost the world's coming to
// rest: all of it goes on while clocks jump. Of versions: tests/unit/server/store/schema_test.cpp and
// tests/unit/core/database_test.cpp.

#include "protocol/generated/cpp/limits.hpp"
#include "sim/promises/all.hpp"
#include "sim/token_book.hpp"

#include <cstdint>
#include <string>

namespace parley::sim {

namespace {

class ClocksChangeNothing final : public Kept<ClocksChangeNothing> {
  public:
    int number() const override { return 10; }

    void committed(Scene& scene, const server::Batch& batch) override {
        tokens_.committed(batch, scene.world().instant());
    }
    void server_started(Scene& scene, const StoredRows& stored) override {
        tokens_.learn(stored, scene.world().instant());
    }

    /// Nobody has to sign in again since some clock is wrong; only where the server's says that the tokens
    /// were not renewed for as long as they live.
    void must_sign_in(Scene& scene, Device& device, const DeviceId& signed_in) override {
        const auto* tokens = tokens_.find(signed_in);
        // Where the server was restored its store may know nothing of this device.
        if (tokens == nullptr || tokens->taken_back) return;
        const Duration unused = scene.server().clock().latest(tokens->since) - tokens->renewed_at;
        if (unused > milliseconds(limits::refresh_token_ms)) return;
        scene.violated({10,
                        device.node->name() + " has to sign in again; its tokens are " +
                            std::to_string(unused.ms / 1000) + " seconds old, and nobody took them back",
                        {},
                        {device.node->name()}});
    }

    /// What waits stands behind everything else, in the order in which it was given.
    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        std::int64_t last = 0;
        for (const auto& message : showing.messages) {
            const Given* given = message.born == 0 ? device.ledger.find(message.id) : nullptr;
            const bool behind = last > 0 && (message.born != 0 || (given != nullptr && given->order < last));
            if (given != nullptr) last = given->order;
            if (!behind) continue;
            scene.violated(
                {10,
                 device.node->name() + " shows " + message.id.text() + " behind what was given after it",
                 {showing.view.stream},
                 {device.node->name()}});
        }
    }

  private:
    TokenBook tokens_;
};

}  // namespace

std::unique_ptr<Promise> clocks_change_nothing() {
    return std::make_unique<ClocksChangeNothing>();
}

}  // namespace parley::sim
