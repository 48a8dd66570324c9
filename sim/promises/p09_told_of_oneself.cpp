// 9. Own devices and the own profile: what programs are told of them by HTTP is what stood there.
//
// What was changed while the question was under way may be told as it was before, or after.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>

namespace parley::sim {

namespace {

class ToldOfOneself final : public Kept<ToldOfOneself> {
  public:
    int number() const override { return 9; }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            const auto* own = std::get_if<server::AccountChange>(&effect);
            if (own != nullptr)
                changed_[{server::to_id(own->account), own->change.born}] = scene.world().instant();
        }
    }

    /// What it had committed and not told comes from its disk.
    void server_started(Scene& scene, const StoredRows&) override { known_since_ = scene.world().instant(); }
    void epoch_begun(Scene& scene, const StoredRows&) override { known_since_ = scene.world().instant(); }

    void told_of_oneself(Scene& scene, const Line& line, const SignedIn& who, Instant asked,
                         const OwnAnswer& answer) override {
        const StreamHistory* own = scene.history().find(StreamId{who.account.text()});
        if (own == nullptr || asked <= known_since_) return;
        const auto wrong = [&](const std::string& what) {
            scene.violated(
                {9, "by HTTP " + who.account.text() + " was told " + what, {own->id}, {line.device_name()}});
        };
        if (const auto* list = std::get_if<protocol::DeviceList>(&answer)) {
            devices_fit(*own, who.account, asked, *list, wrong);
            return;
        }
        // A restore makes what it says as new as can be, and the row stays as it was.
        auto told = std::get<protocol::ProfileChanged>(answer);
        each<protocol::ProfileChanged>(*own, who.account, asked, [&](const auto& stands) {
            if (told.profile.as_of < stands.profile.as_of) wrong("that his profile is older than it is");
            told.profile.as_of = stands.profile.as_of;
            if (told != stands) wrong("another profile than stands");
        });
    }

  private:
    /// Rows of this kind that have not changed since.
    template <class Row, class Look>
    void each(const StreamHistory& own, const AccountId& account, Instant since, Look look) const {
        for (const auto& [born, seq] : own.latest) {
            const auto* change = own.row(born);
            const auto* row = change == nullptr ? nullptr : std::get_if<Row>(&change->payload);
            const auto moved = changed_.find({account, born});
            if (row != nullptr && (moved == changed_.end() || moved->second < since)) look(*row);
        }
    }

    template <class Wrong>
    void devices_fit(const StreamHistory& own, const AccountId& account, Instant asked,
                     const protocol::DeviceList& list, Wrong wrong) const {
        each<protocol::DeviceChanged>(own, account, asked, [&](const protocol::DeviceChanged& stands) {
            const auto told =
                std::ranges::find(list.devices, stands.device, &protocol::DeviceChanged::device);
            const bool is_told = told != list.devices.end();
            if (is_told != stands.present || (is_told && *told != stands))
                wrong((is_told ? "otherwise of" : "nothing of") + (" the device " + stands.device.text()));
        });
        for (const auto& told : list.devices) {
            const bool known = std::ranges::any_of(own.changes, [&](const auto& change) {
                const auto* row = std::get_if<protocol::DeviceChanged>(&change.second.payload);
                return row != nullptr && row->device == told.device;
            });
            if (!known) wrong("of the device " + told.device.text() + ", which is none of his");
        }
    }

    /// When a row of an account's stream became what it is, by account and `born`.
    std::map<std::pair<AccountId, std::int64_t>, Instant> changed_;
    Instant known_since_;
};

}  // namespace

std::unique_ptr<Promise> told_of_oneself() {
    return std::make_unique<ToldOfOneself>();
}

}  // namespace parley::sim
