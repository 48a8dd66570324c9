#include "core/views.hpp"

#include "base/mutant.hpp"
#include "core/commands.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/slow_mode.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace parley::core {
namespace {

/// Whether the person has an interest in it: a question that waits is for whoever asked it.
bool is_shown(const Command& command) {
    return command.state == CommandState::failed || !is_question(command.type);
}

/// What a person sets for himself makes no conversation, nor does it lift one.
bool is_own_setting(const Command& command) {
    return command.preferences || command.type == protocol::Type::draft_set;
}

/// Why nothing of these makes a conversation any more: as the creation was refused, or else the newest.
std::optional<Error> refusal_of(const std::vector<const Command*>& commands) {
    std::optional<Error> refusal;
    for (const Command* command : commands) {
        if (is_own_setting(*command)) continue;
        if (command->state != CommandState::failed) return std::nullopt;
        if (command->type == protocol::Type::conversation_create) return command->failure;
        refusal = command->failure;
    }
    return refusal;
}

}  // namespace

/// What is archived last, what is pinned first; else in order of latest activity. What is under way in the
/// outbox is the latest, in the order in which it was said: no clock has a say about that. What was refused
/// was not said: it stands in its conversation and lifts it no more; where nothing else is, its time is all
/// that there is to go by.
std::vector<Views::Listed> Views::list() const {
    std::vector<Listed> listed;
    for (const auto& [stream, conversation] : conversations_.all()) {
        if (!conversation->known) continue;
        const Command* pending = newest_under_way(stream);
        const auto own = preferences(stream);
        listed.push_back({.pending = pending ? pending->position : 0,
                          .at = conversation->newest_at,
                          .stream = stream,
                          .lane = {},
                          .archived = own.archived,
                          .pinned = own.pinned});
    }
    for (const std::string& lane : outbox_.lanes()) {
        if (!awaits_its_conversation(lane)) continue;
        auto commands = outbox_.in_lane(lane);
        std::erase_if(commands, [](const Command* one) { return is_own_setting(*one); });
        // What was to make it was thrown away.
        if (commands.empty()) continue;
        const auto newest_first = commands | std::views::reverse;
        const auto under_way = std::ranges::find_if(
            newest_first, [](const Command* one) { return one->state != CommandState::failed; });
        const bool refused = under_way == newest_first.end();
        const auto own = preferences({}, lane);
        listed.push_back({.pending = refused ? 0 : (*under_way)->position,
                          .at = commands.back()->made_at,
                          .stream = {},
                          .lane = lane,
                          .archived = own.archived,
                          .pinned = own.pinned});
    }
    std::ranges::stable_sort(listed, [](const Listed& one, const Listed& other) {
        if (one.archived != other.archived) return other.archived;
        if (one.pinned != other.pinned) return one.pinned > other.pinned;
        if (one.pending != other.pending) return one.pending > other.pending;
        return one.at > other.at;
    });
    return listed;
}

Result<std::vector<ConversationView>> Views::conversations(std::size_t offset, std::size_t limit,
                                                           WallTime now) {
    std::vector<ConversationView> views;
    const auto listed = list();
    for (std::size_t i = offset; i < listed.size() && views.size() < limit; ++i) {
        if (listed[i].lane.empty()) {
            TRY_ASSIGN(auto view, view_of(*conversations_.find(listed[i].stream), now));
            views.push_back(std::move(view));
            continue;
        }
        TRY_ASSIGN(auto view, view_of_lane(listed[i].lane, now));
        if (view) views.push_back(std::move(*view));
    }
    return views;
}

Result<std::optional<ConversationView>> Views::conversation(const StreamId& stream, WallTime now) {
    Conversation* conversation = conversations_.find(stream);
    if (!conversation || !conversation->known) return std::nullopt;
    TRY_ASSIGN(auto view, view_of(*conversation, now));
    return view;
}

