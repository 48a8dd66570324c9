// The outbox and the server: what is sent, and what the answers do.

#include "base/mutant.hpp"
#include "core/chance.hpp"
#include "core/commands.hpp"
#include "core/outbox.hpp"
#include "core/rules/preferences.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

/// At most so many commands can stand behind one that was refused, and each of them is refused once for it.
constexpr std::size_t followers_refused_max = 2 * commands_in_flight_max;

}  // namespace

Status Outbox::accepted(const Uuid& id, const StreamId& named, std::optional<protocol::Payload> reply,
                        WallTime now) {
    auto found = positions_.find(id);
    if (found == positions_.end()) return {};
    const Command command = commands_.at(found->second);
    // Where there was nothing to do, the answer names no conversation.
    const StreamId stream = named.empty() ? conversation_of_lane(command.lane).value_or(StreamId()) : named;
    TRY(remember(id, command.type, stream, now));
    Lane& lane = lanes_[command.lane];
    lane.refusals = 0;
    lane.followers_refused = 0;
    TRY(forget(command));
    // From now on the conversation has a name.
    if (!stream.empty() && awaits_its_conversation(command.lane))
        TRY(move_lane(command.lane, lane_of_conversation(stream)));
    announce(command.lane);
    output_.notify(Notice{CommandSettled{id, std::nullopt, stream, std::move(reply)}});
    return {};
}

Status Outbox::refused(const Uuid& id, const Error& error, Now now) {
    auto found = positions_.find(id);
    if (found == positions_.end()) return {};
    Command& command = commands_.at(found->second);
    if (command.state == CommandState::failed) return {};
    if (class_of(error.code) == ErrorClass::permanent || mutant(Mutant::waiting_taken_for_failed)) {
        if (says_nothing_new(command)) return accepted(id, *reads_of_lane(command.lane), {}, now.wall);
        const bool needless =
            (command.type == protocol::Type::message_edit || command.type == protocol::Type::message_react) &&
            error.code == ErrorCode::message_deleted;
        return needless ? drop_needless(id, error) : fail_command(command, error, now.wall);
    }

    requeue(command);
    if (error.code == ErrorCode::slow_mode && error.retry_after_ms > 0)
        hold_messages(command.lane, now.instant + milliseconds(error.retry_after_ms));
    else
        pause_after(command.lane, error, now.instant);
    return handle_not_done(command, now.wall);
}

void Outbox::pause_after(const std::string& name, const Error& error, Instant now) {
    Lane& lane = lanes_.at(name);
    // The session renews its token, and everything is sent again after that.
    if (class_of(error.code) == ErrorClass::sign_in) return;
    // What it followed was answered before: either it failed, and nothing is to be waited for; or it waits,
    // and this one goes out after it. Only a server that says nothing else is given time.
    if (error.code == ErrorCode::follows_refused && ++lane.followers_refused <= followers_refused_max) return;
    lane.followers_refused = 0;
    ++lane.refusals;
    const Duration wait =
        error.retry_after_ms > 0 ? milliseconds(error.retry_after_ms) : backoff(primitives_, lane.refusals);
    pause(name, now + wait);
}

