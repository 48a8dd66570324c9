#pragma once

#include "protocol/generated/cpp/types.hpp"
#include "sim/random.hpp"

#include <algorithm>
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

/// Whether a message, or what is shown of it, says what this command asked for.
template <class Message, class Command>
bool says(const Message& message, const Command& command) {
    return message.text == command.text && message.entities == command.entities &&
           message.mentions == persons_named(command);
}

/// Whether two say the same, as rows, views or earlier texts.
template <class One, class Other>
bool say_the_same(const One& one, const Other& other) {
    return one.text == other.text && one.entities == other.entities && one.mentions == other.mentions;
}

}  // namespace parley::sim
