#include "base/mutant.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "server/domain/use_cases.hpp"

#include <string>
#include <utility>

namespace parley::server {

namespace {

using protocol::PinChanged;

/// The row that says whether this message is pinned; nothing where it never was.
std::optional<PinChanged> pin_of(WorkContext& context, StreamKey stream, std::int64_t message) {
    const auto row = context.store.rows().in_slot(stream, Slot::pin(message));
    const auto* pin = row ? std::get_if<PinChanged>(&row->payload) : nullptr;
    return pin != nullptr ? std::optional(*pin) : std::nullopt;
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
    const auto held = pin_of(context, stream, message);
    const bool pinned = held && !held->removed;
    if (!command.remove) TRY(check_not_deleted(subject));
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
    tell_who_sees(context, key, std::move(change), message);
    return done(context, to_id(key), seq);
}

}  // namespace parley::server
