#pragma once

#include "protocol/generated/cpp/types.hpp"
#include "sim/random.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

/// What messages of the simulated people say besides their text, and what that names: written down a second
/// time, without the product's rules.
namespace parley::sim {

/// Makes some of the text bold, hidden, a link or the name of one of these people, or gives it everything at
/// once; mostly nothing. Now and then it names all. The text is one line that begins and ends with something
/// that can be seen, as all of this world are.
std::vector<protocol::Entity> some_entities(Random& random, const std::string& text,
                                            const std::vector<AccountId>& people);

/// As a program writes them: `,"entities":[…]`; nothing where there are none.
std::string body_of(const std::vector<protocol::Entity>& entities);

/// A list that no server may take for this text, and whether one is of these.
std::vector<protocol::Entity> broken_entities(Random& random, const std::string& text);
bool are_broken(const std::vector<protocol::Entity>& entities, const std::string& text);

/// Data of an application, with numbers and white space as nobody else would write them, and with the text in
/// it, so that whoever looks for what is left of that finds this, too.
protocol::Custom some_custom(Random& random, const std::string& text);
/// As a program writes it: `,"custom":{…}`; nothing where there is none.
std::string body_of(const std::optional<protocol::Custom>& custom);
/// Data, or a kind, that no server may take, and whether one is of these.
protocol::Custom broken_custom(Random& random, const std::string& text);
bool is_broken(const std::optional<protocol::Custom>& custom);

/// Nothing is said, or what is forwarded and something besides.
template <class Command>
bool says_nothing_sensible(const Command& command) {
    const bool anything = !command.text.empty() || command.custom;
    if constexpr (requires { command.forward; }) {
        if (command.forward) return anything || !command.mentions.empty() || !command.entities.empty();
    }
    return !anything;
}

/// Those entities that name neither a person nor everybody.
std::vector<protocol::Entity> entities_without_names(const std::vector<protocol::Entity>& entities);

template <class Message>
bool names_everybody(const Message& message) {
    return std::ranges::any_of(message.entities, [](const protocol::Entity& one) {
        return one.kind == protocol::EntityKind::everyone || one.kind == protocol::EntityKind::here;
    });
}

/// Persons whom a command names: as it lists them, then those who stand in the text alone.
template <class Command>
std::vector<AccountId> persons_named(const Command& command) {
    std::vector<AccountId> named = command.mentions;
    for (const auto& one : command.entities)
        if (one.kind == protocol::EntityKind::mention && std::ranges::count(named, *one.account) == 0)
            named.push_back(*one.account);
    return named;
}

/// Whether a message, or what is shown of it, says what this command asked for. What a forward has to say,
/// the command does not tell: of it this asks that it is one, and alerts only whom it may.
template <class Message, class Command>
bool says(const Message& message, const Command& command) {
    if constexpr (requires { command.forward; }) {
        if (message.silent != command.silent || message.forwarded.has_value() != command.forward.has_value())
            return false;
        if (command.forward) return message.mentions.empty() && !names_everybody(message);
    }
    return message.text == command.text && message.entities == command.entities &&
           message.mentions == persons_named(command) && message.custom == command.custom;
}

/// Whether two say the same, as rows, views or earlier texts.
template <class One, class Other>
bool say_the_same(const One& one, const Other& other) {
    if constexpr (requires { one.forwarded == other.forwarded; }) {
        if (one.forwarded != other.forwarded || one.silent != other.silent) return false;
    }
    return one.text == other.text && one.entities == other.entities && one.mentions == other.mentions &&
           one.custom == other.custom;
}

}  // namespace parley::sim
