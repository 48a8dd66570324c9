#pragma once

#include "protocol/generated/cpp/limits.hpp"
#include "sim/device_node.hpp"
#include "sim/history.hpp"
#include "sim/ledger.hpp"
#include "sim/profile.hpp"
#include "sim/server_node.hpp"
#include "sim/world.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace parley::sim {

struct Person;

/// A device with what the world knows about it.
struct Device {
    std::unique_ptr<DeviceNode> node;
    Person* person = nullptr;
    Ledger ledger;
    /// A sign-in that has not ended yet.
    bool signing_in = false;
    /// The handle with which that was tried.
    std::string handle_used;
    /// As which it took over what stands in the ledger.
    std::optional<DeviceId> given_as;
    /// It died while it signed itself out.
    bool may_be_erased = false;
    /// Signed out by its person, and the server has not answered yet.
    std::optional<DeviceId> leaving;
    /// Nobody signs in on it before then.
    Instant away_until;
    /// The server was restored, and the device has not caught up with that yet: what it shows may be of the
    /// time before.
    bool behind_restore = false;
    /// Its commands that the server had done, and that a restore took back.
    std::set<Uuid> undone;
    std::int64_t starts_seen = 0;
    /// What it was seen to show, per conversation and message, since it was last erased.
    struct Shown {
        std::int64_t born = 0;
        core::MessageState state = core::MessageState::sending;
        /// The place at which the state was seen.
        std::int64_t state_born = 0;
        /// The change whose state it was.
        std::int64_t seq = 0;
        bool deleted = false;
    };
    std::map<std::pair<StreamId, Uuid>, Shown> shown;

    bool signed_in() const { return node->up() && node->client().account().has_value(); }
};

struct Person {
    /// The one to register with.
    std::string handle;
    /// All that he has ever wished to have, that one first.
    std::vector<std::string> handles;
    /// Which of them he signs in with: the next one where it did not fit.
    std::size_t handle_tried = 0;
    /// What he was given to come in with; empty: nothing yet.
    std::string invite;
    /// He may be there already, or not: the answer to his registration was lost, or his invite was used up.
    bool in_doubt = false;
    std::string password;
    std::vector<Device*> devices;
    /// What programs of his gave by HTTP.
    Ledger by_http;
    /// Known once the server has said it.
    std::optional<AccountId> account;
    bool registered = false;
};

/// Who is signed in on a connection, as the server has said.
struct SignedIn {
    AccountId account;
    DeviceId device;
};

struct Violation {
    /// Number in the list of promises; 0: the world itself is out of order.
    int promise = 0;
    std::string what;
    std::vector<StreamId> streams;
    std::vector<std::string> devices;
};

/// How somebody signs out of the device in front of him.
enum class Leaving : std::uint8_t { told, without_a_word };

struct SceneOptions {
    std::uint64_t seed = 1;
    Profile profile = Profile::train;
    ServerDefects defects;
    std::size_t people = 3;
    Duration access_token_life = milliseconds(limits::access_token_ms);
    /// Nobody registers without an invite; whether everybody makes them, or administrators only.
    bool by_invite = false;
    bool everyone_invites = true;
    std::int64_t edits_max = limits::edits_max;
    std::int64_t messages_per_second = 1'000;
    std::int64_t messages_burst = 100'000;
    std::int64_t sign_ins_burst = 1'000;
    Duration sign_in_retry = seconds(1);
    /// Of each.
    std::size_t devices_max = 4;
};

class Promise;
struct Showing;
struct StoredRows;

/// What the server says to a person of himself by HTTP alone: his devices, or his profile.
using OwnAnswer = std::variant<protocol::DeviceList, protocol::ProfileChanged>;

/// Everything that is there: the world, the server, people with their devices, what is known to have
/// happened, and the promises that are watched. Acts and faults change it; promises look at it.
class Scene final : public Watch {
  public:
    explicit Scene(SceneOptions options);
    ~Scene() override;

    // Getters.
    const SceneOptions& options() const { return options_; }
    World& world() { return world_; }
    ServerNode& server() { return *server_; }
    std::vector<std::unique_ptr<Person>>& people() { return people_; }
    std::vector<std::unique_ptr<Device>>& devices() { return devices_; }
    const History& history() const { return history_; }
    const Said& said() const { return said_; }
    const SignedIn* signed_in(const Line& line) const;
    /// What restores took back from the server: each history as it stood then. Devices keep what they hold.
    const std::vector<History>& undone() const { return undone_; }
    /// The message that stood at this place in a history that was undone, and stands there no more.
    const protocol::Change* lost_message(const StreamId& stream, std::int64_t born) const;
    /// What the server did then may be forgotten by now, and done again: its clock has shown that so much
    /// time has passed. Not so for messages and what they were made in.
    bool may_be_forgotten(Instant since, WallTime done_at);
    Device* device_named(const std::string& name);
    /// The devices of whoever has this account, by name: for reports.
    std::vector<std::string> devices_of(const AccountId& account) const;
    /// Some connection was signed in as it.
    bool came_online(const DeviceId& device) const { return came_online_.contains(device); }
    /// Its person signed it out on it.
    bool asked_out(const DeviceId& device) const { return asked_out_.contains(device); }
    /// Whether two commands of this account go to the same conversation, however they name it; as long as the
    /// scene is there.
    SamePlace same_place(const AccountId& by);
    /// An errand of somebody's is not over yet.
    bool has_errands() const;
    /// The first that was seen; nothing happens after it.
    const std::optional<Violation>& violation() const { return violation_; }
    std::map<std::string, std::int64_t>& act_counts() { return act_counts_; }
    std::map<std::string, std::int64_t>& fault_counts() { return fault_counts_; }

