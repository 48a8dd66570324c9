// The outbox and what a person sets for himself: preferences, drafts, and reads that take a mark back.

#include "core/chance.hpp"
#include "core/commands.hpp"
#include "core/outbox.hpp"
#include "core/rules/preferences.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

using protocol::Type;

/// Above every `seq`: what is going to be pinned stands above what is.
constexpr std::int64_t pinned_here = std::int64_t{1} << 52;

}  // namespace

protocol::PreferencesChanged Outbox::preferences_after(const std::string& lane,
                                                       protocol::PreferencesChanged preferences) const {
    const auto set = preferences_.find(lane);
    // Reads that wait only take a mark back.
    if (set == preferences_.end() && !preferences.marked_unread) return preferences;
    const auto stream = conversation_of_lane(lane);
    const auto reads = stream ? lanes_.find(lane_of_reads(*stream)) : lanes_.end();
    std::set<std::int64_t> positions;
    if (set != preferences_.end()) positions = set->second;
    if (reads != lanes_.end()) positions.insert(reads->second.waiting.begin(), reads->second.waiting.end());
    if (positions.empty()) return preferences;
    const Conversation* conversation = stream ? conversations_.find(*stream) : nullptr;
    std::int64_t read = conversation ? conversation->read : 0;
    for (const std::int64_t position : positions) {
        const Command& command = commands_.at(position);
        if (command.preferences) {
            preferences = rules::preferences_after(std::move(preferences), *command.preferences,
                                                   pinned_here + position);
        } else if (rules::takes_mark_back(command.upto, read)) {
            read = command.upto;
            preferences.marked_unread = false;
        }
    }
    return preferences;
}

const Command* Outbox::draft_in(const std::string& lane) const {
    const auto found = drafts_.find(lane);
    return found == drafts_.end() || found->second.empty() ? nullptr : &commands_.at(*found->second.rbegin());
}

std::optional<WallTime> Outbox::next_unmuting(WallTime after) const {
    std::optional<WallTime> next;
    for (const auto& [lane, positions] : preferences_) {
        for (const std::int64_t position : positions) {
            const auto& until = commands_.at(position).preferences->muted_until;
            if (!until || *until <= after || until->ms >= limits::muted_forever) continue;
            if (!next || *until < *next) next = until;
        }
    }
    return next;
}

void Outbox::handle_time(WallTime before, WallTime now) {
    const auto [low, high] = std::minmax(before, now);
    for (const auto& [lane, positions] : preferences_) {
        const bool ends = std::ranges::any_of(positions, [&](std::int64_t position) {
            const auto& until = commands_.at(position).preferences->muted_until;
            return until && low < *until && *until <= high;
        });
        if (ends) announce(lane);
    }
}

/// Fails where nothing is going to make the conversation: that is for a message to do.
Status Outbox::may_be_set(const protocol::Target& target) const {
    if (!target.direct || newest_message_under_way(lane_of_peer(*target.direct))) return {};
    return fail(ErrorCode::conversation_not_member,
                "there is no conversation with this person yet: the first message makes it");
}

/// As lane_for, for what is given now. Where a conversation went away under what waits for it, that is
/// refused by the server.
Result<std::string> Outbox::lane_for_new(const protocol::Payload& payload, const Uuid& id) {
    TRY_ASSIGN(std::string lane, lane_for(payload, id));
    const auto type = protocol::type_of(payload);
    const bool own = type == Type::preferences_set || type == Type::draft_set;
    if (own && peer_of_lane(lane)) TRY(may_be_set(*target_of(payload)));
    return lane;
}

/// What stands there now is what its writer has before him; or another one of this device that still waits.
Status Outbox::add_draft(Command command, protocol::DraftSet draft, WallTime now) {
    const Command* before = draft_in(command.lane);
    if (before && mutant(Mutant::earlier_draft_wins)) return {};
    const auto stream = conversation_of_lane(command.lane);
    command.after = before ? before->after : stream ? own_settings_.draft_seen(*stream) : 0;
    draft.after = command.after;
    const std::string lane = command.lane;
    TRY(insert(std::move(command), std::move(draft)));
    return drop_drafts(lane, now);
}