/// Shows a command as failed, and with it what was to go to the conversation that it would have made.
Status Outbox::fail_command(Command& command, const Error& error, WallTime now) {
    if (command.type == protocol::Type::draft_set) {
        TRY_ASSIGN(const bool missed, is_missed(command, error));
        if (!missed) return give_way(command, now);
    }
    TRY(database_.write(
        "UPDATE command SET failure = ?, failure_context = ?, failure_field = ? WHERE position = ?",
        static_cast<std::int64_t>(error.code), error.context, error.field, command.position));
    requeue(command);
    leave(command);
    command.state = CommandState::failed;
    command.failure = error;
    Lane& lane = lanes_[command.lane];
    lane.failed.insert(command.position);
    lane.refusals = 0;
    lane.followers_refused = 0;
    announce(command.lane);
    const StreamId stream = conversation_of_lane(command.lane).value_or(StreamId());
    output_.notify(Notice{CommandSettled{command.id, error, stream, std::nullopt}});
    if (command.type == protocol::Type::message_send) return change_refused(command.id, now);
    if (command.type != protocol::Type::conversation_create) return {};

    std::vector<std::int64_t> dependents;
    for (const Command* dependent : in_lane(lane_of_creation(command.id)))
        if (dependent->made_by == command.id) dependents.push_back(dependent->position);
    for (const std::int64_t position : dependents) {
        // With a message that fails go its edits.
        const auto dependent = commands_.find(position);
        if (dependent == commands_.end() || dependent->second.state == CommandState::failed) continue;
        TRY(fail_command(dependent->second,
                         Error{ErrorCode::made_by_refused, "its conversation could not be made", 0, {}},
                         now));
    }
    return {};
}

Status Outbox::peer_known(const AccountId& peer, const StreamId& stream) {
    return move_lane(lane_of_peer(peer), lane_of_conversation(stream));
}

Status Outbox::limit_reads(const StreamId& stream, const Range& lost) {
    // Those that failed as well, since they may be sent again.
    for (const Command* read : in_lane(lane_of_reads(stream))) {
        if (read->upto < lost.low || read->upto > lost.high) continue;
        TRY_ASSIGN(auto limited, envelope(*read));
        const std::int64_t upto = lost.low - 1;
        std::get<protocol::Read>(limited.payload).upto = upto;
        const bool waits = read->state != CommandState::failed;
        if (waits) leave(*read);
        commands_.at(read->position).upto = upto;
        if (waits) enter(*read);
        TRY(rewrite(*read, limited.payload));
    }
    return {};
}

/// A read of which the server has told that the person has read as far, and that takes no mark back.
bool Outbox::says_nothing_new(const Command& command) const {
    const auto stream = reads_of_lane(command.lane);
    const Conversation* conversation = stream ? conversations_.find(*stream) : nullptr;
    if (conversation == nullptr || command.upto > conversation->read) return false;
    if (!rules::takes_mark_back(command.upto, conversation->read)) return true;
    return !is_marked(*stream, command.position == 0 ? next_position_ : command.position);
}

/// Once the resume has said all that was read.
Status Outbox::settle_reads(WallTime now) {
    std::vector<std::pair<Uuid, StreamId>> done;
    for (auto lane = lanes_.lower_bound(lane_of_reads(StreamId())); lane != lanes_.end(); ++lane) {
        const auto stream = reads_of_lane(lane->first);
        if (!stream) break;
        ++looked_at_;
        for (const auto& [upto, position] : lane->second.reads) {
            ++looked_at_;
            const Command& read = commands_.at(position);
            if (!says_nothing_new(read)) break;
            if (read.state == CommandState::queued) done.emplace_back(read.id, *stream);
        }
    }
    for (const auto& [read, stream] : done)
        TRY(accepted(read, stream, std::nullopt, now));
    return {};
}

Status Outbox::reroute(const StreamId& stream) {
    for (const Command* waiting : in_lane(lane_of_conversation(stream))) {
        TRY_ASSIGN(const auto kept, envelope(*waiting));
        const auto* target = target_of(kept.payload);
        if (!target || !target->direct) continue;
        TRY_ASSIGN(const std::string lane, lane_for(kept.payload, waiting->id));
        TRY(move_command(commands_.at(waiting->position), lane));
    }
    output_.touch(stream);
    return {};
}

