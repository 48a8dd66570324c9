#pragma once

#include "core/action.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace parley::test {

inline protocol::ErrorReply refusal(ErrorCode code) {
    return {code, std::string(sentence(code)), {}, {}, {}};
}

inline bool is_message(const protocol::Change& change) {
    return std::holds_alternative<protocol::MessageNew>(change.payload);
}

/// A server in a few hundred lines: the protocol as a client sees it, in memory, without time-outs, limits or
/// speed. It is written from the protocol's pages alone, so that core and server are not tested against one
/// misunderstanding.
class SmallServer {
  public:
    struct Row {
        protocol::Change change;
        std::int64_t position = 0;  ///< In commit order, over all streams.
    };
    struct Stream {
        std::int64_t head = 0;
        std::map<std::string, Row> rows;  ///< By key.
        std::vector<protocol::Change> by_seq() const;
        std::vector<protocol::Change> by_born() const;
    };
    struct Interval {
        std::int64_t from = 0;
        std::int64_t until = std::numeric_limits<std::int64_t>::max();
    };
    struct Conversation {
        Stream stream;
        protocol::ConversationKind kind = protocol::ConversationKind::group;
        std::optional<std::string> title;
        std::map<AccountId, std::vector<Interval>> members;
        std::map<AccountId, protocol::Role> roles;
        std::map<AccountId, protocol::Receipt> receipts;
        std::int64_t moved = 0;  ///< Position of the last change of rows, receipts or read positions.
        std::optional<std::int64_t> restored_from;
    };
    struct Account {
        protocol::Profile profile;
        std::string password;
        Stream stream;
        std::map<StreamId, std::int64_t> read;
    };
    struct Device {
        AccountId account;
        std::int64_t refresh_number = 1;
        bool successor_used = true;
        bool signed_out = false;
        bool revoked = false;
        std::int64_t access_number = 0;
        std::set<std::string> access_tokens;
    };
    /// Everything durable; a copy is a backup.
    struct Store {
        std::int64_t position = 0;
        std::int64_t epoch = 1;
        std::map<AccountId, Account> accounts;
        std::map<StreamId, Conversation> conversations;
        std::map<DeviceId, Device> devices;
        std::map<std::pair<AccountId, Uuid>, protocol::Envelope> remembered;
        std::map<std::pair<AccountId, Uuid>, StreamId> made;
    };
    struct Session {
        AccountId account;
        DeviceId device;
        bool resumed = false;
        std::deque<std::string> frames;           ///< To the client.
        std::optional<std::uint16_t> close_code;  ///< After these.
        std::vector<protocol::Envelope> received;
    };
    struct Answer {
        int status = 0;
        std::string body;
    };

    explicit SmallServer(protocol::Encoding encoding) : encoding_(encoding) {}

    // What a network does.
    Answer call(const core::CallHttp& call);
    int connect();
    void receive(int connection, std::string_view frame);
    void disconnect(int connection) { sessions_.erase(connection); }
    Session* session(int connection);

    // What an operator, or fate, does.
    Store& store() { return store_; }
    AccountId add_account(const std::string& handle);
    AccountId account_named(const std::string& handle) const;
    void restore(Store backup);
    void expire_tokens();
    /// Says on every connection that its token ends soon.
    void warn_of_tokens();
    void revoke(const DeviceId& device);
    void close_all(std::uint16_t code);
    /// Pushes are lost from now on, and the session goes back to resuming when it is told to.
    void lose_pushes(bool lost) { lose_pushes_ = lost; }
    void fall_back();
    void say(int connection, const protocol::Payload& payload);
    /// Asked before a command is carried out; an error is its answer.
    std::function<std::optional<protocol::ErrorReply>(const protocol::Envelope&)> refuse;
    std::int64_t rows_max = 200;

    std::vector<protocol::Change> messages_for(const AccountId& account, const StreamId& stream) const;
    std::int64_t unread_for(const AccountId& account, const StreamId& stream) const;

  private:
    struct Pushed {
        StreamId stream;
        protocol::Change change;
    };

    // Sessions.
    void send(Session& session, const std::vector<protocol::Envelope>& envelopes);
    void handle(int connection, const protocol::Envelope& envelope);
    void handle_auth(int connection, const protocol::Envelope& envelope);
    void resume(Session& session, const std::optional<std::string>& token);
    std::string token() const;
    void push(const std::vector<Pushed>& changes, const Session* author);
    void push_receipt(const StreamId& stream, const AccountId& of);

    // Reading.
    protocol::Payload answer(Session& session, const protocol::Payload& question);
    protocol::Payload changes(const AccountId& reader, const protocol::Changes& asked) const;
    protocol::Payload page(const AccountId& reader, const protocol::Page& asked) const;
    protocol::Payload rows(const AccountId& reader, const protocol::Rows& asked) const;
    protocol::ConversationState state(const AccountId& reader, const StreamId& stream) const;
    protocol::Summary summary(const AccountId& reader, const Conversation& conversation) const;
    std::pair<std::int64_t, std::int64_t> unread(const AccountId& reader, const StreamId& stream) const;
    static bool present(const Conversation& conversation, const AccountId& account);
    static bool sees(const Conversation& conversation, const AccountId& reader,
                     const protocol::Change& change);

    // Writing.
    struct Outcome {
        protocol::Envelope reply;
        std::vector<Pushed> changes;
    };
    Outcome carry_out(const Session& session, const protocol::Envelope& command);
    Outcome send_message(const Session& session, const protocol::Envelope& command);
    Outcome create(const Session& session, const protocol::Envelope& command);
    Outcome read_up_to(const Session& session, const protocol::Envelope& command);
    Outcome change_members(const Session& session, const protocol::Envelope& command);
    std::optional<StreamId> resolve(const AccountId& account, const protocol::Target& target);
    StreamId make_conversation(protocol::ConversationKind kind, std::optional<std::string> title,
                               const std::vector<AccountId>& members, std::vector<Pushed>& changes);
    void add_member(const StreamId& stream, const AccountId& account, const AccountId& by,
                    std::vector<Pushed>& changes);
    void remove_member(const StreamId& stream, const AccountId& account, const AccountId& by,
                       std::vector<Pushed>& changes);
    protocol::Change put(Stream& stream, const std::string& key, std::optional<Uuid> id,
                         protocol::ChangePayload payload);
    protocol::Session issue(const DeviceId& id);

    protocol::Encoding encoding_;
    Store store_;
    std::map<int, Session> sessions_;
    int last_connection_ = 0;
    std::int64_t last_account_ = 0;
    std::int64_t last_device_ = 0;
    std::int64_t last_conversation_ = 0;
    std::int64_t clock_ = 1'700'000'000'000;
    bool lose_pushes_ = false;
};

}  // namespace parley::test
