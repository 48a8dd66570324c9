#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/api/http.hpp"
#include "server/api/http_target.hpp"
#include "server/api/shard.hpp"
#include "server/domain/rules.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {

/// What the operator's programs ask the process.
class Operations {
  public:
    virtual ~Operations() = default;
    /// Takes connections and writes; false while it drains or the store does not answer.
    virtual bool ready() const = 0;
    virtual std::string metrics() const = 0;
};

struct HttpOptions {
    Duration access_token_life = milliseconds(limits::access_token_ms);
    /// A hash that no password is known to fit, of the same cost as real ones: what the password for an
    /// unknown handle is compared with.
    std::string decoy_hash;
    /// What a registration is held to before its password is hashed.
    Rules rules;
    bool metrics = true;
};

struct HttpCall;
using SharedCall = std::shared_ptr<HttpCall>;  // held by whatever the call waits for

/// The calls of protocol/schema (http) over one shard: one table of routes (http_routes.cpp), and behind it
/// the same reads, work and rules as on the socket. Single-threaded, without I/O, like its shard.
class HttpApi {
  public:
    HttpApi(HttpOptions options, Shard& shard, PasswordHasher& hasher, const Operations& operations);

    /// Answers once, during the call or later on the shard.
    void handle(HttpRequest request, HttpDone done, Now now);

    /// An answer that says what is wrong, also to what could not even be read as a request. `status`: where
    /// it is not the code's own. `floor`: what goes with `too_old`.
    static HttpResponse problem(const Error& error, int status = 0,
                                std::optional<std::int64_t> floor = std::nullopt);

  private:
    friend struct RouteTable;

    void route(const SharedCall& call);
    /// Counts a call of a stranger; where its address has made too many, says so, and is false.
    bool admit_stranger(const SharedCall& call);
    void refuse_stranger(const SharedCall& call, HttpResponse refusal);
    /// Checks the token and the device, then goes on with `next`, which runs on the shard.
    void with_device(const SharedCall& call, std::function<void(Snapshot&)> read, std::function<void()> next);

    // http_messages.cpp: what is a message of the protocol
    void serve_message(const SharedCall& call);
    void serve_read(const SharedCall& call, protocol::Payload request);
    void serve_command(const SharedCall& call, protocol::Payload request);
    void serve_acks(const SharedCall& call);
    void serve_typing(const SharedCall& call);
    void serve_conversations(const SharedCall& call);
    void serve_devices(const SharedCall& call);
    void serve_blocks(const SharedCall& call);
    void serve_profile(const SharedCall& call);
    /// What `read` finds is the answer.
    template <class Read>
    void serve_own(const SharedCall& call, Read read);

    // http_sign_in.cpp: accounts and sessions
    void serve_register(const SharedCall& call);
    Status take_account(const HttpCall& call, const RegisterAccount& work);
    /// `work`: held until the password is hashed.
    void hash_and_register(const SharedCall& call, const std::shared_ptr<RegisterAccount>& work,
                           const std::string& password);
    void serve_sign_in(const SharedCall& call);
    void serve_refresh(const SharedCall& call);
    void serve_sign_out(const SharedCall& call);
    /// `known`: whoever has the handle.
    void check_password(const SharedCall& call, protocol::SignIn sign_in,
                        const std::optional<PasswordFacts>& known);
    /// `unsent`: as of HttpResponse.
    void finish_sign_in(const SharedCall& call, const Answer& answer, int status,
                        std::function<void()> unsent = {});
    /// The same for a device that was added for this call, and goes again if its caller has.
    void finish_new_device(const SharedCall& call, const Answer& answer);
    void undo_sign_in(const SignedIn& device);
    void undo_sign_ins();
    void keep_orphan(const SignedIn& device);
    void refuse_sign_in(const SharedCall& call, const Error& error);

    // http_api.cpp: the process
    void serve_live(const SharedCall& call);
    void serve_ready(const SharedCall& call);
    void serve_metrics(const SharedCall& call);
    void serve_socket(const SharedCall& call);

    HttpOptions options_;
    Shard& shard_;
    PasswordHasher& hasher_;
    const Operations& operations_;
    /// Added for callers who had given up by then, and to be signed out again: nobody has their tokens.
    std::vector<SignedIn> orphans_;
};

}  // namespace parley::server
