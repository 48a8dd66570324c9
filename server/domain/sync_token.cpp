#include "server/domain/sync_token.hpp"

#include <array>
#include <charconv>

namespace parley::server {

namespace {

constexpr std::string_view prefix = "t2.";
constexpr int base = 36;

}  // namespace

std::string to_text(const SyncToken& token) {
    std::string text(prefix);
    bool first = true;
    for (const auto number : {token.epoch, token.life, token.position, token.account_seq, token.states_as_of,
                              token.states_below}) {
        std::array<char, 16> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
        if (!first) text += '.';
        text.append(digits.data(), end);
        first = false;
    }
    return text;
}

std::optional<SyncToken> parse_sync_token(std::string_view text) {
    if (!text.starts_with(prefix)) return std::nullopt;
    const char* at = text.data() + prefix.size();
    const char* end = text.data() + text.size();
    SyncToken token;
    bool first = true;
    for (auto* number : {&token.epoch, &token.life, &token.position, &token.account_seq, &token.states_as_of,
                         &token.states_below}) {
        if (!first && (at == end || *at++ != '.')) return std::nullopt;
        const auto [next, failure] = std::from_chars(at, end, *number, base);
        if (failure != std::errc{} || *number < 0) return std::nullopt;
        at = next;
        first = false;
    }
    if (at != end) return std::nullopt;
    return token;
}

}  // namespace parley::server
