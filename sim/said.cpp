#include "sim/said.hpp"

#include "base/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace parley::sim {

namespace {

using protocol::Entity;
using protocol::EntityKind;

std::int64_t length_of(const std::string& text) {
    return static_cast<std::int64_t>(count_code_points(text).value_or(0));
}

}  // namespace

std::vector<Entity> some_entities(Random& random, const std::string& text,
                                  const std::vector<AccountId>& people) {
    const std::int64_t length = length_of(text);
    if (length == 0 || random.below(3) != 0) return {};
    std::vector<Entity> made;
    // All of it is bold, or a quotation; what follows lies in that.
    if (random.below(2) == 0)
        made.push_back(
            {.kind = random.below(2) == 0 ? EntityKind::bold : EntityKind::quote, .length = length});
    Entity inner{.kind = EntityKind::spoiler, .length = length};
    switch (random.below(6)) {
        case 0:
            inner.kind = EntityKind::everyone;
            break;
        case 1:
            inner.kind = EntityKind::here;
            break;
        case 2:
        case 3:
            if (people.empty()) break;
            inner.kind = EntityKind::mention;
            inner.account = random.pick(people);
            break;
        case 4:
            inner.kind = EntityKind::link;
            inner.url = "https://example.org/" + std::to_string(random.below(1000));
            break;
        default:
            break;
    }
    made.push_back(std::move(inner));
    return made;
}

std::string body_of(const std::vector<Entity>& entities) {
    std::string list;
    for (const Entity& one : entities) {
        list += list.empty() ? R"(,"entities":[)" : ",";
        list += R"({"kind":")" + std::string(name_of(one.kind)) + R"(","offset":)" +
                std::to_string(one.offset) + R"(,"length":)" + std::to_string(one.length);
        if (one.account) list += R"(,"account":")" + one.account->text() + '"';
        if (one.url) list += R"(,"url":")" + *one.url + '"';
        list += '}';
    }
    return list.empty() ? list : list + ']';
}

std::vector<Entity> broken_entities(Random& random, const std::string& text) {
    const std::int64_t length = length_of(text);
    Entity one{.kind = EntityKind::bold, .length = length};
    switch (random.below(4)) {
        case 0:
            one.length = length + 1;
            return {one};
        case 1:
            one.kind = EntityKind::link;
            one.url = "javascript:alert(1)";
            return {one};
        case 2:
            one.kind = EntityKind::mention;
            return {one};
        default:
            return {one, one};
    }
}

bool are_broken(const std::vector<Entity>& entities, const std::string& text) {
    if (entities.size() == 2 && entities[0] == entities[1]) return true;
    return std::ranges::any_of(entities, [&](const Entity& one) {
        const bool beyond = one.offset + one.length > length_of(text);
        const bool nobody = one.kind == EntityKind::mention && !one.account;
        return beyond || nobody || (one.url && !one.url->starts_with("https://"));
    });
}

protocol::Custom some_custom(Random& random, const std::string& text) {
    static constexpr std::array kinds = {"org.example.poll", "com.example.chess-move", "net.example.x.y_1"};
    protocol::Custom made{.kind = kinds[static_cast<std::size_t>(random.below(kinds.size()))], .data = {}};
    switch (random.below(4)) {
        case 0:
            made.data = "1.50";
            break;
        case 1:
            made.data = R"([ 1e3, -0.0, 12345678901234567890, {"z":1,"a":2,"z":3} ])";
            break;
        default:
            // Texts of this world hold nothing that would have to be escaped.
            made.data = R"({"said": ")" + text + R"(", "n": 2.500})";
            break;
    }
    return made;
}

std::string body_of(const std::optional<protocol::Custom>& custom) {
    if (!custom) return {};
    std::string data;
    for (const char c : custom->data) {
        if (c == '"' || c == '\\') data += '\\';
        data += c;
    }
    return R"(,"custom":{"kind":")" + custom->kind + R"(","data":")" + data + R"("})";
}

protocol::Custom broken_custom(Random& random, const std::string& text) {
    auto made = some_custom(random, text);
    switch (random.below(3)) {
        case 0:
            made.data += ',';
            break;
        case 1:
            made.data = "{said: 1}";
            break;
        default:
            made.kind = "poll";
            break;
    }
    return made;
}

bool is_broken(const std::optional<protocol::Custom>& custom) {
    return custom && (custom->data.ends_with(',') || custom->data == "{said: 1}" || custom->kind == "poll");
}

std::vector<Entity> entities_without_names(const std::vector<Entity>& entities) {
    std::vector<Entity> left;
    for (const Entity& one : entities) {
        const bool names = one.kind == EntityKind::mention || one.kind == EntityKind::everyone ||
                           one.kind == EntityKind::here;
        if (!names) left.push_back(one);
    }
    return left;
}

}  // namespace parley::sim
