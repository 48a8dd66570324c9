// 33. On a full disk new messages are refused with a clear code and stay in the clients' outboxes; reading
// and deleting go on; service recovers without a restart.
//
// That they stay in the outboxes is a part of promise 6, that service recovers of the world's coming to rest.

#include "sim/promises/all.hpp"

namespace parley::sim {

namespace {

class FullDiskIsSaid final : public Promise {
  public:
    int number() const override { return 33; }

    void server_said(Scene& scene, Wire& wire, const SignedIn&, const protocol::Envelope& envelope) override {
        const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload);
        if (error == nullptr || error->code != ErrorCode::internal) return;
        scene.violated({33, "the server said `internal`: " + error->message, {}, {wire.device_name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> full_disk_is_said() {
    return std::make_unique<FullDiskIsSaid>();
}

}  // namespace parley::sim
