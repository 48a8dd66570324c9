#include "core/rules/entities.hpp"

#include "base/mutant.hpp"
#include "base/utf8.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <tuple>

namespace parley::core::rules {
namespace {

using protocol::Entity;
using protocol::EntityKind;

std::unexpected<Error> invalid(std::string_view why) {
    return fail(Error{ErrorCode::invalid, std::string(why), 0, "entities"});
}

bool names(EntityKind kind) {
    return kind == EntityKind::mention || kind == EntityKind::everyone || kind == EntityKind::here;
}

/// Holds nothing.
bool is_leaf(EntityKind kind) {
    return names(kind) || kind == EntityKind::code || kind == EntityKind::code_block;
}

bool is_lines(EntityKind kind) {
    return kind == EntityKind::quote || kind == EntityKind::code_block;
}

/// May begin and end with white space: what stands there is meant as it is.
bool may_have_blank_edges(EntityKind kind) {
    return is_lines(kind) || kind == EntityKind::code;
}

Status check_parts(const Entity& entity) {
    if (entity.account.has_value() != (entity.kind == EntityKind::mention))
        return invalid("a mention has an account, and nothing else has");
    if (entity.url.has_value() != (entity.kind == EntityKind::link))
        return invalid("a link has an address, and nothing else has");
    if (entity.language && entity.kind != EntityKind::code_block)
        return invalid("only a block of code has a language");
    return {};
}

/// In JSON, where these characters have a backslash before them.
std::size_t bytes_of(std::string_view token) {
    return token.size() + static_cast<std::size_t>(
                              std::ranges::count_if(token, [](char c) { return c == '"' || c == '\\'; }));
}

std::size_t bytes_of(const Entity& entity) {
    return (entity.account ? bytes_of(entity.account->text()) : 0) +
           (entity.url ? bytes_of(*entity.url) : 0) + (entity.language ? bytes_of(*entity.language) : 0);
}

/// May `inner` lie in what is open, the innermost last?
Status check_nesting(const std::vector<const Entity*>& open, const Entity& inner) {
    if (open.empty()) return {};
    if (end_of(inner) > end_of(*open.back())) return invalid("two of them overlap");
    if (inner.kind == EntityKind::quote) return invalid("a quotation stands in nothing else");
    for (const Entity* outer : open) {
        if (is_leaf(outer->kind)) return invalid("code and names hold nothing else");
        if (outer->kind == inner.kind) return invalid("one of a kind lies in another of it");
        if (outer->kind == EntityKind::link && names(inner.kind)) return invalid("a link holds no mention");
        if (inner.kind == EntityKind::code_block && outer->kind != EntityKind::quote)
            return invalid("a block of code stands in nothing but a quotation");
    }
    return {};
}

/// Do two that lie in the same one touch? Between two quotations stands at least the end of a line.
bool touch(const Entity& one, const Entity& next) {
    if (one.kind != next.kind) return false;
    if (one.kind == EntityKind::quote) return end_of(one) + 1 >= next.offset;
    return (merges(one.kind) || one.kind == EntityKind::code) && end_of(one) == next.offset;
}

Status check_order(std::span<const Entity> entities) {
    std::vector<const Entity*> open;
    const Entity* before = nullptr;
    for (const Entity& entity : entities) {
        if (before != nullptr && !stands_before(*before, entity)) return invalid("they are not in order");
        const Entity* beside = nullptr;
        while (!open.empty() && end_of(*open.back()) <= entity.offset) {
            beside = open.back();
            open.pop_back();
        }
        if (beside != nullptr && touch(*beside, entity))
            return invalid("two of one kind touch: make them one");
        TRY(check_nesting(open, entity));
        open.push_back(&entity);
        before = &entity;
    }
    return {};
}

/// The text, looked at code point by code point, each with the place at which it stands.
struct Points {
    explicit Points(std::string_view text) {
        while (!text.empty())
            points.push_back(take_code_point(text));
    }
    bool is_blank(std::int64_t at) const { return is_white_space(points[static_cast<std::size_t>(at)]); }
    bool begins_line(std::int64_t at) const {
        return at == 0 || points[static_cast<std::size_t>(at) - 1] == '\n';
    }
    bool ends_line(std::int64_t at) const {
        return at == std::ssize(points) || points[static_cast<std::size_t>(at)] == '\n';
    }
    std::vector<char32_t> points;
};

Status check_covered(const Points& text, const Entity& entity) {
    std::int64_t first = entity.offset;
    while (first < end_of(entity) && text.is_blank(first))
        ++first;
    if (first == end_of(entity)) return invalid("one of them covers nothing that can be seen");
    const bool blank_edges = first > entity.offset || text.is_blank(end_of(entity) - 1);
    if (blank_edges && !may_have_blank_edges(entity.kind))
        return invalid("one of them begins or ends with white space");
    if (is_lines(entity.kind) && !(text.begins_line(entity.offset) && text.ends_line(end_of(entity))))
        return invalid("quotations and blocks of code are whole lines");
    const auto begin = text.points.begin() + static_cast<std::ptrdiff_t>(entity.offset);
    const auto end = begin + static_cast<std::ptrdiff_t>(entity.length);
    if (entity.kind == EntityKind::code && std::ranges::count(begin, end, U'\n') > 0)
        return invalid("code of more than one line is a block of code");
    return {};
}

bool is_of_addresses(char c) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter_or_digit || std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

/// Begins with the scheme, and goes on behind it.
bool has_scheme(std::string_view url, std::string_view scheme) {
    return url.size() > scheme.size() &&
           std::ranges::equal(url.substr(0, scheme.size()), scheme, {}, lower_ascii);
}

}  // namespace

bool stands_before(const Entity& one, const Entity& other) {
    return std::tuple(one.offset, -one.length, one.kind) <
           std::tuple(other.offset, -other.length, other.kind);
}

bool merges(EntityKind kind) {
    return kind == EntityKind::bold || kind == EntityKind::italic || kind == EntityKind::strike ||
           kind == EntityKind::spoiler;
}

char lower_ascii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_white_space(char32_t point) {
    return (point >= 0x9 && point <= 0xd) || point == 0x20 || point == 0x85 || point == 0xa0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 ||
           point == 0x202f || point == 0x205f || point == 0x3000;
}

bool is_address(std::string_view url) {
    if (std::ssize(url) > limits::url_bytes_max || !std::ranges::all_of(url, is_of_addresses)) return false;
    if (has_scheme(url, "mailto:")) return true;
    const bool web = has_scheme(url, "http://") || has_scheme(url, "https://");
    return web && url[url.find("//") + 2] != '/';
}

Status check_entities_apart(const Said& said) {
    if (std::ssize(said.entities) > limits::entities_max) return invalid("there are too many");
    const auto points = static_cast<std::int64_t>(count_code_points(said.text).value_or(0));
    std::size_t bytes = 0;
    for (const Entity& entity : said.entities) {
        if (entity.offset < 0 || entity.length < 1 || entity.offset > points - entity.length)
            return invalid("one of them goes beyond the text, or covers nothing");
        TRY(check_parts(entity));
        bytes += bytes_of(entity);
    }
    if (bytes > static_cast<std::size_t>(limits::entity_bytes_max))
        return invalid("their accounts, addresses and languages are too long together");
    TRY(check_order(said.entities));
    if (!said.entities.empty() && std::ssize(all_named(said)) > limits::mentions_max)
        return fail(Error{ErrorCode::invalid, "too many persons are named", 0, "mentions"});
    return {};
}

Status check_entities(const Said& said) {
    if (said.entities.empty()) return {};
    TRY(check_entities_apart(said));
    const Points text(said.text);
    for (const Entity& entity : said.entities) {
        TRY(check_covered(text, entity));
        if (entity.url && !is_address(*entity.url))
            return invalid("a link leads to http, https or mailto, in the characters of RFC 3986");
        if (entity.language && entity.language->find('`') != std::string::npos)
            return invalid("a language has no backtick");
    }
    return {};
}

std::vector<AccountId> all_named(const Said& said) {
    std::vector<AccountId> named(said.mentions.begin(), said.mentions.end());
    for (const Entity& entity : said.entities)
        if (entity.account && std::ranges::find(named, *entity.account) == named.end())
            named.push_back(*entity.account);
    return named;
}

bool names_all(std::span<const Entity> entities) {
    return std::ranges::any_of(entities, [](const Entity& entity) {
        return entity.kind == EntityKind::everyone || entity.kind == EntityKind::here;
    });
}

std::vector<Entity> without_names(std::span<const Entity> entities) {
    std::vector<Entity> left;
    std::ranges::copy_if(entities, std::back_inserter(left),
                         [](const Entity& one) { return !names(one.kind); });
    return left;
}

std::vector<Entity> cut_entities(std::string_view text, std::span<const Entity> entities,
                                 std::int64_t points) {
    std::vector<Entity> left;
    if (entities.empty()) return left;
    const Points whole(text);
    points = std::min(points, static_cast<std::int64_t>(whole.points.size()));
    for (Entity entity : entities) {
        if (entity.offset >= points) break;
        std::int64_t seen_upto = std::min(end_of(entity), points);
        while (seen_upto > entity.offset && whole.is_blank(seen_upto - 1))
            --seen_upto;
        if (seen_upto == entity.offset) continue;
        if (end_of(entity) > points)
            entity.length = (may_have_blank_edges(entity.kind) ? points : seen_upto) - entity.offset;
        left.push_back(std::move(entity));
    }
    // Of two that go on behind the cut the longer one need not be the longer any more.
    std::ranges::sort(left, stands_before);
    return left;
}

}  // namespace parley::core::rules
