// 20. After a revocation is acknowledged, no frame is accepted from or sent to that session, on any node.
//
// Whether another device signed it out, or its person on it.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/streams_of.hpp"

#include <set>
#include <utility>

namespace parley::sim {

namespace {

class RevokedIsOut final : public Kept<RevokedIsOut> {
  public:
    int number() const override { return 20; }

    void signed_out(Scene&, const DeviceId& device) override { revoked_.insert(device); }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        const SignedIn* who = scene.signed_in(line);
        if (who == nullptr || !envelope.id || !revoked_.contains(who->device)) return;
        too_late_.emplace(who->account, *envelope.id);
    }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr || !change->origin.command) continue;
            if (!revoked_.contains(server::to_id(change->origin.device))) continue;
            if (!too_late_.contains({server::to_id(change->origin.account), *change->origin.command}))
                continue;
            scene.violated({20,
                            "a command that came after its device was signed out was carried out",
                            {server::to_id(change->conversation)},
                            scene.devices_of(server::to_id(change->origin.account))});
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (envelope.re && std::holds_alternative<protocol::Done>(envelope.payload)) {
            const Given* given = given_by(scene, who.account, *envelope.re);
            const auto* revoke =
                given == nullptr ? nullptr : std::get_if<protocol::DeviceRevoke>(&given->command);
            if (revoke != nullptr && revoke->device != who.device) revoked_.insert(revoke->device);
        }
        if (!revoked_.contains(who.device) || std::holds_alternative<protocol::Closing>(envelope.payload))
            return;
        scene.violated({20,
                        "device " + who.device.text() + " was sent something after it was signed out",
                        streams_of(envelope),
                        {line.device_name()}});
    }

  private:
    /// Signed out by somebody who has the answer: on another device, or on it.
    std::set<DeviceId> revoked_;
    std::set<std::pair<AccountId, Uuid>> too_late_;
};

}  // namespace

std::unique_ptr<Promise> revoked_is_out() {
    return std::make_unique<RevokedIsOut>();
}

}  // namespace parley::sim