Status Outbox::draft_done(const Command& draft, std::int64_t seq) {
    const Command* last = draft_in(draft.lane);
    if (last == &draft || !last->after) return {};
    TRY_ASSIGN(auto waiting, envelope(*last));
    Command& next = commands_.at(last->position);
    next.after = std::max(*next.after, seq);
    std::get<protocol::DraftSet>(waiting.payload).after = next.after;
    return rewrite(next, waiting.payload);
}

Status Outbox::write_again(const protocol::DraftChanged& lost, std::int64_t after, WallTime now) {
    Command command;
    command.id = make_uuid(primitives_, now);
    command.type = Type::draft_set;
    command.made_at = now;
    command.lane = lane_of_conversation(lost.conversation);
    command.after = after;
    // What the person has written since says more.
    if (draft_in(command.lane)) return {};
    return insert(std::move(command), protocol::DraftSet{.target = {.stream = lost.conversation},
                                                         .text = lost.text,
                                                         .reply_to = lost.reply_to,
                                                         .after = after});
}

/// Those before the last of which nobody has heard, and those that were refused: the last one says all that
/// there is to say.
Status Outbox::drop_drafts(const std::string& lane, WallTime now) {
    const Command* last = draft_in(lane);
    if (!last) return {};
    std::vector<Command> dropped;
    for (const std::int64_t position : drafts_.at(lane)) {
        const Command& draft = commands_.at(position);
        if (&draft != last && !draft.attempted) dropped.push_back(draft);
    }
    for (const std::int64_t position : lanes_.at(lane).failed) {
        const Command& draft = commands_.at(position);
        // Of that which another one was preferred to nobody knows whether the last one says it, too.
        const bool kept = draft.failure->code == ErrorCode::draft_superseded;
        if (draft.type == Type::draft_set && !kept) dropped.push_back(draft);
    }
    for (const Command& draft : dropped) {
        database_.erase_from_log();
        TRY(settle_needless(draft, now));
    }
    return {};
}

/// A later command says what this one was to say, which is done with it.
Status Outbox::settle_needless(const Command& command, WallTime now) {
    const StreamId stream = conversation_of_lane(command.lane).value_or(StreamId());
    announce(command.lane);
    TRY(forget(command));
    TRY(remember(command.id, command.type, stream, now));
    // Of one that was refused that was told.
    if (command.state == CommandState::failed) return {};
    output_.notify(Notice{CommandSettled{command.id, std::nullopt, stream, std::nullopt}});
    return {};
}

/// Whether anybody misses a draft that was refused. Where a later one waits behind it, that says more, and if
/// this were sent again it would take its place. To take away what stood there is needless where that is gone
/// already.
Result<bool> Outbox::is_missed(const Command& draft, const Error& refusal) const {
    if (draft_in(draft.lane) != &draft) return false;
    if (refusal.code != ErrorCode::draft_superseded) return true;
    TRY_ASSIGN(const auto asked, envelope(draft));
    return !std::get<protocol::DraftSet>(asked.payload).text.empty();
}

Status Outbox::give_way(const Command& draft, WallTime now) {
    database_.erase_from_log();
    const Uuid id = draft.id;
    return accepted(id, conversation_of_lane(draft.lane).value_or(StreamId()), std::nullopt, now);
}

/// Whether the conversation is marked as unread when a command at this position takes effect.
bool Outbox::is_marked(const StreamId& stream, std::int64_t before) const {
    return own_settings_.preferences(stream).marked_unread || mark_waits(stream, before);
}

bool Outbox::mark_waits(const StreamId& stream, std::int64_t before) const {
    const auto found = preferences_.find(lane_of_conversation(stream));
    return found != preferences_.end() && std::ranges::any_of(found->second, [&](std::int64_t position) {
               return position < before && commands_.at(position).preferences->marked_unread.value_or(false);
           });
}

