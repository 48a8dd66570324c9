#pragma once

#include "core/action.hpp"
#include "core/view.hpp"
#include "protocol/generated/cpp/door.hpp"

/// Views, notices and errors as messages of the schema.
namespace parley::core {

protocol::DoorConnection door_connection(Connection connection);
protocol::DoorFailure door_failure(const Error& error);
Error error_of(const protocol::DoorFailure& failure);
protocol::DoorNotice door_notice(const Notice& notice);

protocol::ViewConversation door_view(const ConversationView& conversation);
protocol::ViewMessage door_view(const MessageView& message);
protocol::ViewWindow door_view(const WindowView& window);
protocol::ViewMember door_view(const MemberView& member);
protocol::ViewPin door_view(const PinView& pin);
protocol::ViewDevice door_view(const DeviceView& device);
protocol::ViewBlocked door_view(const BlockedView& blocked);
protocol::ViewCommand door_view(const OutboxView& command);
protocol::DoorSettled door_view(const CommandSettled& settled);

}  // namespace parley::core
