#include "base/mutant.hpp"
#include "core/rules/messages.hpp"
#include "server/domain/use_cases.hpp"

#include <utility>

namespace parley::server {

namespace {

using protocol::MessageNew;

Result<Subject> find_forwarded(WorkContext& context, const protocol::ForwardOf& forward) {
    const auto sender = sender_meant(context, forward.sender);
    if (mutant(Mutant::forward_of_the_unseen) && sender) {
        auto found = context.store.rows().message(*sender, forward.message);
        const auto* message =
            found && found->change ? std::get_if<MessageNew>(&found->change->payload) : nullptr;
        if (message != nullptr)
            return Subject{.standing = {}, .change = *found->change, .message = *message, .sender = *sender};
    }
    return find_message(context, {.stream = forward.stream}, forward.message, sender, core::rules::Act::read);
}

/// By the name of now, where he says it for the first time.
protocol::Forwarded said_first_by(const WorkContext& context, const Subject& said) {
    const auto* account = context.store.accounts().find(said.sender);
    return {.account = said.message.sender,
            .name = account == nullptr ? std::string() : account->name,
            .at = said.change.timestamp};
}

}  // namespace

Status take_forwarded(WorkContext& context, const protocol::ForwardOf& forward, MessageNew& message) {
    auto found = find_forwarded(context, forward);
    if (!found) {
        found.error().field = "forward";
        return fail(std::move(found.error()));
    }
    if (found->message.deleted_by)
        return fail(Error{ErrorCode::message_deleted, "what is to be forwarded was deleted", 0, "forward"});
    const std::string asked = std::move(message.text);
    core::rules::put_forwarded(message, found->message, said_first_by(context, *found));
    if (mutant(Mutant::forward_says_what_is_asked) && !asked.empty()) message.text = asked;
    return {};
}

}  // namespace parley::server
