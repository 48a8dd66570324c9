#include "server/net/shard_loop.hpp"

#include "server/ops/clock.hpp"

#include <utility>

namespace parley::server {

ShardLoop::ShardLoop(ShardOptions options, ShardPorts ports, HttpOptions http, PasswordHasher& hasher,
                     const Operations& operations)
    : shard_(std::move(options), ports), http_(std::move(http), shard_, hasher, operations) {}

SessionKey ShardLoop::handle_connected(Connection& connection, protocol::Encoding encoding) {
    const SessionKey key = shard_.handle_connected(connection, encoding, current_time());
    arm();
    return key;
}

void ShardLoop::handle_frame(SessionKey session, std::string_view bytes) {
    shard_.handle_frame(session, bytes, current_time());
    arm();
}

void ShardLoop::handle_written(SessionKey session) {
    shard_.handle_written(session, current_time());
    arm();
}

void ShardLoop::handle_disconnected(SessionKey session) {
    shard_.handle_disconnected(session, current_time());
}

void ShardLoop::handle_http(HttpRequest request, HttpDone done) {
    http_.handle(std::move(request), std::move(done), current_time());
    arm();
}

void ShardLoop::handle_unsent(const std::function<void()>& undo) {
    shard_.handle_done(undo, current_time());
    arm();
}

void ShardLoop::post(std::function<void(Shard&, Now)> task) {
    loop_.post([this, task = std::move(task)] {
        task(shard_, current_time());
        arm();
    });
}

void ShardLoop::arm() {
    const std::optional<Instant> next = shard_.next_timeout();
    if (!next || (armed_ && *armed_ <= *next)) return;
    armed_ = next;
    loop_.set_timer(*next - current_time().instant, [this] {
        armed_.reset();
        shard_.handle_timeout(current_time());
        arm();
    });
}

}  // namespace parley::server
