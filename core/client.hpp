#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "core/action.hpp"
#include "core/ports/database.hpp"
#include "core/ports/primitives.hpp"
#include "core/ports/recorder.hpp"
#include "core/view.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::core {

struct ClientOptions {
    /// Name and version that `auth` carries.
    std::string client_name = "parley";
    /// Encoding of frames on the socket.
    protocol::Encoding encoding = protocol::Encoding::cbor;
    /// Cursor this far behind its head: jump instead of pulling everything (changes).
    std::int64_t jump_changes = 10'000;
    /// Pull history of conversations in the background until the device holds everything since this many
    /// newest messages of each; the rest is fetched when a view asks for it.
    std::int64_t eager_messages = 1'000'000;
    /// Is told everything that happens; outlives the client. Where it records what the ports answer, the
    /// client is opened over its ports.
    Recorder* recorder = nullptr;
};

/// The client core of one account on one device: session, outbox, streams, counters and views over one local
/// database. It decides and does nothing else; a host feeds it with what happens and carries out what
/// `poll_action` gives. Lives as long as the host owns the database; it can be dropped at any moment and
/// opened again. One thread.
class Client {
  public:
    /// Migrates the local schema, takes the owner lease and loads the state. Both ports outlive the client.
    /// Fails where the database fails or was written by a newer version.
    static Result<std::unique_ptr<Client>> open(ClientOptions options, Database& database,
                                                Primitives& primitives, Now now);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Getters. They read the local database and work in every state of the connection. Where the core has
    // ended (lease_lost, broken) what it holds may not be committed: those that can fail do, with
    // `unavailable`, and account and device are absent.
    Connection connection() const;
    std::optional<AccountId> account() const;
    std::optional<DeviceId> device() const;
    /// Pinned conversations first, what was pinned last at the top; then by latest activity, newest first;
    /// archived ones last, so that an app can show them apart. `limit` of them from `offset` on.
    Result<std::vector<ConversationView>> conversations(std::size_t offset, std::size_t limit) const;
    Result<std::optional<ConversationView>> conversation(const StreamId& stream) const;
    /// A window of what is held of a conversation, in order; where a gap of the local copy lies inside,
    /// `missing` says so and the core has asked the server for it (a ConversationTouched follows when it
    /// came).
    Result<WindowView> window(const StreamId& stream, WindowQuery query);
    /// The same of what a message to this target goes to. Where that is a conversation which exists only in
    /// the outbox so far, its messages that wait, the newest last.
    Result<WindowView> window(const protocol::Target& target, WindowQuery query);
    /// The number on the app's icon (core/rules/preferences.hpp). From then on a BadgeChanged tells when it
    /// is another.
    Result<std::int64_t> badge() const;
    Result<std::vector<MemberView>> members(const StreamId& stream) const;
    /// What is pinned, in the order of pinning.
    Result<std::vector<PinView>> pins(const StreamId& stream) const;
    Result<std::vector<DeviceView>> devices() const;
    /// Whom the person has blocked, in the order in which he did.
    Result<std::vector<BlockedView>> blocked() const;
    /// What waits to be accepted, in order, then what failed: at most 1,000 from `offset` on. Questions
    /// (profile.find) are not among what waits.
    Result<std::vector<OutboxView>> outbox(std::size_t offset = 0, std::size_t limit = 1000) const;
    /// Those of these commands, at most 1,000, that do not wait any more, as a CommandSettled told it,
    /// without a reply. One that this device does not know any more was refused, and discarded or sent again
    /// since.
    Result<std::vector<CommandSettled>> settled(std::span<const Uuid> commands) const;
    /// What the server's clock shows at this moment, from what it said last; absent: nobody has heard it
    /// since the core was opened.
    std::optional<WallTime> server_time(Now now) const;
    /// None where the core has ended.
    OutboxCount outbox_count() const;
    /// True where the connection is live, the outbox has nothing left to send, and everything that this
    /// device means to hold is there, history in the background included.
    bool idle() const;
    /// Moment for which the one timer is to be armed (also sent as ArmTimer whenever it changes).
    std::optional<Instant> next_timeout() const;

    // Input: what happened.
    void handle_connected(Now now);
    void handle_frame(std::string_view frame, Now now);
    void handle_disconnected(std::optional<std::uint16_t> close_code, Now now);
    /// `status` 0: no answer (no network, time-out).
    void handle_http_response(std::uint64_t call, int status, std::string_view body, Now now);
    void handle_timer(Now now);
    /// The operating system says that the network came back or went away.
    void handle_network(bool up, Now now);

    // Commands.
    /// Starts connecting where a session is stored; also after `replaced`. While a sign-in is under way: once
    /// it has succeeded.
    void connect(Now now);
    /// Ends the connection and stays off until `connect`.
    void disconnect(Now now);
    void register_account(protocol::Registration registration, Now now);
    void sign_in(protocol::SignIn sign_in, Now now);
    /// Signs this device out at the server where it can be reached, and erases the local database.
    void sign_out(Now now);
    /// The same without a word to the server, which goes on listing this device.
    void erase(Now now);
    /// These conversations are shown to the person now; replaces what was said before of the same window
    /// (`viewer`), where several share a core. Of these alone it is told who is typing: a
    /// ConversationTouched, then `conversation`. Those beyond limits::looks_max are not looked at.
    void look(const std::vector<StreamId>& streams, Now now, std::int64_t viewer = 0);
    /// A key was pressed there, or a recording goes on: to be said with each. `stopped`: the person gave up.
    /// Others are told as often as is right, where the connection is live.
    void type(const StreamId& stream, protocol::TypingKind kind, Now now);
    /// Puts a command of the schema that an outbox takes (core/commands.cpp: message.send, member.add and
    /// their like, and questions such as profile.find) into the outbox, durably, and returns its id; it is
    /// sent in order when it can be. `id`: where the caller made it already (a repeat of a known id changes
    /// nothing). Fails at once where it can never be accepted (a text that is too long).
    Result<Uuid> submit(protocol::Payload command, Now now, std::optional<Uuid> id = std::nullopt);
    /// Sends a failed command again, as a new one at the end; returns the new id.
    Result<Uuid> retry(const Uuid& command, Now now);
    /// Forgets a failed command, or a question (profile.find) whose answer nobody waits for any more.
    Status discard(const Uuid& command, Now now);

    // Output.
    std::optional<Action> poll_action();

    /// The invariants that hold between any two calls, as code; the first that does not hold comes back as
    /// text.
    std::optional<std::string> check() const;

  private:
    class Impl;
    explicit Client(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace parley::core
