#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/use_cases.hpp"

#include <string>
#include <utility>

namespace parley::server {

namespace {

using protocol::PinChanged;

/// Whether the message is pinned for the account at work: not where another one pinned it whom it had
/// blocked.
bool is_pinned(WorkContext& context, const ConversationRecord& conversation, std::int64_t message) {
    const auto row = context.store.rows().in_slot(StreamKey(conversation.key), Slot::pin(message));
    const auto* pin = row ? std::get_if<PinChanged>(&row->payload) : nullptr;
    if (pin == nullptr || pin->removed) return false;
    return conversation.kind != protocol::ConversationKind::direct ||
           is_made_in(context.store.conversations().intervals(conversation.key, context.account()), *row);
}

Status check_count(WorkContext& context, StreamKey stream) {
    const RowLimits all{.rows_max = limits::pins_max, .bytes_max = limits::page_bytes_max};
    const auto pinned = context.store.rows().of_kind(stream, protocol::Type::pin_changed, 0, all);
    if (std::ssize(pinned.rows) < limits::pins_max && !pinned.more) return {};
    return fail(Error{ErrorCode::limit,
                      std::to_string(limits::pins_max) + " messages are pinned here: unpin one of them first",
                      0, "pins"});
}

}  // namespace

Result<Answer> perform(WorkContext& context, const protocol::MessagePin& command) {
    TRY_ASSIGN(auto subject, find_message(context, command.target, command.message,
                                          sender_meant(context, command.sender), core::rules::Act::pin));
    auto& conversation = subject.standing.conversation;
    const StreamKey stream(conversation.key);
    const auto message = subject.change.born;
    const bool pinned = is_pinned(context, conversation, message);
    if (!command.remove) {
        TRY(check_not_deleted(subject));
        TRY(check_may_add(context, conversation));
    }
    if (pinned == !command.remove) return nothing_to_do(context);
    if (!command.remove) {
        TRY(check_room(context));
        TRY(check_count(context, stream));
    }
    auto change = write_change(context, conversation,
                               {.slot = Slot::pin(message),
                                .payload = PinChanged{.message = message,
                                                      .id = command.message,
                                                      .sender = subject.message.sender,
                                                      .by = to_id(context.account()),
                                                      .removed = command.remove},
                                .id = {},
                                .author = {},
                                .gone = command.remove});
    const auto seq = change.seq;
    const auto key = conversation.key;
    tell_who_sees(context, conversation, std::move(change), message);
    return done(context, to_id(key), seq);
}

}  // namespace parley::server
