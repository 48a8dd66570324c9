#include "core/outbox.hpp"

#include "base/mutant.hpp"
#include "core/chance.hpp"
#include "core/commands.hpp"
#include "core/rules/preferences.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

using protocol::Type;

std::optional<Error> stored_failure(const Query& query, int column) {
    const auto number = query.optional_integer(column);
    if (!number) return std::nullopt;
    return Error{error_code_numbered(*number).value_or(ErrorCode::internal), query.text(column + 1), 0,
                 query.text(column + 2)};
}

/// What others ask of it while it waits.
void note_what_it_says(Command& command, const protocol::Payload& payload) {
    if (const auto* creation = std::get_if<protocol::ConversationCreate>(&payload))
        command.title = creation->title;
    if (const auto* set = std::get_if<protocol::PreferencesSet>(&payload)) command.preferences = *set;
    if (const auto* draft = std::get_if<protocol::DraftSet>(&payload)) command.after = draft->after;
    if (const auto* block = std::get_if<protocol::BlockSet>(&payload)) command.block = *block;
    command.forward = asked_forward(payload);
    command.reaction = asked_reaction(payload);
    command.changes = changed_message(payload);
}

}  // namespace

Status Outbox::load() {
    TRY_ASSIGN(Query query, database_.read("SELECT position, id, type, lane, made_by, made_at, upto, failure,"
                                           " failure_context, failure_field, attempted, forwards FROM command"
                                           " ORDER BY position"));
    while (true) {
        TRY_ASSIGN(bool found, query.step());
        if (!found) return {};
        Command command;
        command.position = query.integer(0);
        command.id = query.uuid(1);
        command.type = static_cast<Type>(query.integer(2));
        command.lane = query.text(3);
        if (!query.is_null(4)) command.made_by = query.uuid(4);
        command.made_at = WallTime{query.integer(5)};
        command.upto = query.integer(6);
        // Of what there may be thousands nothing is asked.
        const bool plain = command.type == Type::message_send && query.integer(11) == 0;
        if (!plain && command.type != Type::read) {
            TRY_ASSIGN(const auto said, envelope(command));
            note_what_it_says(command, said.payload);
        }
        command.failure = stored_failure(query, 7);
        command.attempted = query.integer(10) != 0;
        command.state = command.failure ? CommandState::failed : CommandState::queued;

        next_position_ = std::max(next_position_, command.position + 1);
        positions_[command.id] = command.position;
        if (command.forward) forwards_.insert(command.position);
        const Command& kept = commands_[command.position] = std::move(command);
        if (kept.failure)
            lanes_[kept.lane].failed.insert(kept.position);
        else
            enter(kept);
    }
}

Status Outbox::add(const Uuid& id, const protocol::Payload& payload, WallTime now) {
    Command command;
    command.id = id;
    command.type = protocol::type_of(payload);
    command.made_at = now;
    TRY_ASSIGN(command.lane, lane_for_new(payload, id));
    if (const auto* target = target_of(payload)) command.made_by = target->made_by;
    note_what_it_says(command, payload);
    if (const auto* read = std::get_if<protocol::Read>(&payload)) {
        command.upto = read->upto;
        const StreamId stream = *reads_of_lane(command.lane);
        if (rules::takes_mark_back(read->upto, conversations_.find(stream)->read_shown()))
            TRY(take_back_marks(stream, next_position_, now));
        if (says_nothing_new(command)) {
            TRY(remember(id, Type::read, stream, now));
            output_.notify(Notice{CommandSettled{id, std::nullopt, stream, std::nullopt}});
            return {};
        }
        if (mutant(Mutant::read_swallowed) && lanes_.contains(command.lane)) return {};
    }
    if (const auto* draft = std::get_if<protocol::DraftSet>(&payload))
        return add_draft(std::move(command), *draft, now);
    if (command.reaction) {
        if (reaction_waits(*command.reaction) && mutant(Mutant::earlier_reaction_wins)) return {};
        TRY(drop_same_reactions(command.lane, *command.reaction, now));
    }
    if (command.changes && !command.changes->sender) {
        const Uuid& message = command.changes->id;
        if (command.type == Type::message_edit) TRY(may_be_edited(message));
        if (const Command* waiting = only_here(message)) return change_here(*waiting, id, payload, now);
        if (command.type == Type::message_delete) TRY(drop_edits(command.lane, message));
    }
    return insert(std::move(command), payload);
}