Status Outbox::pump(Now now, bool live) {
    if (live) TRY(settle_reads(now.wall));
    let_messages_go(now.instant);
    std::int64_t passed = 0;
    while (in_flight_ + unanswered_.size() < commands_in_flight_max || mutant(Mutant::in_flight_unbounded)) {
        Command* command = next_to_send(now.instant, live, passed);
        if (!command) break;
        TRY_ASSIGN(auto sent, envelope(*command));
        sent.follows = predecessor(*command);
        output_.send(sent);
        const bool own = command->preferences || command->type == protocol::Type::draft_set;
        if ((own || command->type == protocol::Type::message_send) && !command->attempted) {
            // Committed before the frame leaves.
            TRY(database_.write("UPDATE command SET attempted = 1 WHERE position = ?", command->position));
            command->attempted = true;
        }
        command->state = CommandState::in_flight;
        ++in_flight_;
        lanes_.at(command->lane).in_flight.insert(command->position);
        passed = command->position;
        note_next(command->lane);
        announce(command->lane);
    }
    arm_timer(now.instant);
    return {};
}

void Outbox::arm_timer(Instant now) {
    timers_.stop(Timer::outbox);
    for (auto lane = paused_.begin(); lane != paused_.end();) {
        ++looked_at_;
        const auto& [name, until] = *lane;
        if (until <= now) {
            lane = paused_.erase(lane);
            continue;
        }
        const auto at = timers_.at(Timer::outbox);
        if (lanes_.contains(name) && (!at || until < *at)) timers_.set(Timer::outbox, until);
        ++lane;
    }
    for (const auto& [name, until] : slow_) {
        const auto at = timers_.at(Timer::outbox);
        if (until && lanes_.contains(name) && (!at || *until < *at)) timers_.set(Timer::outbox, *until);
    }
}

/// The oldest command above this position that nothing holds back.
Command* Outbox::next_to_send(Instant now, bool live, std::int64_t after) {
    const bool any = mutant(Mutant::outbox_order_lost_on_reconnect);
    for (auto next = next_.upper_bound(any ? 0 : after); next != next_.end(); ++next) {
        ++looked_at_;
        const auto& [position, name] = *next;
        const Lane& lane = lanes_.at(name);
        if (const auto paused = paused_.find(name); paused != paused_.end() && paused->second > now) continue;
        if (!live && reads_of_lane(name)) continue;
        if (may_be_made_by_a_creation(name, lane)) continue;
        if (waits_for_its_turn(commands_.at(position))) continue;
        return &commands_.at(position);
    }
    return nullptr;
}

/// What was said to a conversation before a creation was asked for shows that it is another one.
bool Outbox::may_be_made_by_a_creation(const std::string& name, const Lane& lane) const {
    if (creations_.empty()) return false;
    const auto stream = conversation_of_lane(name);
    const Conversation* conversation = stream ? conversations_.find(*stream) : nullptr;
    if (!conversation || conversation->origin > 1) return false;
    const protocol::Summary& summary = conversation->summary;
    // Whoever made it may have given it away meanwhile, on another device.
    if (summary.kind != protocol::ConversationKind::group || !summary.title) return false;
    const auto titled = creations_.find(*summary.title);
    // What makes it may stand in its lane itself.
    return titled != creations_.end() && *titled->second.begin() < *lane.waiting.begin();
}

/// Where a command begins to wait, and where it ends to.
void Outbox::enter(const Command& command) {
    Lane& lane = lanes_[command.lane];
    lane.waiting.insert(command.position);
    if (command.may_go_beside_messages()) lane.besides.insert(command.position);
    ++waiting_;
    if (command.type == protocol::Type::read) lane.reads.emplace(command.upto, command.position);
    if (command.type == protocol::Type::conversation_create)
        creations_[command.title].insert(command.position);
    if (command.changes) changes_[*command.changes].insert(command.position);
    if (command.reaction) reactions_[command.reaction->message].insert(command.position);
    if (command.preferences) preferences_[command.lane].insert(command.position);
    if (command.type == protocol::Type::draft_set) drafts_[command.lane].insert(command.position);
    note_next(command.lane);
    reads_changed(command.lane);
}