Result<ConversationView> Views::view_of(Conversation& conversation, WallTime now) {
    ConversationView view;
    view.stream = conversation.stream;
    view.summary = conversation.summary;
    // What came last of a person, by whatever way, need not be what was said last.
    if (auto& peer = view.summary.peer) {
        TRY_ASSIGN(auto known, profiles_.find(peer->account));
        if (known) peer = std::move(known);
        view.blocked = is_blocked(peer->account);
    }
    // Who is out can say no more that he has read, and nothing new comes.
    if (conversation.present) {
        TRY_ASSIGN(const auto tally, counts(conversation));
        view.unread = tally.unread;
        view.mentions = tally.mentions;
    }
    view.read = conversation.read_shown();
    view.head = conversation.head;
    view.from = conversation.origin;
    TRY_ASSIGN(view.last, newest(conversation));
    view.present = conversation.present;
    TRY_ASSIGN(view.next_message_at, next_message_at(conversation));
    view.complete = !conversation.owes_anything();
    TRY_ASSIGN(view.unreadable, rows_.count_unreadable(conversation.number));
    TRY(show_own(conversation.stream, lane_of_conversation(conversation.stream), now, view));
    return view;
}

/// From when on slow mode takes the next own message.
Result<std::optional<WallTime>> Views::next_message_at(Conversation& conversation) {
    const auto& summary = conversation.summary;
    if (!conversation.present || !summary.slow_ms || !rules::is_slowed(summary.role)) return std::nullopt;
    if (!conversation.said_at) {
        TRY_ASSIGN(const auto said, rows_.said_last(conversation.number));
        conversation.said_at = said.value_or(WallTime{});
    }
    if (conversation.said_at->ms == 0) return std::nullopt;
    return *conversation.said_at + milliseconds(*summary.slow_ms);
}

/// A conversation that the outbox is about to make.
Result<std::optional<ConversationView>> Views::view_of_lane(const std::string& lane, WallTime now) {
    ConversationView view;
    view.pending = true;
    view.summary.role = protocol::Role::owner;
    view.peer = peer_of_lane(lane);
    if (view.peer) {
        view.summary.kind = protocol::ConversationKind::direct;
        view.summary.members = *view.peer == identity_.get().account ? 1 : 2;
        TRY_ASSIGN(view.summary.peer, profiles_.find(*view.peer));
        view.blocked = is_blocked(*view.peer);
    } else {
        view.made_by = creation_of_lane(lane);
        view.summary.kind = protocol::ConversationKind::group;
    }
    const auto commands = outbox_.in_lane(lane);
    view.failure = refusal_of(commands);
    for (const Command* command : commands) {
        if (command->type != protocol::Type::conversation_create) continue;
        TRY_ASSIGN(auto envelope, outbox_.envelope(*command));
        const auto& create = std::get<protocol::ConversationCreate>(envelope.payload);
        view.summary.title = create.title;
        view.summary.members = static_cast<std::int64_t>(create.members.size()) + 1;
    }
    if (const Command* newest_one = outbox_.newest_message_under_way(lane)) {
        TRY_ASSIGN(view.last, pending_message(*newest_one));
    }
    TRY(show_own({}, lane, now, view));
    return view;
}

/// The newest counts that the server told, adjusted by what the device knows since: messages that came after
/// them, and a read position that the server has not answered yet.
Result<rules::Tally> Views::counts(Conversation& conversation) {
    if (conversation.shown) return *conversation.shown;
    const auto& triple = conversation.triple;
    const std::int64_t counted_upto = triple.as_of.conversation;
    const std::int64_t read = conversation.read_shown();
    rules::Tally tally = triple.tally;
    if (read > triple.read && !mutant(Mutant::read_does_not_settle_counts)) {
        if (read >= counted_upto) {
            tally = {};
        } else {
            TRY_ASSIGN(auto since_read,
                       rows_.tally(conversation.number, triple.read, read, blocks_.blocked()));
            tally.unread = std::max<std::int64_t>(tally.unread - since_read.unread, 0);
            tally.mentions = std::max<std::int64_t>(tally.mentions - since_read.mentions, 0);
        }
    }
    // Those that were deleted since count no more; a deletion is the last that becomes of a message.
    TRY_ASSIGN(const auto deleted, rows_.tally_deleted(conversation.number, triple.read, counted_upto,
                                                       counted_upto, blocks_.blocked()));
    tally.unread = std::max<std::int64_t>(tally.unread - deleted.unread, 0);
    tally.mentions = std::max<std::int64_t>(tally.mentions - deleted.mentions, 0);
    TRY_ASSIGN(auto newer, rows_.tally(conversation.number, std::max(counted_upto, read), end_of_time,
                                       blocks_.blocked()));
    tally.unread += newer.unread;
    tally.mentions += newer.mentions;
    conversation.shown = tally;
    return tally;
}

