#pragma once

#include "server/domain/batch.hpp"
#include "sim/crash/facts.hpp"
#include "sim/crash/ledger.hpp"
#include "sim/random.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parley::sim::crash {

/// What the people of one world are like.
struct Habits {
    std::int64_t accounts = 6;
    /// Of a thousand texts, how many are long.
    std::int64_t long_texts = 20;
    /// The server's clock jumps by up to ten days, now and then.
    bool clock_jumps = false;
};

/// People who do through the store all that can be done in Parley, in proportions like real use, together
/// with what goes wrong in real use: repeats of what was answered, commands that are refused, devices that
/// were signed out. They know what they were told.
class People {
  public:
    People(Random random, const Habits& habits) : random_(random), habits_(habits) {}

    // Getters.
    /// Everybody has an account and some groups are there.
    bool settled() const;
    WallTime now() const { return now_; }

    // Input.
    void heard(std::span<const server::Work> works, const server::Batch& batch);
    /// After a crash they look at what is there.
    void look(const StoredFile& file);

    // Commands.
    server::Work next();
    /// A work that was answered with success, as it was; nothing where there is none yet.
    std::optional<server::Work> repeat();

  private:
    struct Message {
        Uuid id;
        std::int64_t author = 0;
    };
    struct Account {
        std::int64_t key = 0;
        std::vector<std::int64_t> devices;
        Uuid last_command;
    };
    struct Conversation {
        std::vector<std::int64_t> members;
        std::int64_t owner = 0;
        std::int64_t head = 0;
        bool direct = false;
        /// The newest ones, in order; some that were deleted stay among them.
        std::deque<Message> messages = {};
    };

    void heard(const server::Work& work, const server::Answer& answer);
    void heard(const server::Effect& effect);
    static void heard(Conversation& conversation, const protocol::Change& change);
    static protocol::Target target_of(std::int64_t conversation);
    server::Work by(const Account& account, server::Command command);
    server::Work message();
    server::Work to_conversation();
    server::Work acks();
    server::Work about_members();
    server::Work about_devices();
    // What changes what is there (people_changes.cpp).
    server::Work about_messages();
    server::Work reaction(std::int64_t key, const Conversation& conversation, const Message& subject);
    server::Work pin(std::int64_t key, const Conversation& conversation, const Message& subject);
    server::Work about_rights();
    server::Work about_oneself();
    server::Work found();
    server::Work sign_up();
    server::Work without_session(server::Command command);
    server::Work misuse();
    std::string text();
    std::string title();
    Account& somebody();
    /// A conversation with members, or null.
    Conversation* some_conversation(std::int64_t& key);
    Account* some_member(const Conversation& conversation);
    Uuid fresh_id();

    Random random_;
    Habits habits_;
    WallTime now_{1'750'000'000'000};
    std::int64_t jump_ms_ = 0;
    std::map<std::int64_t, Account> accounts_;
    std::map<std::int64_t, std::int64_t> owner_of_device_;
    std::map<std::int64_t, std::int64_t> refresh_numbers_;
    std::map<std::int64_t, Conversation> conversations_;
    std::vector<std::int64_t> conversation_keys_;
    std::vector<std::int64_t> account_keys_;
    std::deque<server::Work> answered_;
    /// Of the newest invite links.
    std::vector<std::string> codes_;
    std::int64_t handles_ = 0;
};

}  // namespace parley::sim::crash
