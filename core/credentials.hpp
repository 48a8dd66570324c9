#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "core/identity.hpp"
#include "core/output.hpp"
#include "core/ports/primitives.hpp"
#include "core/timers.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::core {

/// Whether an HTTP status says yes.
constexpr bool is_success(std::int64_t status) {
    return status >= 200 && status < 300;
}

/// Registering, signing in and out, and renewing tokens: everything that goes over HTTP, one call at a time.
///
///           register / sign in            renew                          sign out
///     idle ───────────────────> idle   idle ──────> calling ──> idle   idle ──> DELETE ──> idle
///            signed_in or failed                     ^     │                       │ 401, once
///                                                    │ no answer: after a pause    └─> refresh ─> DELETE
///                                                    └─────┘ the same token again, also where the server
///                                                            says that its time is over
///
/// A new refresh token is committed together with the access token before either is used: whoever handles the
/// answer writes both in the transaction whose end releases what uses them. An answer that got lost is asked
/// for again with the same token, which the server answers with the same successor.
class Credentials {
  public:
    enum class Outcome : std::uint8_t {
        nothing,
        signed_in,       ///< A new session is stored.
        sign_in_failed,  ///< See failure().
        renewed,         ///< New tokens are stored.
        sign_in_needed,  ///< The refresh token was refused for good; both are forgotten.
        revoked,         ///< This device was signed out elsewhere.
        left,  ///< The own sign-out is over; where failure() says so, the server did not confirm it.
    };

    Credentials(IdentityStore& identity, Output& output, Primitives& primitives, Timers& timers)
        : identity_(identity), output_(output), primitives_(primitives), timers_(timers) {}

    // Getters.
    const std::optional<Error>& failure() const { return failure_; }
    /// The last try to renew failed, and the next one waits.
    bool pausing() const { return task_ == Task::renew && call_ == 0; }
    bool renewing() const { return task_ == Task::renew; }
    /// The server says that the refresh token's time is over: the person may sign in again. Until then it is
    /// kept and tried again, since that server's clock may be wrong.
    bool token_ended() const { return token_ended_ && identity_.get().signed_in(); }
    /// The server is still being told of a sign-out.
    bool leaving() const { return task_ == Task::leave; }
    /// A person waits for the end of a sign-in, or of a sign-out.
    bool busy() const { return task_ == Task::sign_in || task_ == Task::leave; }

    // Commands.
    void register_account(const protocol::Registration& registration, Instant now);
    void sign_in(const protocol::SignIn& sign_in, Instant now);
    void renew(Instant now);
    /// Signs `leaving` out at the server as well as that is possible.
    void sign_out(const Identity& leaving, Instant now);
    void stop();

    // Input.
    Outcome handle_response(std::uint64_t call, int status, std::string_view body, Instant now);
    Outcome handle_timer(Instant now);
    /// The network is back: what pauses is tried at once.
    void handle_network(Instant now);

  private:
    enum class Task : std::uint8_t { none, sign_in, renew, leave };

    void call(std::string method, std::string path, std::string body, std::string bearer, Instant now);
    Outcome finish_sign_in(int status, std::string_view body);
    Outcome finish_renewal(int status, std::string_view body, Instant now);
    Outcome finish_leaving(int status, std::string_view body, Instant now);
    void ask_for_tokens(const std::string& refresh_token, Instant now);
    void end();

    IdentityStore& identity_;
    Output& output_;
    Primitives& primitives_;
    Timers& timers_;

    Task task_ = Task::none;
    /// Number of the call under way; 0: none.
    std::uint64_t call_ = 0;
    std::uint64_t last_call_ = 0;
    int failures_ = 0;
    /// Of the token that is kept: trying something else meanwhile changes nothing about it.
    bool token_ended_ = false;
    std::optional<Error> failure_;
    /// While leaving: the tokens, which the database has forgotten already.
    Identity leaving_;
    bool leaving_renewed_ = false;
    /// The call under way asks for tokens that the sign-out needs.
    bool leaving_renews_ = false;
};

}  // namespace parley::core