/// To make the name of a lane costs more than to look at an empty outbox.
const Command* Views::newest_under_way(const StreamId& stream) const {
    return outbox_.all().empty() ? nullptr : outbox_.newest_message_under_way(lane_of_conversation(stream));
}

Result<std::optional<MessageView>> Views::newest(const Conversation& conversation) {
    if (const Command* pending = newest_under_way(conversation.stream)) {
        TRY_ASSIGN(auto view, pending_message(*pending));
        return view;
    }
    TRY_ASSIGN(auto rows, rows_.messages_below(conversation.number, end_of_time, 1));
    const std::int64_t held = rows.empty() ? 0 : rows[0].change.born;
    const auto& preview = conversation.preview;
    if (preview && preview->born > held) {
        protocol::Change change;
        change.id = preview->id;
        change.born = preview->born;
        change.timestamp = preview->at;
        protocol::MessageNew message_cut{.sender = preview->sender,
                                         .text = preview->text,
                                         .entities = preview->entities,
                                         .silent = preview->silent,
                                         .forwarded = preview->forwarded};
        if (preview->kind) message_cut.custom = protocol::Custom{.kind = *preview->kind, .data = {}};
        // By whom is not shown.
        if (preview->deleted) message_cut.deleted_by = preview->sender;
        change.payload = std::move(message_cut);
        TRY_ASSIGN(auto view, message(conversation, {std::move(change), false}));
        return view;
    }
    if (rows.empty()) return std::nullopt;
    TRY_ASSIGN(auto view, message(conversation, rows[0]));
    return view;
}

Result<std::vector<MemberView>> Views::members(const StreamId& stream) {
    std::vector<MemberView> members;
    const Conversation* conversation = conversations_.find(stream);
    if (!conversation) return members;
    TRY_ASSIGN(auto rows, rows_.of_type(conversation->number, protocol::Type::member_changed));
    TRY_ASSIGN(const auto* receipts, receipts_.of(*conversation));
    for (const auto& row : rows) {
        // Once the server has named all members, one that it did not name is none; until then he may be.
        if (row.not_on_server && !conversation->members_after) continue;
        const auto& member = std::get<protocol::MemberChanged>(row.change.payload);
        // The account's own stream says that one is out; the row that says so one may not see any more.
        const bool own = member.profile.account == identity_.get().account;
        const bool present = member.present && (conversation->present || !own);
        MemberView view{member.profile, member.role, present, 0, 0, member.invited_by};
        if (auto receipt = receipts->find(member.profile.account); receipt != receipts->end()) {
            view.delivered = receipt->second.delivered;
            view.read = receipt->second.read;
        }
        view.blocked = is_blocked(member.profile.account);
        members.push_back(std::move(view));
    }
    return members;
}

Result<std::vector<DeviceView>> Views::devices() {
    std::vector<DeviceView> devices;
    TRY_ASSIGN(auto rows, rows_.of_type(account_stream_number, protocol::Type::device_changed));
    for (const auto& row : rows) {
        const auto& device = std::get<protocol::DeviceChanged>(row.change.payload);
        if (!device.present) continue;
        devices.push_back(
            {device.device, device.name, device.created_at, device.device == identity_.get().device});
    }
    return devices;
}

Result<std::vector<OutboxView>> Views::outbox(std::size_t offset, std::size_t limit) {
    std::vector<OutboxView> commands;
    for (const bool failed : {false, true}) {
        for (const auto& [position, command] : outbox_.all()) {
            if (commands.size() == limit) return commands;
            if ((command.state == CommandState::failed) != failed || !is_shown(command)) continue;
            if (offset > 0) {
                --offset;
                continue;
            }
            TRY_ASSIGN(auto envelope, outbox_.envelope(command));
            commands.push_back({command.id, std::move(envelope.payload), command.state, command.failure});
        }
    }
    return commands;
}

OutboxCount Views::outbox_count() const {
    OutboxCount count;
    for (const auto& [position, command] : outbox_.all()) {
        if (!is_shown(command)) continue;
        ++(command.state == CommandState::failed ? count.failed : count.waiting);
    }
    return count;
}

}  // namespace parley::core