    // Commands.
    void violated(Violation violation);
    /// A person gives a command on a device; the id where the core took it.
    std::optional<Uuid> give(Device& device, protocol::Payload command);
    /// The world is not at rest before this errand is gone.
    void has_errand(std::weak_ptr<const void> errand);
    /// A question by HTTP, on a line of its own, has reached the server, which has not looked at it yet.
    /// Some can be asked by HTTP alone, and are no message.
    void server_called(Line& line, const SignedIn& who, const std::optional<protocol::Envelope>& question);
    /// What the server says to it, whether that gets back or not.
    void server_answered(Line& line, const SignedIn& who, const protocol::Envelope& answer);
    /// What it says by HTTP of a person to himself, to a question that had come then.
    void told_of_oneself(const Line& line, const SignedIn& who, Instant asked, const OwnAnswer& answer);
    /// Registers or signs in where the device is not.
    void sign_in(Device& device);
    /// Signs out where somebody is signed in; he comes back after this time at the earliest.
    void sign_out(Device& device, Leaving how, Duration away);
    /// Somebody wished to have this handle, and may be known by it from here on.
    void wished(Person& person, const std::string& handle);
    /// Where nobody comes in without: the operator invites the first ones, or everybody who is still outside.
    void invite_people(bool everybody);
    /// The code of an invite link that somebody was told of, good or not; mostly one of the latest, and of a
    /// group in which this person is not. Nothing: nobody has one.
    std::optional<std::string> some_code(const AccountId& account);
    /// An invite link of this group that somebody was told of.
    std::optional<LinkId> some_link(const StreamId& stream);
    /// What a device lists, as a person sees it; nothing where it cannot.
    std::optional<std::vector<core::ConversationView>> list(Device& device);
    /// Looks at what a device shows, as a person would.
    void look_at(Device& device);
    /// Everything has come to rest: what holds at the end is checked.
    void check_at_rest();
    /// Another device for this person, on which nobody is signed in.
    Device& add_device(Person& person, const std::string& name, const core::ClientOptions& client = {});
    /// Everything that a device at rest shows; nothing where it cannot.
    std::optional<std::vector<Showing>> all_shown(Device& device);
    /// One that came when the others were at rest is so as well; what another of its person's shows.
    void check_latecomer(Device& late, const std::vector<Showing>& others_show);

    // Watch.
    void committed(const server::Batch& batch) override;
    void commit_refused(const Error& error) override;
    void server_said(Wire& wire, const protocol::Envelope& envelope) override;
    void device_said(Wire& wire, std::string_view frame) override;
    void server_heard(Wire& wire, std::string_view frame) override;
    void http_said(const server::HttpRequest& request, const server::HttpResponse& response) override;
    void backed_up(int backup) override;
    void restored(int backup) override;
    void server_started() override;
    void surprise(std::string what) override;

  private:
    bool caught_up_with_restore(Device& device);
    std::optional<std::vector<Showing>> check_at_rest(Device& device);
    void scroll(Device& device, const Showing& all, Random chance);
    void is_the_person(const Device& device, const protocol::AuthOk& ok);
    void erased_unseen(Device& device);
    bool was_signed_out(const AccountId& account, const DeviceId& id) const;
    void take_in(const server::Batch& batch);
    void learn_rows(const StoredRows& stored);
    void begin_epoch_within(const server::Batch& later);
    void go_back(int backup, const StoredRows& stored);
    void note_said(const SignedIn& who, const protocol::Envelope& envelope);
    void device_noticed(Device& device, const core::Notice& notice);
    protocol::Target place_of(const AccountId& by, const protocol::Target& target);
    static std::string handle_to_try(const Person& person);
    bool may_register(const Device& device);
    void sign_in_ended(Device& device, const std::optional<Error>& failure);
    void sign_out_ended(Device& device, const std::optional<Error>& failure);
    void command_settled(Device& device, const core::CommandSettled& settled);
    static void erased(Device& device);
    void must_sign_in(Device& device);
    void note_invites(const server::Batch& batch);
    void note_link(const StreamId& stream, const protocol::Link& link);
    void add_invite(const std::string& code, std::int64_t uses);
    void add_person(std::size_t number);

    SceneOptions options_;
    World world_;
    std::unique_ptr<ServerNode> server_;
    std::vector<std::unique_ptr<Person>> people_;
    std::vector<std::unique_ptr<Device>> devices_;
    History history_;
    Said said_;
    /// As they were when each backup was made.
    struct Kept {
        History history;
        Said said;
        std::vector<std::unique_ptr<Promise>> promises;
    };
    std::map<int, Kept> kept_;
    std::vector<History> undone_;
    /// To this backup, and the server has not started on it yet.
    std::optional<int> restored_;
    std::map<std::uint64_t, SignedIn> signed_in_;
    std::vector<std::weak_ptr<const void>> errands_;
    /// Codes that nobody has used yet, as far as people know.
    std::deque<std::string> invites_;
    /// Invite links of groups, as they are told to people, who hand them on.
    std::vector<std::pair<StreamId, protocol::Link>> links_;
    bool operator_was_there_ = false;
    Instant operator_waits_until_;
    std::set<DeviceId> asked_out_;
    std::set<DeviceId> came_online_;
    std::vector<std::unique_ptr<Promise>> promises_;
    std::optional<Violation> violation_;
    std::map<std::string, std::int64_t> act_counts_;
    std::map<std::string, std::int64_t> fault_counts_;
};

}  // namespace parley::sim
