#include "server/domain/weight.hpp"

#include <type_traits>

namespace parley::server {

namespace {

/// Of what is no message: names and titles are short.
constexpr std::size_t other_bytes = 512;
/// What an envelope has around its content.
constexpr std::size_t envelope_bytes = 200;
/// As it was decided, and as it is sent in either encoding.
constexpr std::size_t forms = 3;

/// Of a message, of a command that makes one, or of the answer to a forward.
template <class Message>
std::size_t size_of_said(const Message& message) {
    std::size_t size = message.text.size();
    if constexpr (requires { message.mentions; }) size += message.mentions.size() * sizeof(AccountId);
    for (const auto& entity : message.entities)
        size += sizeof(entity) + (entity.url ? entity.url->size() : 0);
    if (message.custom) size += sizeof(*message.custom) + message.custom->data.size();
    return size;
}

std::size_t content_of(const protocol::ChangePayload& payload) {
    if (const auto* draft = std::get_if<protocol::DraftChanged>(&payload)) return draft->text.size();
    const auto* message = std::get_if<protocol::MessageNew>(&payload);
    if (message == nullptr) return other_bytes;
    return size_of_said(*message);
}

std::size_t content_of(const Effect& effect) {
    if (const auto* replied = std::get_if<Replied>(&effect)) {
        const auto* accepted =
            replied->answer ? std::get_if<protocol::MessageAccepted>(&replied->answer->payload) : nullptr;
        return accepted != nullptr ? size_of_said(*accepted) : 0;
    }
    if (const auto* change = std::get_if<ConversationChange>(&effect))
        return content_of(change->change.payload);
    if (const auto* change = std::get_if<AccountChange>(&effect)) return content_of(change->change.payload);
    if (const auto* skipped = std::get_if<Skipped>(&effect))
        return skipped->accounts.size() * sizeof(AccountKey);
    if (const auto* returned = std::get_if<AcksReturned>(&effect))
        return returned->acks.acks.size() * sizeof(Acks::One);
    return 0;
}

}  // namespace

std::size_t weight_of(const Work& work) {
    const std::size_t content = std::visit(
        [](const auto& command) -> std::size_t {
            using T = std::remove_cvref_t<decltype(command)>;
            if constexpr (std::is_same_v<T, protocol::MessageSend> ||
                          std::is_same_v<T, protocol::MessageEdit>) {
                return size_of_said(command);
            } else if constexpr (std::is_same_v<T, protocol::DraftSet>) {
                return command.text.size();
            } else if constexpr (requires { command.members; }) {
                return command.members.size() * sizeof(AccountId);
            } else if constexpr (requires { command.accounts; }) {
                return command.accounts.size() * sizeof(AccountId);
            } else if constexpr (std::is_same_v<T, Acks>) {
                return command.acks.size() * sizeof(Acks::One);
            } else {
                return other_bytes;
            }
        },
        work.command);
    return sizeof(Work) + content;
}

std::size_t weight_of(const Batch& batch) {
    std::size_t weight = sizeof(Batch);
    for (const Effect& effect : batch.effects) {
        const std::size_t content = content_of(effect);
        weight += sizeof(Effect);
        if (content > 0) weight += forms * content + (forms - 1) * envelope_bytes;
    }
    return weight;
}

}  // namespace parley::server