/// The lane in which this goes; fails where its target can never exist.
Result<std::string> Outbox::lane_for(const protocol::Payload& payload, const Uuid& id) {
    if (protocol::type_of(payload) == Type::conversation_create) return lane_of_creation(id);
    // Whoever is told to wait before he tries another code signs devices out all the same.
    if (std::holds_alternative<protocol::LinkJoin>(payload) ||
        std::holds_alternative<protocol::LinkLook>(payload))
        return std::string(lane_of_codes);
    const auto* target = target_of(payload);
    if (!target) return std::string(lane_of_no_conversation);

    std::optional<StreamId> stream = target->stream;
    if (target->direct) {
        if (const auto* known = conversations_.direct_with(*target->direct)) stream = known->stream;
    }
    if (target->made_by) {
        const Command* creation = find(*target->made_by);
        if (creation && creation->state == CommandState::failed)
            return fail(ErrorCode::made_by_refused,
                        "the command that was to make this conversation has failed");
        if (!creation) {
            TRY_ASSIGN(auto made, settled_stream(*target->made_by));
            if (made && !made->empty()) stream = *made;
        }
    }
    if (std::holds_alternative<protocol::Read>(payload)) {
        if (!stream || !conversations_.find(*stream))
            return fail(ErrorCode::conversation_not_member,
                        "nothing can be read in a conversation that is not known");
        return lane_of_reads(*stream);
    }
    if (stream) return lane_of_conversation(*stream);
    return target->direct ? lane_of_peer(*target->direct) : lane_of_creation(*target->made_by);
}

Status Outbox::insert(Command command, const protocol::Payload& payload) {
    command.position = next_position_++;
    const std::string body = encode_command(command.id, command.made_at, payload);
    TRY(database_.write(
        "INSERT INTO command (position, id, type, lane, made_by, made_at, upto, forwards, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        command.position, command.id, static_cast<int>(command.type), command.lane, command.made_by,
        command.made_at, command.upto, command.forward.has_value(), as_bytes(body)));
    announce(command.lane);
    positions_[command.id] = command.position;
    if (command.forward) forwards_.insert(command.position);
    enter(commands_[command.position] = std::move(command));
    return {};
}

Result<Uuid> Outbox::retry(const Uuid& id, WallTime now) {
    const Command* failed = find(id);
    if (!failed || failed->state != CommandState::failed)
        return fail(ErrorCode::invalid, "only a failed command can be sent again");
    TRY_ASSIGN(auto again, envelope(*failed));
    const Uuid new_id = make_uuid(primitives_, now);
    // Nothing is changed before it is sure that the command can go somewhere.
    TRY(lane_for_new(again.payload, new_id));
    // A creation takes along what failed because of it; that is retried by itself, or not at all.
    if (failed->type == Type::conversation_create) TRY(redirect(id, new_id));
    TRY(forget(*failed));
    TRY(add(new_id, again.payload, now));
    return new_id;
}

Status Outbox::discard(const Uuid& id) {
    const Command* command = find(id);
    if (!command || (command->state != CommandState::failed && !is_question(command->type)))
        return fail(ErrorCode::invalid, "only a failed command, or a question, can be discarded");
    announce(command->lane);
    if (command->type == Type::draft_set) database_.erase_from_log();
    return forget(*command);
}

/// What was to go to the conversation that `from` would have made goes to that of `to`.
Status Outbox::redirect(const Uuid& from, const Uuid& to) {
    for (const Command* dependent : in_lane(lane_of_creation(from))) {
        if (dependent->made_by != from) continue;
        TRY_ASSIGN(auto envelope_now, envelope(*dependent));
        target_of(envelope_now.payload)->made_by = to;
        commands_.at(dependent->position).made_by = to;
        TRY(rewrite(*dependent, envelope_now.payload));
    }
    return move_lane(lane_of_creation(from), lane_of_creation(to));
}

/// The same command says something else from now on.
Status Outbox::rewrite(const Command& command, const protocol::Payload& payload) {
    const std::string body = encode_command(command.id, command.made_at, payload);
    return database_.write("UPDATE command SET made_by = ?, upto = ?, body = ? WHERE position = ?",
                           command.made_by, command.upto, as_bytes(body), command.position);
}

Status Outbox::forget(const Command& command) {
    TRY(database_.write("DELETE FROM command WHERE position = ?", command.position));
    const std::string name = command.lane;
    if (command.state == CommandState::in_flight) {
        --in_flight_;
        unanswered_.insert(command.id);
    }
    if (command.state == CommandState::failed)
        lanes_.at(name).failed.erase(command.position);
    else
        leave(command);
    if (lanes_.at(name).waiting.empty() && lanes_.at(name).failed.empty()) drop_lane(name);
    const std::int64_t position = command.position;
    positions_.erase(command.id);
    forwards_.erase(position);
    commands_.erase(position);
    return {};
}

/// Messages and creations are named by what comes later; of all others nobody asks once it has been told what
/// became of them.
Status Outbox::remember(const Uuid& id, Type type, const StreamId& stream, WallTime now) {
    const bool passing = type != Type::message_send && type != Type::conversation_create;
    // The latest stays the latest where the wall clock was set back.
    TRY(database_.write(
        "INSERT OR REPLACE INTO settled (id, stream, at, passing) VALUES (?1, ?2, max(?3, coalesce((SELECT"
        " max(at) + 1 FROM settled INDEXED BY settled_passing WHERE passing = 1 AND ?4 = 1), ?3)), ?4)",
        id, stream.text(), now, passing ? 1 : 0));
    if (!passing) return {};
    return database_.write(
        "DELETE FROM settled WHERE passing = 1 AND at < (SELECT at FROM settled INDEXED BY settled_passing"
        " WHERE passing = 1 ORDER BY at DESC LIMIT 1 OFFSET ?)",
        limits::door_list_max - 1);
}

