#pragma once

#include "bench/loop.hpp"
#include "bench/session.hpp"
#include "protocol/generated/cpp/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::bench {

/// A signed-in device of an account.
struct Person {
    AccountId account;
    std::string handle;
    std::string access_token;
};

/// Registers this many accounts, each with one device, named PREFIX0, PREFIX1 …
std::vector<Person> register_people(Loop& loop, std::uint16_t port, std::string_view prefix,
                                    std::size_t count);

/// One more device for each of these.
std::vector<Person> sign_in_again(Loop& loop, std::uint16_t port, const std::vector<Person>& people);

/// Sessions that are kept alive: they ping and ack about once a second, spread evenly over it.
class Fleet {
  public:
    explicit Fleet(Loop& loop) : loop_(loop) {}

    Session& add(Session::Options options);
    /// Connects those that are not connected, a few at a time, and waits until all are live.
    void connect();
    void drop();

    std::size_t size() const { return sessions_.size(); }
    Session& operator[](std::size_t index) { return *sessions_[index]; }
    std::size_t live() const;
    /// Why the first that is closed was closed.
    std::string failure() const;

  private:
    void keep_alive();

    Loop& loop_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::size_t next_kept_ = 0;
    bool keeping_ = false;
    /// Timers of the loop that outlive this look here first; held by it alone.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Makes a group of the owner and these members, however many, and waits until it is there.
StreamId make_group(Loop& loop, Session& owner, std::span<const Person> members);

}  // namespace parley::bench
