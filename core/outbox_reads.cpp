// The outbox: what stands in it, and what became of a command.

#include "core/commands.hpp"
#include "core/outbox.hpp"

#include <utility>

namespace parley::core {
namespace {

using protocol::Type;

Error forgotten() {
    return {ErrorCode::invalid, "it was refused, and discarded or sent again since", 0, {}};
}

}  // namespace

const Command* Outbox::find(const Uuid& id) const {
    auto found = positions_.find(id);
    return found == positions_.end() ? nullptr : &commands_.at(found->second);
}

Result<bool> Outbox::knows(const Uuid& id) {
    if (positions_.contains(id)) return true;
    TRY_ASSIGN(auto stream, settled_stream(id));
    return stream.has_value();
}

Result<std::vector<CommandSettled>> Outbox::settled(std::span<const Uuid> ids) {
    std::vector<CommandSettled> answered;
    answered.reserve(ids.size());
    for (const Uuid& id : ids) {
        if (const Command* command = find(id)) {
            if (command->state == CommandState::failed)
                answered.push_back({id, command->failure, StreamId(), std::nullopt});
            continue;
        }
        TRY_ASSIGN(const auto stream, settled_stream(id));
        answered.push_back({id, std::nullopt, stream.value_or(StreamId()), std::nullopt});
        if (!stream) answered.back().failure = forgotten();
    }
    return answered;
}

Result<std::optional<StreamId>> Outbox::made_by(const Uuid& creation) {
    TRY_ASSIGN(auto made, settled_stream(creation));
    if (made && made->empty()) return std::nullopt;
    return made;
}

Result<protocol::Envelope> Outbox::envelope(const Command& command) const {
    TRY_ASSIGN(Query query, database_.read("SELECT body FROM command WHERE position = ?", command.position));
    TRY_ASSIGN(bool found, query.step());
    if (!found) return fail(ErrorCode::internal, "a command of the outbox is not in the local database");
    return decode_command(query.bytes(0));
}

std::vector<const Command*> Outbox::in_lane(const std::string& lane) const {
    auto found = lanes_.find(lane);
    if (found == lanes_.end()) return {};
    std::set<std::int64_t> positions = found->second.waiting;
    positions.insert(found->second.failed.begin(), found->second.failed.end());
    std::vector<const Command*> commands;
    commands.reserve(positions.size());
    looked_at_ += positions.size();
    for (std::int64_t position : positions)
        commands.push_back(&commands_.at(position));
    return commands;
}

const Command* Outbox::newest_message_under_way(const std::string& lane) const {
    auto found = lanes_.find(lane);
    if (found == lanes_.end()) return nullptr;
    const auto& waiting = found->second.waiting;
    for (auto position = waiting.rbegin(); position != waiting.rend(); ++position) {
        const Command& command = commands_.at(*position);
        if (command.type == Type::message_send) return &command;
    }
    return nullptr;
}

std::vector<const Command*> Outbox::changes_of(const Uuid& message, const AccountId& sender, bool own) const {
    return waiting_for(changes_, {message, own ? std::nullopt : std::optional(sender)});
}

std::vector<const Command*> Outbox::reactions_to(const Uuid& message, const AccountId& sender,
                                                 bool own) const {
    return waiting_for(reactions_, {message, own ? std::nullopt : std::optional(sender)});
}

std::vector<const Command*> Outbox::waiting_for(
    const std::map<ChangedMessage, std::set<std::int64_t>>& by_message, const ChangedMessage& message) const {
    const auto found = by_message.find(message);
    if (found == by_message.end()) return {};
    std::vector<const Command*> commands;
    commands.reserve(found->second.size());
    for (const std::int64_t position : found->second)
        commands.push_back(&commands_.at(position));
    return commands;
}

std::vector<std::string> Outbox::lanes() const {
    std::vector<std::string> names;
    names.reserve(lanes_.size());
    for (const auto& [name, lane] : lanes_)
        names.push_back(name);
    return names;
}

}  // namespace parley::core
