#include "client/cli/usage.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

namespace parley::client::cli {

namespace {

/// What CLI11 says in the words of whoever programs with it.
std::string in_words(const Mistake& mistake) {
    const std::string& what = mistake.what;
    const std::string option = what.substr(0, what.find(':'));
    if (mistake.kind == "ArgumentMismatch")
        return option + (what.ends_with("missing") ? " needs a value" : " may stand only once");
    constexpr std::string_view excludes = " excludes ";
    if (const std::size_t at = what.find(excludes); mistake.kind == "ExcludesError" && at != what.npos)
        return what.substr(0, at) + " and " + what.substr(at + excludes.size()) + " do not go together";
    return what == "A subcommand is required" ? "A command is missing" : what;
}

}  // namespace

std::function<std::string(const std::string&)> whole_number(std::int64_t min, std::int64_t max) {
    return [min, max](const std::string& text) {
        std::int64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [after, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && after == end && value >= min && value <= max) return std::string();
        return "this is a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    };
}

std::string sentence_of(const Mistake& mistake) {
    const std::string& command = mistake.command;
    std::string what = in_words(mistake);
    if (!mistake.left.empty()) {
        const std::string& word = mistake.left.front();
        if (word.starts_with('-'))
            what = "There is no option " + word + " here; a text that begins with - stands after --";
        else
            what = command.empty() ? "There is no command \"" + word + "\""
                                   : "\"" + word + "\" is one word too many";
    }
    return what + ". See: parley " + (command.empty() ? "" : command + " ") + "--help";
}

std::optional<std::span<const char* const>> help_asked_for(std::span<const char* const> words) {
    for (std::size_t at = 1; at < words.size(); ++at) {
        const std::string_view word = words[at];
        if (word == "help") return words.subspan(at + 1);
        if (!word.starts_with('-')) return std::nullopt;
        // Of the options that may stand before a command these alone take no value.
        const bool alone = word == "--json" || word == "--offline" || word.contains('=');
        at += alone ? 0 : 1;
    }
    return std::nullopt;
}

}  // namespace parley::client::cli
