#pragma once

#include "client/cli/session.hpp"
#include "client/cli/terminal.hpp"

#include <string>
#include <string_view>

/// What messages say besides their text: data of applications, and whose words they are.
namespace parley::client::cli {

/// The data that a word means: JSON as it stands, that of a file ("@FILE"), or of standard input ("-"). Fails
/// where it, or the kind, is none that a message can have.
Outcome<protocol::Custom> custom_of(Session& session, const std::string& kind, const std::string& word);

/// An object with the fields of the protocol: the data is a text there, too.
std::string object_of(const protocol::Custom& custom);
std::string object_of(const protocol::Forwarded& forwarded);

/// What stands in a list for a message that says nothing to people: the name of its kind.
std::string kind_mark(const protocol::Custom& custom);
/// "forwarded from Ada".
std::string origin_mark(const protocol::Forwarded& forwarded);

}  // namespace parley::client::cli
