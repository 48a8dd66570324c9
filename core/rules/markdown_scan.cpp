#include "core/rules/markdown_scan.hpp"

#include "base/utf8.hpp"
#include "core/rules/entities.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>

namespace parley::core::rules {
namespace {

using protocol::EntityKind;

bool is_of_handles(char c) {
    return is_ascii_word(c) || c == '.' || c == '-';
}

bool may_end_a_sentence(char c) {
    return std::string_view(".,:;!?'*_~-").find(c) != std::string_view::npos;
}

/// What an address that stands in a text goes on with.
bool is_of_bare_addresses(char c) {
    return static_cast<unsigned char>(c) >= 0x80 || is_ascii_word(c) ||
           std::string_view("-.~:/?#@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

std::optional<NameFound> name_of(std::string_view handle, const MarkdownNames& names) {
    if (names.all && handle == "everyone") return NameFound{.kind = EntityKind::everyone, .account = {}};
    if (names.all && handle == "here") return NameFound{.kind = EntityKind::here, .account = {}};
    if (!names.member) return std::nullopt;
    auto account = names.member(handle);
    if (!account) return std::nullopt;
    return NameFound{.kind = EntityKind::mention, .account = std::move(account)};
}

}  // namespace

bool is_ascii_punctuation(char c) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

bool is_ascii_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::optional<NameFound> name_at_start(std::string_view text, const MarkdownNames& names) {
    std::string handle;
    for (const char c : text.substr(1)) {
        if (!is_of_handles(c)) break;
        handle += lower_ascii(c);
    }
    while (!handle.empty()) {
        if (std::ssize(handle) <= limits::handle_chars_max) {
            if (auto found = name_of(handle, names)) {
                found->bytes = handle.size() + 1;
                return found;
            }
        }
        const char last = handle.back();
        if (last != '.' && last != '-' && last != '_') return std::nullopt;
        handle.pop_back();
    }
    return std::nullopt;
}

std::size_t scheme_at_start(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (std::ranges::equal(text.substr(0, scheme.size()), scheme, {}, lower_ascii)) return scheme.size();
    return 0;
}

std::size_t address_run(std::string_view text) {
    std::string_view rest = text;
    while (!rest.empty() && is_of_bare_addresses(rest.front())) {
        std::string_view behind = rest;
        if (is_white_space(take_code_point(behind))) break;
        rest = behind;
    }
    return text.size() - rest.size();
}

std::optional<AddressFound> address_at_start(std::string_view text) {
    const std::size_t scheme = scheme_at_start(text);
    if (scheme == 0) return std::nullopt;
    std::size_t end = address_run(text);
    // Brackets that are closed here and were not opened here.
    std::ptrdiff_t unopened =
        std::ranges::count(text.substr(0, end), ')') - std::ranges::count(text.substr(0, end), '(');
    while (end > scheme) {
        const char last = text[end - 1];
        const bool closes_more = last == ')' && unopened > 0;
        if (!closes_more && !may_end_a_sentence(last)) break;
        if (last == ')') --unopened;
        --end;
    }
    AddressFound found{.url = percent_encoded(text.substr(0, end)), .bytes = end};
    if (!is_address(found.url)) return std::nullopt;
    return found;
}

std::string percent_encoded(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            encoded += c;
            continue;
        }
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 0xf];
    }
    return encoded;
}

std::optional<Fence> fence_of(std::string_view line) {
    const std::size_t backticks = std::min(line.find_first_not_of('`'), line.size());
    const std::string_view language = line.substr(backticks);
    if (backticks < 3 || std::ssize(language) > limits::language_chars_max) return std::nullopt;
    const bool visible =
        std::ranges::all_of(language, [](char c) { return c > ' ' && c <= '~' && c != '`'; });
    if (!visible) return std::nullopt;
    return Fence{.backticks = backticks, .language = language};
}

}  // namespace parley::core::rules