/// A read is given, or waits, that takes back what was marked before: of that what the server has not heard
/// of is needless.
Status Outbox::take_back_marks(const StreamId& stream, std::int64_t before, WallTime now) {
    const auto found = preferences_.find(lane_of_conversation(stream));
    if (found == preferences_.end()) return {};
    std::vector<Command> taken;
    for (const std::int64_t position : found->second) {
        const Command& set = commands_.at(position);
        if (position < before && !set.attempted && set.preferences->marked_unread.value_or(false))
            taken.push_back(set);
    }
    for (const Command& mark : taken)
        TRY(take_mark_out(mark, now));
    return {};
}

/// What else is set with it stays.
Status Outbox::take_mark_out(const Command& mark, WallTime now) {
    TRY_ASSIGN(auto waiting, envelope(mark));
    auto& set = std::get<protocol::PreferencesSet>(waiting.payload);
    set.marked_unread.reset();
    announce(mark.lane);
    if (set != protocol::PreferencesSet{.target = set.target}) {
        commands_.at(mark.position).preferences = set;
        return rewrite(mark, waiting.payload);
    }
    const StreamId stream = *conversation_of_lane(mark.lane);
    TRY(forget(mark));
    TRY(remember(mark.id, Type::preferences_set, stream, now));
    output_.notify(Notice{CommandSettled{mark.id, std::nullopt, stream, std::nullopt}});
    return {};
}

/// The server has not done this, and may do it later. What has become needless since is not sent again.
Status Outbox::handle_not_done(Command& command, WallTime now) {
    const bool own = command.preferences || command.type == Type::draft_set;
    if (!own) return {};
    TRY(database_.write("UPDATE command SET attempted = 0 WHERE position = ?", command.position));
    command.attempted = false;
    const std::string lane = command.lane;
    if (!command.preferences) return drop_drafts(lane, now);
    const auto stream = conversation_of_lane(lane);
    const Conversation* conversation = stream ? conversations_.find(*stream) : nullptr;
    const auto reads = stream ? lanes_.find(lane_of_reads(*stream)) : lanes_.end();
    if (!conversation || reads == lanes_.end() || reads->second.reads.empty()) return {};
    const auto [upto, position] = *reads->second.reads.rbegin();
    if (!rules::takes_mark_back(upto, conversation->read)) return {};
    return take_back_marks(*stream, position, now);
}

/// A read waits for the mark that was given before it, and a mark for the read before it; but not for one
/// that waits itself, since a later one says what it does. A draft waits for the one before it, and a forward
/// for the own message that it forwards.
bool Outbox::waits_for_its_turn(const Command& command) const {
    if (command.forward) return forwards_what_waits(command);
    if (const auto stream = reads_of_lane(command.lane)) return mark_waits(*stream, command.position);
    if (command.type == Type::draft_set) return *drafts_.at(command.lane).begin() < command.position;
    if (!command.preferences || !command.preferences->marked_unread.value_or(false)) return false;
    const auto stream = conversation_of_lane(command.lane);
    const auto lane = stream ? lanes_.find(lane_of_reads(*stream)) : lanes_.end();
    return lane != lanes_.end() && !lane->second.reads.empty() &&
           lane->second.reads.rbegin()->second < command.position;
}

bool Outbox::forwards_what_waits(const Command& command) const {
    const Command* message = find(command.forward->message);
    return message && message->state != CommandState::failed && message->position < command.position;
}

void Outbox::touch_forwards() {
    for (const std::int64_t position : forwards_) {
        const Command& command = commands_.at(position);
        if (output_.touched(command.forward->stream)) announce(command.lane);
    }
}

/// What waits in one lane waits in another from now on.
void Outbox::move_own(const std::string& from, const std::string& to) {
    for (auto* own : {&preferences_, &drafts_}) {
        auto moved = own->extract(from);
        if (!moved.empty()) (*own)[to].merge(moved.mapped());
    }
}

}  // namespace parley::core
