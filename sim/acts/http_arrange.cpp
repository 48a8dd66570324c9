#include "sim/acts/act.hpp"
#include "sim/errand.hpp"

#include <utility>

namespace parley::sim {

namespace {

using protocol::Role;

std::string list_of(const std::vector<AccountId>& accounts) {
    std::string text;
    for (const AccountId& one : accounts)
        text += (text.empty() ? "\"" : ",\"") + one.text() + '"';
    return '[' + text + ']';
}

std::string new_title(Scene& scene) {
    return "by HTTP " + std::to_string(scene.world().next_number());
}

Errand create(Scene& scene, const std::vector<AccountId>& people) {
    protocol::ConversationCreate create{.title = new_title(scene)};
    for (const AccountId& one : people)
        if (scene.world().random().below(2) == 0) create.members.push_back(one);
    return {.method = "POST",
            .path = "/v1/conversations",
            .body = R"({"title":")" + create.title + R"(","members":)" + list_of(create.members) + '}',
            .means = create};
}

/// What is done to this group: another title, somebody comes or goes, the person himself goes, or who may do
/// what.
Errand change(Scene& scene, const StreamId& stream, const std::vector<AccountId>& people) {
    Random& random = scene.world().random();
    const std::string path = "/v1/conversations/" + stream.text();
    const protocol::Target target{.stream = stream};
    const auto what = random.below(11);
    if (what == 0)
        return {.method = "POST",
                .path = path + "/leave",
                .means = protocol::ConversationLeave{.target = target}};
    if (what <= 2 || people.empty()) {
        const protocol::ConversationRename rename{.target = target, .title = new_title(scene)};
        return {
            .method = "PATCH", .path = path, .body = R"({"title":")" + rename.title + "\"}", .means = rename};
    }
    if (what <= 5) {
        const protocol::MemberAdd add{.target = target, .accounts = {random.pick(people)}};
        return {.method = "POST",
                .path = path + "/members",
                .body = R"({"accounts":)" + list_of(add.accounts) + '}',
                .means = add};
    }
    if (what == 8) {
        const protocol::MemberRole give{.target = target,
                                        .account = random.pick(people),
                                        .role = random.below(2) == 0 ? Role::admin : Role::guest};
        return {.method = "PATCH",
                .path = path + "/members/" + give.account.text(),
                .body = R"({"role":")" + std::string(name_of(give.role)) + "\"}",
                .means = give};
    }
    if (what == 9) {
        const protocol::ConversationPermissions set{.target = target,
                                                    .permissions = {.rename = Role::member}};
        return {.method = "PATCH",
                .path = path + "/permissions",
                .body = R"({"permissions":{"rename":"member"}})",
                .means = set};
    }
    if (what == 10) {
        const protocol::OwnershipTransfer transfer{.target = target, .account = random.pick(people)};
        return {.method = "POST",
                .path = path + "/transfer",
                .body = R"({"account":")" + transfer.account.text() + "\"}",
                .means = transfer};
    }
    const protocol::MemberRemove remove{.target = target, .account = random.pick(people)};
    return {.method = "DELETE", .path = path + "/members/" + remove.account.text(), .means = remove};
}

/// A group is made, or one is changed.
bool perform_http_arrange(Scene& scene, Device& device) {
    const auto people = others(scene, device);
    const auto groups = conversations_of(scene, device, true);
    const bool fresh = groups.empty() || scene.world().random().below(4) == 0;
    Errand errand = fresh ? create(scene, people) : change(scene, pick_lively(scene, groups).stream, people);
    run_errand(scene, device, new_errand_id(scene), std::move(errand));
    return true;
}

}  // namespace

extern const Act http_arrange;
const Act http_arrange{.name = "arrange groups by HTTP", .weight = 3, .perform = perform_http_arrange};

}  // namespace parley::sim
