#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "core/commands.hpp"
#include "core/conversation.hpp"
#include "core/local_database.hpp"
#include "core/output.hpp"
#include "core/own_settings.hpp"
#include "core/ports/primitives.hpp"
#include "core/timers.hpp"
#include "core/view.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::core {

/// Requests for rows that may be under way at once, besides commands; together they stay within
/// in_flight_max.
inline constexpr std::size_t pulls_in_flight_max = 4;
inline constexpr std::size_t commands_in_flight_max = limits::in_flight_max - pulls_in_flight_max;

/// A command that was not accepted yet.
struct Command {
    std::int64_t position = 0;
    Uuid id;
    protocol::Type type{};
    std::string lane;
    /// The creation whose conversation it goes to.
    std::optional<Uuid> made_by;
    WallTime made_at;
    /// Of a `read`.
    std::int64_t upto = 0;
    /// Of a `conversation.create`.
    std::string title;
    /// Of an edit or a deletion.
    std::optional<ChangedMessage> changes;
    /// Of a `draft.set`: the draft that its writer had before him; absent: it is of a version that did not
    /// say.
    std::optional<std::int64_t> after;
    /// Of a `message.react`.
    std::optional<AskedReaction> reaction;
    /// Of a message that forwards another.
    std::optional<protocol::ForwardOf> forward;
    /// Of a `block.set`.
    std::optional<protocol::BlockSet> block;
    /// Of a `preferences.set`.
    std::optional<protocol::PreferencesSet> preferences;
    /// Of a message: it was once in an output, so that the server may have it. Of what one sets for oneself:
    /// it was, and the server has not said since that it did not do it.
    bool attempted = false;
    CommandState state = CommandState::queued;
    std::optional<Error> failure;

    /// In slow mode: what is about a message that stands there, and what one sets for oneself. All else ends
    /// one's sending there, or changes who may: that is meant to come after what was said.
    bool may_go_beside_messages() const {
        return changes || reaction || preferences || type == protocol::Type::draft_set ||
               type == protocol::Type::message_history;
    }
};

/// The outbox: commands that stand durably in the local database until the server has accepted them, or
/// refused them for good and somebody has seen it.
///
///             submit          pump                 accepted, or the message comes as a row
///     (caller) ────> queued ────────> in flight ──────────────────────────────────> settled (id remembered)
///                      ^  connection    │   │
///                      │  lost, wait,   │   │ refused: permanent             retry: a new id at the end
///                      └──refresh, ─────┘   └──────────────────> failed ──────────────────────────────>
///                      queued
///                         sign in                                  │ discard
///                                                                  └─────────> forgotten
///
/// Within a lane commands are sent in order of their positions, and each names the one before it in `follows`
/// while that is unanswered, so that a refusal never lets a later one overtake. Those that are refused for it
/// go on in the same order: at once where it failed, after it where it waits. Nothing is ever sent that is
/// not committed. What is in flight is not stored: after a restart everything is queued, and a repeat gets
/// the same answer.
///
/// The row that tells of a new group may come without the answer to its creation, in whose lane others may
/// wait for it. What is said to a group that may be the one goes out when the answer has made one lane of the
/// two.
///
/// Of the reads of a conversation only the highest is sent. Those below wait for what becomes of it: they are
/// done with it, and go out themselves where it is refused.
///
/// A deletion takes with it the edits of its message that were not sent yet, or were refused. A message that
/// the server has never got, or has refused, is changed where it waits: an edit gives it another text, a
/// deletion takes it out, and neither is sent.
///
/// The server does not remember a read that moved nothing, so that its repeat may be refused, to somebody who
/// is out by now. But read positions only grow: a read that says nothing new is done, whoever did it, and is
/// settled without being sent. It says something new where it takes back a mark (`marked_unread`); a mark and
/// the reads of its conversation go out one after the other, in the order in which they were given. But a
/// mark of which the server has not heard holds back no read that takes it back: it is not sent any more.
///
/// Of the drafts of a conversation only the last is sent: with it those before are done of which the server
/// has not heard. It goes out when the one before it is answered, and names the draft that its writer had
/// before him: where the person has written another one elsewhere, that one stays, and this is shown as
/// refused.
///
/// In a group in slow mode one message goes out at a time, and the next one when its turn comes. What is no
/// message does not wait for that, unless it is about one that does.
///
/// A forward of an own message that waits goes out when that one is answered, in whatever lane it stands:
/// before that the server has nothing to forward. It holds no text of its own: what it is going to say is
/// shown from the row of what it forwards, so that nothing of a message that is deleted meanwhile stays here.
///
/// Of what one says of one message by one emoji only the last is sent, too: the last intention counts. A
/// deletion takes reactions with it as it does edits.
class Outbox {
  public:
    Outbox(LocalDatabase& database, Conversations& conversations, const OwnSettings& own_settings,
           Output& output, Primitives& primitives, Timers& timers)
        : database_(database),
          conversations_(conversations),
          own_settings_(own_settings),
          output_(output),
          primitives_(primitives),
          timers_(timers) {}