Result<std::optional<StreamId>> Outbox::settled_stream(const Uuid& id) {
    TRY_ASSIGN(Query query, database_.read("SELECT stream FROM settled WHERE id = ?", id));
    TRY_ASSIGN(bool found, query.step());
    if (!found) return std::nullopt;
    return StreamId(query.text(0));
}

Status Outbox::move_lane(const std::string& from, const std::string& to) {
    auto found = lanes_.find(from);
    if (found == lanes_.end() || from == to) return {};
    Lane moved = std::move(found->second);
    drop_lane(from);
    const auto paused = paused_.extract(from);
    Lane& lane = lanes_[to];
    std::vector<std::int64_t> positions(moved.waiting.begin(), moved.waiting.end());
    positions.insert(positions.end(), moved.failed.begin(), moved.failed.end());
    for (std::int64_t position : positions)
        commands_.at(position).lane = to;
    move_own(from, to);
    announce(from);
    announce(to);
    lane.waiting.merge(moved.waiting);
    lane.in_flight.merge(moved.in_flight);
    lane.besides.merge(moved.besides);
    lane.failed.merge(moved.failed);
    note_next(to);
    if (paused) pause(to, paused.mapped());
    looked_at_ += positions.size();
    for (std::int64_t position : positions)
        TRY(database_.write("UPDATE command SET lane = ? WHERE position = ?", to, position));
    return {};
}

Status Outbox::move_command(Command& command, const std::string& to) {
    const std::string from = std::exchange(command.lane, to);
    if (from == to) return {};
    announce(from);
    announce(to);
    Lane& left = lanes_.at(from);
    Lane& lane = lanes_[to];
    const auto move = [&](std::set<std::int64_t> Lane::* of) {
        if ((left.*of).erase(command.position) == 0) return false;
        (lane.*of).insert(command.position);
        return true;
    };
    move(&Lane::in_flight);
    move(&Lane::besides);
    move(&Lane::failed);
    if (move(&Lane::waiting)) {
        for (auto* own : {&preferences_, &drafts_}) {
            const auto there = own->find(from);
            if (there == own->end() || there->second.erase(command.position) == 0) continue;
            if (there->second.empty()) own->erase(there);
            (*own)[to].insert(command.position);
        }
    }
    note_next(from);
    note_next(to);
    if (left.waiting.empty() && left.failed.empty()) drop_lane(from);
    return database_.write("UPDATE command SET lane = ? WHERE position = ?", to, command.position);
}

void Outbox::drop_lane(const std::string& name) {
    auto found = lanes_.find(name);
    next_.erase(found->second.next);
    lanes_.erase(found);
}

void Outbox::announce(const std::string& lane) {
    output_.touch_list();
    if (const auto stream = conversation_of_lane(lane)) output_.touch(*stream);
}

std::optional<std::string> Outbox::check() const {
    std::size_t in_flight = 0;
    std::size_t waiting = 0;
    std::size_t going_on = 0;
    for (const auto& [name, lane] : lanes_) {
        if (lane.waiting.empty() && lane.failed.empty()) return "outbox: lane " + name + " is empty";
        for (std::int64_t position : lane.waiting) {
            auto found = commands_.find(position);
            if (found == commands_.end() || found->second.lane != name)
                return "outbox: lane " + name + " is wrong";
            if (found->second.state == CommandState::failed) return "outbox: a failed command waits";
            const bool under_way = found->second.state == CommandState::in_flight;
            if (lane.in_flight.contains(position) != under_way)
                return "outbox: what is under way in lane " + name + " is wrong";
            if (lane.besides.contains(position) != found->second.may_go_beside_messages())
                return "outbox: what goes beside messages in lane " + name + " is wrong";
            in_flight += under_way;
            ++waiting;
        }
        if (lane.next != next_of(name, lane))
            return "outbox: what goes out next in lane " + name + " is wrong";
        if (lane.next != 0 && (!next_.contains(lane.next) || next_.at(lane.next) != name))
            return "outbox: lane " + name + " does not go on";
        going_on += lane.next != 0;
    }
    if (going_on != next_.size()) return "outbox: a lane goes on that is not there";
    if (in_flight != in_flight_ || waiting != waiting_) return "outbox: miscounted";
    if (in_flight_ + unanswered_.size() > commands_in_flight_max) return "outbox: too much in flight";
    if (positions_.size() != commands_.size()) return "outbox: ids and commands differ";
    return std::nullopt;
}

}  // namespace parley::core
