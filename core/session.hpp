#pragma once

#include "base/time.hpp"
#include "core/action.hpp"
#include "core/credentials.hpp"
#include "core/identity.hpp"
#include "core/output.hpp"
#include "core/ports/primitives.hpp"
#include "core/timers.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace parley::core {

/// The connection to the server: when it is opened, signed in, kept alive, given up and tried again.
///
///     off ──connect──> opening ──connected──> authenticating ──auth.ok──> resuming ──resumed──> live
///      ^                 ^  │                       │                        │                   │
///      │        renewed  │  └──── closed, silent, too slow, refused ─────────┴───────────────────┘
///      │            renewing <──── token refused │                │ 4004, 4005, 1008 …
///      │                 ^                       v                v
///      │                 └──────────────────── waiting           off
///      └── disconnect                    (back-off; ends at once when the network returns)
///
/// The first frame carries `auth` and `resume`, without waiting for `hello`. A new token goes out as another
/// `auth` on the same connection, in whatever phase it is. A connection that ends soon after it went live
/// counts as one more failed try, so that what makes the server close it is not repeated without a pause.
class Session {
  public:
    enum class Phase : std::uint8_t { off, waiting, renewing, opening, authenticating, resuming, live };
    /// Why it is off.
    enum class Rest : std::uint8_t { stopped, signed_out, replaced, revoked };

    Session(std::string client_name, IdentityStore& identity, Credentials& credentials, Output& output,
            Primitives& primitives, Timers& timers)
        : client_name_(std::move(client_name)),
          identity_(identity),
          credentials_(credentials),
          output_(output),
          primitives_(primitives),
          timers_(timers) {}

    // Getters.
    Phase phase() const { return phase_; }
    bool wanted() const { return wanted_; }
    bool has_socket() const { return phase_ >= Phase::opening; }
    /// Signed in, with a token that the server has not refused.
    bool can_send() const { return phase_ >= Phase::resuming && !token_refused_; }
    Connection connection(bool caught_up) const;
    /// Since the start; receipts want to know.
    std::uint64_t pings_sent() const { return pings_sent_; }
    /// What the server's clock shows, as `hello` told; absent before.
    std::optional<WallTime> server_time(Instant now) const;

    // Commands.
    void connect(Now now);
    /// Connects once somebody is signed in.
    void want() { wanted_ = true; }
    void disconnect();
    /// Stands still until `connect`, for this reason.
    void rest(Rest why);
    /// Gives the connection up and comes back after the usual pause.
    void drop(std::uint16_t code, Now now);

    // Input.
    void handle_connected(Now now);
    /// Any frame at all shows that the server is there.
    void handle_heard(Instant now);
    void handle_hello(const protocol::Hello& hello, Instant now);
    void handle_auth_ok(const protocol::AuthOk& ok, Instant now);
    void handle_resumed(Instant now);
    /// A refusal that answers what this machine sent. True: it is dealt with.
    bool handle_refusal(const Uuid& re, ErrorClass error_class, Now now);
    void handle_closing(const protocol::Closing& closing);
    void handle_token_expiring(Instant now);
    /// An error of class *sign in*, whatever it answers.
    void handle_token_refused(Now now);
    void handle_disconnected(std::optional<std::uint16_t> code, Now now);
    void handle_network(bool up, Now now);
    void handle_timer(Now now);
    /// The person has signed in: what was said of the tokens of before holds no more.
    void handle_signed_in();
    /// The tokens are new.
    void handle_renewed(Now now);

  private:
    void refuse_token();
    void begin(Now now);
    void open(Instant now);
    void lost(Now now);
    void wait(Duration pause, Instant now);
    void send_auth(WallTime now);
    void send_resume(WallTime now);
    void send_ping(Instant now);
    void stop_timers();

    std::string client_name_;
    IdentityStore& identity_;
    Credentials& credentials_;
    Output& output_;
    Primitives& primitives_;
    Timers& timers_;

    Phase phase_ = Phase::off;
    Rest rest_ = Rest::stopped;
    bool wanted_ = false;
    bool network_up_ = true;
    /// The access token does not serve any more.
    bool token_refused_ = false;
    /// The access token came in this run, so that no wall clock has a say about it.
    bool token_fresh_ = false;
    /// Tries since a connection was last live for a while.
    int failures_ = 0;
    Instant live_since_;
    /// What was sent last of these on this connection.
    std::optional<Uuid> auth_;
    std::optional<Uuid> resume_;
    std::uint64_t pings_sent_ = 0;
    Duration heartbeat_ = milliseconds(limits::heartbeat_ms);
    /// The server's clock as the last `hello` told it, and when that was.
    std::optional<WallTime> server_time_;
    Instant server_time_at_;
    std::optional<protocol::Closing> closing_;
};

}  // namespace parley::core