    Status load();

    // Getters.
    const Command* find(const Uuid& id) const;
    /// True also for ids that were accepted earlier: of messages and creations always, of others as long as
    /// they are among the last limits::door_list_max.
    Result<bool> knows(const Uuid& id);
    /// Those of these that do not wait. One that is unknown was refused, and is forgotten; or is none that
    /// `knows` says to be remembered.
    Result<std::vector<CommandSettled>> settled(std::span<const Uuid> ids);
    /// The conversation that an own creation made; absent while it is not accepted, or was refused.
    Result<std::optional<StreamId>> made_by(const Uuid& creation);
    Result<protocol::Envelope> envelope(const Command& command) const;
    const std::map<std::int64_t, Command>& all() const { return commands_; }
    /// Commands of one lane, in order; failed ones stand where they were.
    std::vector<const Command*> in_lane(const std::string& lane) const;
    /// The last message of a lane that is still on its way; null: none.
    const Command* newest_message_under_way(const std::string& lane) const;
    /// The edits and deletions of a message that wait, in order. `own`: the sender is this account.
    std::vector<const Command*> changes_of(const Uuid& message, const AccountId& sender, bool own) const;
    /// False: nothing that waits, in whatever lane, changes these preferences.
    bool may_change(const protocol::PreferencesChanged& preferences) const {
        return !preferences_.empty() || preferences.marked_unread;
    }
    /// The reactions to a message that wait, in order.
    std::vector<const Command*> reactions_to(const Uuid& message, const AccountId& sender, bool own) const;
    /// What waits in this lane leaves these preferences so: what is set, and reads that take a mark back.
    protocol::PreferencesChanged preferences_after(const std::string& lane,
                                                   protocol::PreferencesChanged preferences) const;
    /// The draft of this lane that waits; null: none.
    const Command* draft_in(const std::string& lane) const;
    /// When the next mute that waits would end after this moment.
    std::optional<WallTime> next_unmuting(WallTime after) const;
    std::vector<std::string> lanes() const;
    std::size_t in_flight() const { return in_flight_; }
    bool waiting() const { return waiting_ != 0; }
    /// Commands and lanes looked at so far wherever there may be as many as wait: what they cost, the same on
    /// every machine.
    std::uint64_t looked_at() const { return looked_at_; }
    std::optional<std::string> check() const;

    // Commands; each inside the transaction of the caller.
    Status add(const Uuid& id, const protocol::Payload& payload, WallTime now);
    /// The server has answered this, whatever it was.
    void answered(const Uuid& id) { unanswered_.erase(id); }
    Result<Uuid> retry(const Uuid& id, WallTime now);
    Status discard(const Uuid& id);