void Outbox::leave(const Command& command) {
    Lane& lane = lanes_.at(command.lane);
    lane.waiting.erase(command.position);
    lane.in_flight.erase(command.position);
    lane.besides.erase(command.position);
    --waiting_;
    lane.reads.erase({command.upto, command.position});
    if (auto titled = creations_.find(command.title); titled != creations_.end()) {
        titled->second.erase(command.position);
        if (titled->second.empty()) creations_.erase(titled);
    }
    if (command.changes) {
        const auto changes = changes_.find(*command.changes);
        changes->second.erase(command.position);
        if (changes->second.empty()) changes_.erase(changes);
    }
    if (command.reaction) {
        const auto reactions = reactions_.find(command.reaction->message);
        reactions->second.erase(command.position);
        if (reactions->second.empty()) reactions_.erase(reactions);
    }
    for (auto* own : {&preferences_, &drafts_}) {
        const auto there = own->find(command.lane);
        if (there == own->end()) continue;
        there->second.erase(command.position);
        if (there->second.empty()) own->erase(there);
    }
    note_next(command.lane);
    reads_changed(command.lane);
}

void Outbox::note_next(const std::string& name) {
    Lane& lane = lanes_.at(name);
    if (lane.next != 0) next_.erase(lane.next);
    lane.next = next_of(name, lane);
    if (lane.next != 0) next_.emplace(lane.next, name);
}

/// The nearest earlier command of the lane that is sent and not answered. Reads depend on nothing.
std::optional<Uuid> Outbox::predecessor(const Command& command) const {
    if (command.type == protocol::Type::read || mutant(Mutant::follows_left_out)) return std::nullopt;
    const auto& in_flight = lanes_.at(command.lane).in_flight;
    const auto after = in_flight.lower_bound(command.position);
    if (after == in_flight.begin()) return std::nullopt;
    return commands_.at(*std::prev(after)).id;
}

void Outbox::handle_disconnected() {
    if (mutant(Mutant::in_flight_taken_for_done)) {
        std::vector<std::int64_t> in_flight;
        for (const auto& [position, command] : commands_)
            if (command.state == CommandState::in_flight) in_flight.push_back(position);
        for (std::int64_t position : in_flight)
            (void)forget(commands_.at(position));
    }
    unanswered_.clear();
    paused_.clear();
    const auto slow = std::exchange(slow_, {});
    for (auto& [name, lane] : lanes_) {
        for (std::int64_t position : std::set(lane.in_flight))
            requeue(commands_.at(position));
        if (slow.contains(name)) note_next(name);
    }
    timers_.stop(Timer::outbox);
}

void Outbox::clear() {
    commands_.clear();
    positions_.clear();
    forwards_.clear();
    lanes_.clear();
    next_.clear();
    paused_.clear();
    slow_.clear();
    creations_.clear();
    changes_.clear();
    reactions_.clear();
    preferences_.clear();
    drafts_.clear();
    unanswered_.clear();
    in_flight_ = waiting_ = 0;
    timers_.stop(Timer::outbox);
}

void Outbox::requeue(Command& command) {
    if (command.state != CommandState::in_flight) return;
    command.state = CommandState::queued;
    --in_flight_;
    lanes_.at(command.lane).in_flight.erase(command.position);
    note_next(command.lane);
    announce(command.lane);
}

void Outbox::pause(const std::string& name, Instant until) {
    Instant& end = paused_.try_emplace(name, until).first->second;
    end = std::max(end, until);
}

void Outbox::reads_changed(const std::string& lane) {
    const auto stream = reads_of_lane(lane);
    Conversation* conversation = stream ? conversations_.find(*stream) : nullptr;
    if (!conversation) return;
    const auto& reads = lanes_.at(lane).reads;
    const std::int64_t pending = reads.empty() ? 0 : reads.rbegin()->first;
    if (pending == conversation->read_pending) return;
    conversation->read_pending = pending;
    conversation->shown.reset();
    output_.touch(conversation->stream);
    output_.touch_list();
}

}  // namespace parley::core
