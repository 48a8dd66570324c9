// 18. Only who may make a change made it; every refusal leaves everything as it was.
//
// Of accounts: who signs devices out, who has which handle, who invites and comes in. A handle is its
// account's for ever, and nobody is found by another one (docs/decisions/0012).

#include "protocol/generated/cpp/limits.hpp"
#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/token_book.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

class AccountRights final : public Kept<AccountRights> {
  public:
    int number() const override { return 18; }

    void committed(Scene& scene, const server::Batch& batch) override {
        signed_out_by_somebody(scene, batch);
        for (const auto& effect : batch.effects) {
            if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
                named(scene, server::to_id(own->account), own->change);
            } else if (const auto* replied = std::get_if<server::Replied>(&effect)) {
                invited(scene, *replied);
            }
        }
        tokens_.committed(batch, scene.world().instant());
        came_in(scene);
    }

    void server_started(Scene& scene, const StoredRows& stored) override {
        tokens_.learn(stored, scene.world().instant());
        for (const StoredRow& row : stored.rows)
            named(scene, AccountId(row.stream.text()), row.change);
    }

    void server_heard(Scene&, Line& line, const protocol::Envelope& envelope) override {
        const auto* find = std::get_if<protocol::ProfileFind>(&envelope.payload);
        if (find == nullptr || !envelope.id) return;
        Question question{.names_changed = names_changed_, .handles = {}};
        for (const auto& handle : find->handles) {
            const auto keeper = keepers_.find(handle);
            if (keeper != keepers_.end() && names_.at(keeper->second) == handle)
                question.handles.push_back(handle);
        }
        questions_[{line.number(), *envelope.id}] = std::move(question);
    }

    void server_said(Scene& scene, Line& line, const SignedIn&, const protocol::Envelope& envelope) override {
        const auto* found = std::get_if<protocol::Profiles>(&envelope.payload);
        if (found == nullptr || !envelope.re) return;
        std::set<std::string> told;
        for (const auto& profile : found->profiles) {
            told.insert(profile.handle);
            const auto keeper = keepers_.find(profile.handle);
            if (keeper != keepers_.end() && keeper->second == profile.account) continue;
            wrong(scene, profile.handle + " was told to be " + profile.account.text() + ", who never was",
                  {line.device_name()});
        }
        const auto question = questions_.extract({line.number(), *envelope.re});
        // What was there when it was asked for, and still is, is found.
        if (!question || question.mapped().names_changed != names_changed_) return;
        for (const auto& handle : question.mapped().handles) {
            if (!told.contains(handle)) wrong(scene, handle + " was not found", {line.device_name()});
        }
    }

  private:
    /// A device is signed out by its person, on it or on another; nobody here steals tokens.
    void signed_out_by_somebody(Scene& scene, const server::Batch& batch) const {
        std::vector<server::DeviceRevoked> open;
        for (const auto& effect : batch.effects) {
            if (const auto* revoked = std::get_if<server::DeviceRevoked>(&effect)) open.push_back(*revoked);
            const auto* replied = std::get_if<server::Replied>(&effect);
            if (replied == nullptr) continue;
            for (const auto& revoked : open) {
                if (may_sign_out(scene, replied->origin, revoked)) continue;
                if (revoked.token_reused && makes_room(scene, *replied, revoked)) continue;
                const AccountId account = server::to_id(revoked.account);
                wrong(scene,
                      "device " + server::to_id(revoked.device).text() + " of " + account.text() +
                          " was signed out, and nobody had asked for it",
                      scene.devices_of(account));
            }
            open.clear();
        }
    }

    static bool may_sign_out(Scene& scene, const server::Origin& by, const server::DeviceRevoked& revoked) {
        if (by.account != revoked.account) return false;
        const DeviceId device_out = server::to_id(revoked.device);
        // Where the answer to a sign-in found nobody any more the server takes its tokens back itself.
        const bool undone = !by.command && !scene.came_online(device_out);
        if (by.device == revoked.device && (undone || scene.asked_out(device_out))) return true;
        const Given* given = by.command ? given_by(scene, server::to_id(by.account), *by.command) : nullptr;
        const auto* revoke =
            given == nullptr ? nullptr : std::get_if<protocol::DeviceRevoke>(&given->command);
        return revoke != nullptr && revoke->device == device_out;
    }

    /// Somebody with as many devices as he may have signs in on one more: those go of which nobody has heard
    /// for as long as their tokens live, or one whose tokens nobody ever used.
    bool makes_room(Scene& scene, const server::Replied& replied,
                    const server::DeviceRevoked& revoked) const {
        const auto* signed_in =
            replied.answer ? std::get_if<server::SignedIn>(&replied.answer->payload) : nullptr;
        if (signed_in == nullptr || signed_in->account != revoked.account) return false;
        const auto* tokens = tokens_.find(server::to_id(revoked.device));
        if (tokens == nullptr) return true;
        if (tokens_.count(tokens->account) < limits::devices_max) return false;
        const Duration unused = replied.answer->timestamp - tokens->renewed_at;
        return unused > milliseconds(limits::refresh_token_ms) ||
               (tokens->number == 1 && unused > scene.options().access_token_life);
    }

    void named(Scene& scene, const AccountId& account, const protocol::Change& change) {
        const auto* changed = std::get_if<protocol::ProfileChanged>(&change.payload);
        if (changed == nullptr) return;
        const std::string& handle = changed->profile.handle;
        auto& name = names_[account];
        if (name != handle) ++names_changed_;
        name = handle;
        if (changed->role == protocol::AccountRole::administrator) administrators_.insert(account);
        const auto [keeper, fresh] = keepers_.try_emplace(handle, account);
        if (keeper->second != account) {
            wrong(scene, account.text() + " has the handle " + handle + " of " + keeper->second.text(),
                  scene.devices_of(account));
        }
        for (const auto& person : scene.people()) {
            if (person->account != account || std::ranges::count(person->handles, handle) > 0) continue;
            wrong(scene, account.text() + " has the handle " + handle + ", and did not wish to",
                  scene.devices_of(account));
        }
    }

    void invited(Scene& scene, const server::Replied& replied) {
        const auto* made = replied.answer ? std::get_if<protocol::Invite>(&replied.answer->payload) : nullptr;
        if (made == nullptr) return;
        std::int64_t uses = 1;
        if (replied.origin.account) {
            const AccountId account = server::to_id(replied.origin.account);
            if (!scene.options().everyone_invites && !administrators_.contains(account)) {
                wrong(scene, account.text() + " made an invite and may not", scene.devices_of(account));
            }
            const Given* given = given_by(scene, account, *replied.origin.command);
            const auto* asked =
                given == nullptr ? nullptr : std::get_if<protocol::InviteCreate>(&given->command);
            if (asked != nullptr) uses = asked->uses.value_or(1);
        }
        invites_[made->code] = uses;
    }

    /// No more than were invited.
    void came_in(Scene& scene) const {
        if (!scene.options().by_invite) return;
        std::size_t uses = 0;
        for (const auto& [code, times] : invites_)
            uses += static_cast<std::size_t>(times);
        if (names_.size() > uses)
            wrong(scene,
                  std::to_string(names_.size()) + " have registered with invites for " + std::to_string(uses),
                  {});
    }

    static void wrong(Scene& scene, std::string what, std::vector<std::string> devices) {
        scene.violated({18, std::move(what), {}, std::move(devices)});
    }

    struct Question {
        std::int64_t names_changed = 0;
        std::vector<std::string> handles;
    };

    TokenBook tokens_;
    /// Present handles, and whose each one is that anybody ever had.
    std::map<AccountId, std::string> names_;
    std::map<std::string, AccountId> keepers_;
    std::int64_t names_changed_ = 0;
    std::set<AccountId> administrators_;
    /// Codes, and for how many registrations each is good.
    std::map<std::string, std::int64_t> invites_;
    std::map<std::pair<std::uint64_t, Uuid>, Question> questions_;
};

}  // namespace

std::unique_ptr<Promise> account_rights() {
    return std::make_unique<AccountRights>();
}

}  // namespace parley::sim
