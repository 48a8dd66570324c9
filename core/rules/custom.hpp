#pragma once

#include "base/result.hpp"
#include "protocol/generated/cpp/messages.hpp"

#include <string_view>

/// What a message says besides a text, or in place of it: custom data of applications, and what was
/// forwarded. The one place for both ends.
namespace parley::core::rules {

/// Whether custom data may be of a kind with this name: as `Custom.kind` of the schema says. `invalid`, field
/// `custom.kind`.
Status check_kind(std::string_view kind);

/// Whether this is one value of JSON, within what custom data may have. `invalid`, field `custom.data`.
Status check_data(std::string_view data);

/// The part of the rule that does not look into texts: whether a message says anything, and nothing twice;
/// and what custom data is called. `invalid` with the field. Devices ask no more before they put a message
/// into the outbox (see check_entities_apart).
Status check_content_apart(const protocol::MessageSend& message);
Status check_content_apart(const protocol::MessageEdit& edit);

/// The whole rule: the above, and that data is JSON. The server asks this of what it takes.
Status check_content(const protocol::MessageSend& message);
Status check_content(const protocol::MessageEdit& edit);

}  // namespace parley::core::rules
