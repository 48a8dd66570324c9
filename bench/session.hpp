#pragma once

#include "bench/clock.hpp"
#include "bench/frame_scan.hpp"
#include "bench/loop.hpp"
#include "bench/websocket.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parley::bench {

/// One signed-in connection of one device, over CBOR. It connects, sends `auth` and `resume` in its first
/// frame, is `live` once everything that the server owes it came, and from then on shows each envelope to
/// `on_seen`.
class Session : public Watcher {
  public:
    enum class State : std::uint8_t { upgrading, signing_in, live, closed };

    struct Options {
        std::uint16_t port = 0;
        std::string access_token;
        /// Of the socket, where it is to be small; 0 leaves it to the system.
        int receive_buffer_bytes = 0;
        /// Send `ack` for what came, at most once in this time, as a client does whose database keeps up. 0:
        /// never.
        Nanos ack_every = nanos_per_second;
        bool ping = true;
    };

    Session(Loop& loop, Options options);
    ~Session() override;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void connect();
    /// Reads nothing from now on; what the server sends stays in the kernel and then with the server.
    void stop_reading();
    void start_reading();
    /// Ends the connection without a word.
    void drop();

    /// Sends one command under a new id, which is returned.
    Uuid send(protocol::Payload payload);
    /// Acks what came since the last time, and pings when it is time; called about once a second.
    void keep_alive(Nanos now);

    State state() const { return state_; }
    bool live() const { return state_ == State::live; }
    /// Why it is closed.
    const std::string& failure() const { return failure_; }
    /// Whether the server still has the connection, for one who does not read.
    bool still_connected() const;

    std::function<void(Session&, const Seen&, Nanos now)> on_seen;

    void handle_ready(bool readable, bool writable) override;

  private:
    void read();
    void consume(std::string_view bytes);
    std::size_t consume_upgrade(std::string_view bytes);
    void handle_frame(const Frame& frame);
    void handle_envelope(const Seen& seen, Nanos now);
    void send_frame(Opcode opcode, std::string_view payload);
    void flush();
    void close_with(std::string reason);

    Loop& loop_;
    Options options_;
    int descriptor_ = -1;
    State state_ = State::closed;
    bool reading_ = true;
    std::string pending_in_;
    std::string pending_out_;
    std::string fragments_;
    std::string failure_;
    std::string acked_stream_;
    std::int64_t newest_seq_ = 0;
    std::int64_t acked_seq_ = 0;
    Nanos pinged_at_ = 0;
    Nanos acked_at_ = 0;
};

/// Command ids: version 7, from a counter, so that a run with the same seed sends the same ids.
Uuid next_command_id();

}  // namespace parley::bench
