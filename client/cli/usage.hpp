#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What is said about a command line that cannot be understood, in words of those who type it.
namespace parley::client::cli {

/// What is wrong with a word that is to be such a number; empty: nothing.
std::function<std::string(const std::string&)> whole_number(std::int64_t min, std::int64_t max);

/// What CLI11 found wrong.
struct Mistake {
    /// Which was chosen; empty: none.
    std::string command;
    /// Words that nobody wanted.
    std::vector<std::string> left;
    /// Name of the error, and what it says.
    std::string kind;
    std::string what;
};

/// As a sentence that says where to look.
std::string sentence_of(const Mistake& mistake);

/// The words behind `help`, where that is the command.
std::optional<std::span<const char* const>> help_asked_for(std::span<const char* const> words);

}  // namespace parley::client::cli
