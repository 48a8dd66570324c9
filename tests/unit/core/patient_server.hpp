#pragma once

#include "core/client.hpp"
#include "tests/support/failing_database.hpp"
#include "tests/unit/core/small_world.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::test {

/// One core with its database and a lawful host, and a server that answers whatever it is asked: there is
/// nothing new, and no command is allowed. So everything that a core owes comes to an end.
class Machine {
  public:
    explicit Machine(core::ClientOptions options) : options_(std::move(options)) {
        options_.recorder = nullptr;
    }

    core::Client& core() { return *core_; }
    FailingDatabase& database() { return database_; }
    Now now() const { return now_; }

    bool is_open() const { return core_ != nullptr; }
    /// Opens the core, again where it was open; where that fails none is.
    void open();
    /// The process ends.
    void drop();

    bool opening() const { return opening_; }
    bool connection_open() const { return connected_; }
    bool has_socket() const { return opening_ || connected_; }
    void connected();
    void disconnected(std::optional<std::uint16_t> code);
    /// True where the core waits for an answer to this call, which it gets now.
    bool take_call(std::uint64_t call);
    /// Carries over what the core wants, and checks its invariants.
    void take();
    /// What it told the user interface since it was asked last.
    std::vector<core::Notice> take_notices() { return std::exchange(notices_, {}); }

    /// The script's time, and what has passed besides.
    void advance_to(Now at);
    /// Time passes until the core gives the connection up.
    void be_silent();
    /// Until the core is signed in on a new connection, where it wants one.
    void reconnect();
    /// Until nothing is left to be done; fails the test where that takes too long.
    void come_to_rest();

    /// The `seq` of each row of a conversation that is held, by stream and id or `born`. (Those of the
    /// account's own stream come anew with each epoch.)
    std::map<std::string, std::int64_t> rows();
    /// The same; 0 where a restored server lost the row, or the state that is held, so that an older one may
    /// take its place.
    std::map<std::string, std::int64_t> lasting_rows();

  private:
    std::map<std::string, std::int64_t> rows(const std::string& seq_of_row);
    bool rests() const;
    bool serve();
    bool ring(Duration most);
    void answer(const protocol::Envelope& asked);
    void answer(const core::CallHttp& call);
    void give(protocol::Payload payload, std::optional<Uuid> re);
    std::int64_t head_of(const StreamId& stream);

    core::ClientOptions options_;
    FailingDatabase database_;
    SeededPrimitives primitives_{1};
    std::unique_ptr<core::Client> core_;
    Now now_{Instant{1000}, WallTime{1'700'000'000'000}};
    Duration besides_{0};
    bool opening_ = false;
    bool connected_ = false;
    std::deque<core::CallHttp> calls_;
    std::deque<protocol::Envelope> asked_;
    std::vector<core::Notice> notices_;
    int tokens_ = 100;
};

}  // namespace parley::test