    // What the server says.
    /// `stream`: where it went to, or what it made; empty where there is none.
    Status accepted(const Uuid& id, const StreamId& stream, std::optional<protocol::Payload> reply,
                    WallTime now);
    Status refused(const Uuid& id, const Error& error, Now now);
    /// The draft stands there as this change. The next one was written with it before its writer's eyes.
    Status draft_done(const Command& draft, std::int64_t seq);
    /// A restore of the server took this draft away. `after`: the one that took its place there; 0: none did.
    Status write_again(const protocol::DraftChanged& lost, std::int64_t after, WallTime now);
    /// What stood at these places was lost, or may be: to have read up to one of them says something about
    /// messages that are not there any more, or about others. Such reads end below, and keep their ids: a
    /// server that has done one of them as it was tells of a position that makes this one needless.
    Status limit_reads(const StreamId& stream, const Range& lost);
    /// The message is deleted: what was still to be done to it is needless.
    Status message_deleted(const Uuid& message, const AccountId& sender, bool own, const StreamId& stream,
                           WallTime now);
    /// What was to go to this person goes into this conversation.
    Status peer_known(const AccountId& peer, const StreamId& stream);
    /// This conversation is not the one with its person any more: what waits in it and names the person goes
    /// to the one that is, or will be made.
    Status reroute(const StreamId& stream);

    // The connection.
    /// Sends what may be sent. `live`: the resume has ended; before that it may be another epoch, in which
    /// the places of what was read mean something else.
    Status pump(Now now, bool live);
    /// What else is touched by now: forwards that wait, or have failed, are shown from the rows of the
    /// conversations in which what they forward stands.
    void touch_forwards();
    /// The latest time of the server that is known was `before`, and is `now`: what waits may mute no more.
    void handle_time(WallTime before, WallTime now);
    /// How slow this conversation is, or one's role there, is another one: what waited for its turn may go.
    void slow_mode_changed(const StreamId& stream);
    /// Everything in flight waits again; pauses end.
    void handle_disconnected();
    /// Everything was erased.
    void clear();

  private:
    struct Lane {
        std::set<std::int64_t> waiting;  ///< Queued and in flight.
        std::set<std::int64_t> failed;
        /// Of those that wait.
        std::set<std::int64_t> in_flight;
        /// Of those that wait: what may go out while a message waits for its turn.
        std::set<std::int64_t> besides;
        /// Of a lane of reads: those that wait, by what they say, and their positions.
        std::set<std::pair<std::int64_t, std::int64_t>> reads;
        /// Position of what goes out next; 0: nothing does.
        std::int64_t next = 0;
        /// Times that the server said *wait* since it last accepted or refused something for good.
        int refusals = 0;
        /// Commands refused for what they follow, since the server last said anything else.
        std::size_t followers_refused = 0;
    };

