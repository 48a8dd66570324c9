#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

namespace parley::sim {

namespace {

/// Another name, another handle, or both.
bool perform_http_profile(Scene& scene, Device& device) {
    Person& person = *device.person;
    const std::string number = std::to_string(scene.world().next_number());
    const auto what = scene.world().random().below(4);
    protocol::ProfileSet set;
    std::string body;
    if (what != 0) {
        set.name = person.handle + " by HTTP " + number;
        body = R"("name":")" + *set.name + '"';
    }
    if (what <= 1) {
        set.handle = person.handle + ".h" + number;
        body += (body.empty() ? R"("handle":")" : R"(,"handle":")") + *set.handle + '"';
        scene.wished(person, *set.handle);
    }
    run_errand(scene, device, new_errand_id(scene),
               {.method = "PATCH", .path = "/v1/profile", .body = '{' + body + '}', .means = set});
    return true;
}

}  // namespace

extern const Act http_profile;
const Act http_profile{.name = "change the profile by HTTP", .weight = 1, .perform = perform_http_profile};

}  // namespace parley::sim
