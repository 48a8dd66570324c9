#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

namespace parley::sim {

namespace {

Errand page(const StreamId& stream, std::int64_t born, std::uint64_t where, std::int64_t limit) {
    protocol::Page page{.stream = stream, .limit = limit};
    std::string query;
    if (where == 0) {
        page.before = born;
        query = "before=";
    } else if (where == 1) {
        page.after = born;
        query = "after=";
    } else {
        page.around = born;
        query = "around=";
    }
    return {.method = "GET",
            .path = "/v1/conversations/" + stream.text() + "/messages?" + query + std::to_string(born) +
                    "&limit=" + std::to_string(limit),
            .means = page};
}

Errand find(const std::vector<AccountId>& people, const Person& person) {
    protocol::ProfileFind find{.handles = {person.handles.back()}};
    std::string body = R"({"handles":[")" + find.handles.front() + "\"]";
    if (!people.empty()) {
        find.accounts = {people.front()};
        body += R"(,"accounts":[")" + find.accounts.front().text() + "\"]";
    }
    return {.method = "POST", .path = "/v1/profiles", .body = body + '}', .means = find};
}

/// Fetches the list of conversations, a page of messages, what has changed, the members, the settings, or
/// somebody's profile.
bool perform_http_look(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return false;
    const StreamId stream = pick_lively(scene, views).stream;
    const std::string path = "/v1/conversations/" + stream.text();
    const auto what = random.below(8);
    const std::int64_t limit = random.between(1, 30);
    const std::int64_t from = random.below(2) == 0 ? 0 : random.between(0, 40);
    Errand errand;
    if (what <= 1) {
        errand = page(stream, from, random.below(3), limit);
    } else if (what == 2) {
        errand = {.method = "GET",
                  .path = path + "/changes?after=" + std::to_string(from) + "&limit=" + std::to_string(limit),
                  .means = protocol::Changes{.stream = stream, .after = from, .limit = limit}};
    } else if (what == 3) {
        errand = {.method = "GET",
                  .path = path + "/members?limit=" + std::to_string(limit),
                  .means = protocol::Rows{
                      .stream = stream, .kind = protocol::RowKind::member, .after = 0, .limit = limit}};
    } else if (what == 4) {
        errand = {.method = "GET",
                  .path = path + "/settings",
                  .means = protocol::Rows{.stream = stream, .kind = protocol::RowKind::settings}};
    } else if (what <= 6) {
        errand = {.method = "GET", .path = "/v1/conversations", .tells = Tells::conversations};
    } else {
        errand = find(others(scene, device), *random.pick(scene.people()));
    }
    run_errand(scene, device, new_errand_id(scene), std::move(errand));
    return true;
}

}  // namespace

extern const Act http_look;
const Act http_look{.name = "look around by HTTP", .weight = 4, .perform = perform_http_look};

}  // namespace parley::sim