    Result<std::string> lane_for(const protocol::Payload& payload, const Uuid& id);
    Result<std::string> lane_for_new(const protocol::Payload& payload, const Uuid& id);
    bool says_nothing_new(const Command& command) const;
    Status settle_reads(WallTime now);
    const Command* only_here(const Uuid& message) const;
    Status change_here(const Command& message, const Uuid& id, const protocol::Payload& change, WallTime now);
    // Ids by value: that of the caller may be in the very command that is forgotten.
    Status change_refused(Uuid message, WallTime now);
    Status may_be_edited(const Uuid& message) const;
    Status give_text(const Command& message, const protocol::MessageEdit& edit);
    Status withdraw(Uuid message);
    Status settle_deletion(const Uuid& id, const StreamId& stream, WallTime now);
    Status drop_edits(const std::string& lane, const Uuid& message);
    std::vector<const Command*> waiting_for(
        const std::map<ChangedMessage, std::set<std::int64_t>>& by_message,
        const ChangedMessage& message) const;
    Status drop_reactions(const ChangedMessage& message, const Error& why);
    Status drop_needless(Uuid id, const Error& why);
    bool reaction_waits(const AskedReaction& reaction) const;
    Status drop_same_reactions(const std::string& lane, const AskedReaction& reaction, WallTime now);
    Status settle_needless(const Command& command, WallTime now);
    Status add_draft(Command command, protocol::DraftSet draft, WallTime now);
    Status drop_drafts(const std::string& lane, WallTime now);
    Result<bool> is_missed(const Command& draft, const Error& refusal) const;
    Status give_way(const Command& draft, WallTime now);
    Status take_back_marks(const StreamId& stream, std::int64_t before, WallTime now);
    Status take_mark_out(const Command& mark, WallTime now);
    Status handle_not_done(Command& command, WallTime now);
    Status may_be_set(const protocol::Target& target) const;
    bool is_marked(const StreamId& stream, std::int64_t before) const;
    bool mark_waits(const StreamId& stream, std::int64_t before) const;
    bool waits_for_its_turn(const Command& command) const;
    bool forwards_what_waits(const Command& command) const;
    void move_own(const std::string& from, const std::string& to);
    Status insert(Command command, const protocol::Payload& payload);
    void enter(const Command& command);
    void leave(const Command& command);
    std::int64_t next_of(const std::string& name, const Lane& lane) const;
    void hold_messages(const std::string& name, Instant until);
    void let_messages_go(Instant now);
    std::int64_t held_from(const std::string& name, const Lane& lane) const;
    bool waits_for_its_message(const Command& command) const;
    void note_next(const std::string& name);
    void drop_lane(const std::string& name);
    Status forget(const Command& command);
    Status remember(const Uuid& id, protocol::Type type, const StreamId& stream, WallTime now);
    Status fail_command(Command& command, const Error& error, WallTime now);
    Status move_lane(const std::string& from, const std::string& to);
    Status move_command(Command& command, const std::string& to);
    Status redirect(const Uuid& from, const Uuid& to);
    Status rewrite(const Command& command, const protocol::Payload& payload);
    void requeue(Command& command);
    void pause(const std::string& name, Instant until);
    void pause_after(const std::string& name, const Error& error, Instant now);
    void arm_timer(Instant now);
    Command* next_to_send(Instant now, bool live, std::int64_t after);
    bool may_be_made_by_a_creation(const std::string& name, const Lane& lane) const;
    std::optional<Uuid> predecessor(const Command& command) const;
    void reads_changed(const std::string& lane);
    /// The list and the conversation that this lane belongs to show something else.
    void announce(const std::string& lane);
    Result<std::optional<StreamId>> settled_stream(const Uuid& id);

    LocalDatabase& database_;
    Conversations& conversations_;
    const OwnSettings& own_settings_;
    Output& output_;
    Primitives& primitives_;
    Timers& timers_;
    std::map<std::int64_t, Command> commands_;
    std::map<Uuid, std::int64_t> positions_;
    std::map<std::string, Lane> lanes_;
    /// The lanes in which something goes out next, by its position.
    std::map<std::int64_t, std::string> next_;
    /// Lanes that the server told to wait, and until when: also where nothing is in them at the time.
    std::map<std::string, Instant> paused_;
    /// Lanes of groups that are in slow mode, as the server has said on this connection, and until when it
    /// takes no message there; absent: it may take one.
    std::map<std::string, std::optional<Instant>> slow_;
    /// Edits and deletions that wait, by their message.
    std::map<ChangedMessage, std::set<std::int64_t>> changes_;
    /// The same of reactions.
    std::map<ChangedMessage, std::set<std::int64_t>> reactions_;
    /// What a person sets for himself and that waits, by lanes.
    std::map<std::string, std::set<std::int64_t>> preferences_;
    std::map<std::string, std::set<std::int64_t>> drafts_;
    /// Creations that were not answered, by the title that they give.
    std::map<std::string, std::set<std::int64_t>> creations_;
    /// Positions of all messages that are forwards, the failed ones too.
    std::set<std::int64_t> forwards_;
    std::size_t in_flight_ = 0;
    /// Settled by something else than the answer, which is still to come: for the server they are under way.
    std::set<Uuid> unanswered_;
    std::size_t waiting_ = 0;
    std::int64_t next_position_ = 1;
    mutable std::uint64_t looked_at_ = 0;
};

}  // namespace parley::core
