#include "server/api/http_target.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/api/header_text.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace parley::server {

namespace {

constexpr std::size_t segments_max = 8;
constexpr std::size_t parameters_max = 16;
constexpr std::int64_t number_max = (std::int64_t{1} << 53) - 1;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/// A name or an address, and perhaps a port.
bool is_host(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return is_plain(c) || c == ':' || c == '[' || c == ']'; });
}

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c); });
}

std::unexpected<Error> bad_target() {
    return fail(ErrorCode::malformed, "Paths here are plain: no escapes, no empty or dotted parts.");
}

/// The part before the next `separator`, which is taken off `text` with it.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

}  // namespace

SplitTarget split_target(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!same_word(target.substr(0, scheme.size()), scheme)) continue;
        const std::string_view named = target.substr(scheme.size());
        const std::size_t end = std::min(named.find_first_of("/?"), named.size());
        const std::string_view host = named.substr(0, end);
        if (!is_host(host)) break;
        const std::string_view rest = named.substr(end);
        // Without a path it is the root, where there is nothing, whatever is asked of it.
        return {.host = host, .rest = rest.starts_with('/') ? rest : "/"};
    }
    return {.host = {}, .rest = target};
}

Result<HttpTarget> parse_target(std::string_view target) {
    HttpTarget parsed;
    std::string_view query = split_target(target).rest;
    std::string_view path = take_until(query, '?');
    if (!path.starts_with('/')) return bad_target();
    if (path.size() > 1 && path.ends_with('/')) return bad_target();
    path.remove_prefix(1);
    while (!path.empty()) {
        const std::string_view segment = take_until(path, '/');
        if (segment.empty() || segment.starts_with('.') || !is_plain(segment)) return bad_target();
        parsed.segments.push_back(segment);
        if (parsed.segments.size() > segments_max) return bad_target();
    }
    while (!query.empty()) {
        std::string_view value = take_until(query, '&');
        const std::string_view name = take_until(value, '=');
        if (name.empty() || !is_plain(name) || !is_plain(value)) return bad_target();
        if (parsed.parameter(name))
            return fail({ErrorCode::malformed, "A parameter is given once.", 0, std::string(name)});
        parsed.query.emplace_back(name, value);
        if (parsed.query.size() > parameters_max) return bad_target();
    }
    return parsed;
}

std::optional<std::string_view> HttpTarget::parameter(std::string_view name) const {
    for (const auto& [known, value] : query) {
        if (known == name) return value;
    }
    return std::nullopt;
}

Result<std::optional<std::int64_t>> HttpTarget::number(std::string_view name) const {
    const auto text = parameter(name);
    if (!text) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < 0 || value > number_max) {
        return fail({ErrorCode::invalid, "This parameter is a whole number.", 0, std::string(name)});
    }
    return value;
}

}  // namespace parley::server
