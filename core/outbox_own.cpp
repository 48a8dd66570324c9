// The outbox and what a person sets for himself: preferences, drafts, and reads that take a mark back.

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

/// Those of which nobody has heard, and those that were refused: the next one says all that there is to say.
Status Outbox::drop_drafts(const std::string& lane, WallTime now) {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return {};
    const StreamId stream = conversation_of_lane(lane).value_or(StreamId());
    std::vector<Command> dropped;
    if (const auto waiting = drafts_.find(lane); waiting != drafts_.end()) {
        for (const std::int64_t position : waiting->second) {
            const Command& draft = commands_.at(position);
            if (draft.state == CommandState::queued) dropped.push_back(draft);
        }
    }
    for (const std::int64_t position : found->second.failed) {
        const Command& draft = commands_.at(position);
        if (draft.type == Type::draft_set) dropped.push_back(draft);
    }
    for (const Command& draft : dropped) {
        database_.erase_from_log();
        announce(lane);
        TRY(forget(draft));
        TRY(remember(draft.id, Type::draft_set, stream, now));
        // Of one that was refused that was told.
        if (draft.state == CommandState::failed) continue;
        output_.notify(Notice{CommandSettled{draft.id, std::nullopt, stream, std::nullopt}});
    }
    return {};
}

/// A draft was refused behind which a later one waits: nobody misses it, and if it were sent again it would
/// take the place of that.
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

/// A read waits for the mark that was given before it, and a mark for the read before it; but not for one
/// that waits itself, since a later one says what it does.
bool Outbox::waits_for_its_turn(const Command& command) const {
    if (const auto stream = reads_of_lane(command.lane)) return mark_waits(*stream, command.position);
    if (!command.preferences || !command.preferences->marked_unread.value_or(false)) return false;
    const auto stream = conversation_of_lane(command.lane);
    const auto lane = stream ? lanes_.find(lane_of_reads(*stream)) : lanes_.end();
    return lane != lanes_.end() && !lane->second.reads.empty() &&
           lane->second.reads.rbegin()->second < command.position;
}

/// What waits in one lane waits in another from now on.
void Outbox::move_own(const std::string& from, const std::string& to) {
    for (auto* own : {&preferences_, &drafts_}) {
        auto moved = own->extract(from);
        if (!moved.empty()) (*own)[to].merge(moved.mapped());
    }
}

}  // namespace parley::core
