#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

namespace parley::sim {

namespace {

/// What this device holds, a program may say that it has.
std::optional<Errand> ack(Device& device, const StreamId& stream) {
    const auto window = device.node->client().window(stream, {.limit = 1});
    if (!window || window->messages.empty()) return std::nullopt;
    const auto& newest = window->messages.back();
    if (newest.born == 0 || newest.not_on_server) return std::nullopt;
    return Errand{.method = "POST",
                  .path = "/v1/ack",
                  .body = R"({"streams":[{"stream":")" + stream.text() + R"(","seq":)" +
                          std::to_string(newest.born) + "}]}",
                  .means = protocol::Ack{.streams = {{.stream = stream, .seq = newest.born}}},
                  .tells = Tells::nothing};
}

Errand make_invite(Scene& scene) {
    protocol::InviteCreate create;
    std::string body = "{}";
    if (scene.world().random().below(2) == 0) {
        create.uses = scene.world().random().between(1, 3);
        body = R"({"uses":)" + std::to_string(*create.uses) + '}';
    }
    return {.method = "POST", .path = "/v1/invites", .body = body, .means = create};
}

/// Signs one of the others of this person out.
std::optional<Errand> revoke(Scene& scene, Device& device) {
    const auto devices = device.node->client().devices();
    if (!devices) return std::nullopt;
    for (const auto& other : *devices) {
        if (other.own || scene.world().random().below(2) == 0) continue;
        return Errand{.method = "DELETE",
                      .path = "/v1/devices/" + other.device.text(),
                      .means = protocol::DeviceRevoke{.device = other.device}};
    }
    return std::nullopt;
}

std::optional<Errand> ack_some(Scene& scene, Device& device) {
    const auto views = conversations_of(scene, device, false);
    if (views.empty()) return std::nullopt;
    return ack(device, pick_lively(scene, views).stream);
}

std::optional<Errand> some_errand(Scene& scene, Device& device) {
    switch (scene.world().random().below(8)) {
        case 0:
        case 1:
            return Errand{.method = "GET", .path = "/v1/devices", .tells = Tells::devices};
        case 2:
        case 3:
            return Errand{.method = "GET", .path = "/v1/profile", .tells = Tells::profile};
        case 4:
            return make_invite(scene);
        case 5:
            return revoke(scene, device);
        default:
            return ack_some(scene, device);
    }
}

/// What a person has, what has reached him, and who else may come.
bool perform_http_own(Scene& scene, Device& device) {
    auto errand = some_errand(scene, device);
    if (!errand) return false;
    run_errand(scene, device, new_errand_id(scene), std::move(*errand));
    return true;
}

}  // namespace

extern const Act http_own;
const Act http_own{.name = "see to own things by HTTP", .weight = 3, .perform = perform_http_own};

}  // namespace parley::sim
