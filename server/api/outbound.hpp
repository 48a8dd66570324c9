#pragma once

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "protocol/codec.hpp"
#include "server/api/connection.hpp"
#include "server/domain/stamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::server {

/// Where a sync token stands, without the epoch.
struct Coverage {
    std::int64_t position = 0;
    std::int64_t account_seq = 0;
};

/// What waits for one connection, in order. Replies stay until they are written; changes can be dropped all
/// at once, since the store has them. A pong is encoded only when it is written, so that a token in it never
/// covers what was dropped. Empty, it holds no memory.
class Outbound {
  public:
    explicit Outbound(protocol::Encoding encoding) : encoding_(encoding) {}

    // Getters
    std::size_t bytes() const { return bytes_; }
    bool empty() const { return next_ == items_.size(); }

    // Input
    /// Answers and what else must not get lost.
    void push_reply(SharedText text);
    /// A change; `before` is what a token may say that covers everything in the queue before it. `received`:
    /// when the frame that caused it came in.
    void push_change(SharedText text, Coverage before, Stamp received);
    /// A pong; `token` is the one that covers everything pushed so far. Behind many that wait it takes the
    /// place of the last one: a flood of pings makes no flood of pongs.
    void push_pong(std::optional<Uuid> re, std::optional<std::string> token, WallTime time);

    /// Drops all changes, takes the tokens out of pongs that wait, and returns what a token may say that
    /// covers everything written so far; nothing where no change was waiting.
    std::optional<Coverage> drop_changes();

    // Output
    /// As many pieces as fit into one frame, at least one where any waits.
    Frame take_frame();
    /// When the frame that caused the oldest change of the last taken frame had come in; none where it held
    /// no change.
    Stamp oldest_received() const { return oldest_received_; }

  private:
    enum class Kind : std::uint8_t { reply, change, pong };
    struct Item {
        SharedText text;
        Coverage before;
        Stamp received;
        Kind kind = Kind::reply;
    };
    /// What a pong that waits will say; the n-th belongs to the n-th item of that kind.
    struct Pong {
        std::optional<Uuid> re;
        std::optional<std::string> token;
        WallTime time;
    };

    SharedText encode_pong();
    void push(Item item, std::size_t bytes);
    static std::size_t size_of(const Item& item);

    protocol::Encoding encoding_;
    std::size_t bytes_ = 0;
    std::size_t next_ = 0;  // items before it have been taken
    std::vector<Item> items_;
    std::vector<Pong> pongs_;
    Stamp oldest_received_;
};

}  // namespace parley::server
