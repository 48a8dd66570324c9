#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

namespace parley::sim {

namespace {

/// Codes go from hand to hand; now and then one that nobody made.
std::optional<std::string> code_for(Scene& scene, const Device& device) {
    if (scene.world().random().below(12) == 0) return "guessed" + std::to_string(scene.world().next_number());
    return scene.some_code(*device.person->account);
}

/// Where nobody has a code yet, or now and then anyway, somebody makes one.
bool perform_join_by_link(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    auto code = device.person->account ? code_for(scene, device) : std::nullopt;
    if (!code || random.below(4) == 0) {
        const auto views = conversations_of(scene, device, true);
        if (views.empty()) return false;
        protocol::LinkCreate create;
        create.target.stream = pick_of_rank(scene, views).stream;
        if (random.below(2) == 0) create.uses = 1;
        if (random.below(3) == 0) create.role = protocol::Role::guest;
        if (random.below(4) == 0) create.lasts_ms = limits::link_lasts_ms_min;
        return scene.give(device, std::move(create)).has_value();
    }
    if (random.below(4) == 0)
        return scene.give(device, protocol::LinkLook{.code = std::move(*code)}).has_value();
    return scene.give(device, protocol::LinkJoin{.code = std::move(*code)}).has_value();
}

bool perform_http_join(Scene& scene, Device& device) {
    Random& random = scene.world().random();
    if (!device.person->account) return false;
    const auto code = code_for(scene, device);
    const auto views = conversations_of(scene, device, true);
    const bool looks = random.below(3) == 0;
    if (code && random.below(2) == 0) {
        Errand errand{.method = "POST",
                      .path = looks ? "/v1/links/look" : "/v1/links/join",
                      .body = R"({"code":")" + *code + "\"}",
                      .means = protocol::LinkJoin{.code = *code}};
        if (looks) errand.means = protocol::LinkLook{.code = *code};
        run_errand(scene, device, new_errand_id(scene), std::move(errand));
        return true;
    }
    if (views.empty()) return false;
    const StreamId stream = pick_of_rank(scene, views).stream;
    const std::string path = "/v1/conversations/" + stream.text() + "/links";
    if (looks) {
        run_errand(scene, device, new_errand_id(scene),
                   {.method = "GET", .path = path, .means = protocol::LinkList{.stream = stream}});
        return true;
    }
    const auto link = scene.some_link(stream);
    if (link && random.below(3) == 0) {
        run_errand(scene, device, new_errand_id(scene),
                   {.method = "DELETE",
                    .path = path + "/" + link->text(),
                    .means = protocol::LinkRevoke{.target = {.stream = stream}, .link = *link}});
        return true;
    }
    run_errand(scene, device, new_errand_id(scene),
               {.method = "POST",
                .path = path,
                .body = R"({"uses":2})",
                .means = protocol::LinkCreate{.target = {.stream = stream}, .uses = 2}});
    return true;
}

}  // namespace

extern const Act join_by_link;
const Act join_by_link{.name = "join by an invite link", .weight = 10, .perform = perform_join_by_link};

extern const Act http_join;
const Act http_join{.name = "use invite links by HTTP", .weight = 2, .perform = perform_http_join};

}  // namespace parley::sim
