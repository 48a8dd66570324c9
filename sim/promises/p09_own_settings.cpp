// 9. What a person has set for himself is the same on all his devices, and what the server has; the later
//    commit wins.
//
// What comes of each command is promise 18. Here each device is held against what the last of them left.

#include "sim/promises/all.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace parley::sim {

namespace {

/// Nearer to its end than this nobody can say whether a mute holds: what the server says of its clock is some
/// time on the way.
constexpr Duration doubt = seconds(300);

class OwnSettingsAgree final : public Kept<OwnSettingsAgree> {
  public:
    int number() const override { return 9; }

    /// What the server's clock showed when a device heard of it last: as it connected.
    void server_greeted(Scene& scene, const Line& line) override {
        greeted_.insert_or_assign(line.number(), Told{scene.server().now().wall, scene.world().instant()});
    }

    /// It goes by what the connection on which it is signed in began with.
    void server_said(Scene&, Line& line, const SignedIn&, const protocol::Envelope& envelope) override {
        if (!std::holds_alternative<protocol::AuthOk>(envelope.payload)) return;
        const auto greeted = greeted_.extract(line.number());
        if (greeted) told_.insert_or_assign(line.device_name(), greeted.mapped());
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const StreamHistory* own = scene.history().find(StreamId{device.node->client().account()->text()});
        if (own == nullptr) return;
        for (const Showing& showing : all) {
            if (showing.view.pending || scene.history().find(showing.view.stream) == nullptr) continue;
            preferences_fit(scene, device, showing.view, own->preferences_in(showing.view.stream));
            draft_fits(scene, device, showing.view, own->draft_in(showing.view.stream));
        }
    }

  private:
    void preferences_fit(Scene& scene, const Device& device, const core::ConversationView& view,
                         const protocol::PreferencesChanged* set) const {
        const protocol::PreferencesChanged expected =
            set != nullptr ? *set : protocol::PreferencesChanged{.notify = protocol::Notify::all};
        const bool fits = view.archived == expected.archived && view.pinned == (expected.pinned != 0) &&
                          view.marked_unread == expected.marked_unread && view.notify == expected.notify;
        if (!fits) wrong(scene, device, view.stream, "other preferences than its person has set");
        if (!expected.muted_until) {
            if (view.muted) wrong(scene, device, view.stream, "as muted what is not");
            return;
        }
        const auto told = told_.find(device.node->name());
        if (told == told_.end()) return;
        const WallTime now = told->second.time + (scene.world().instant() - told->second.at);
        const WallTime until = *expected.muted_until;
        const bool certain = until > now + doubt || until < now - doubt;
        if (certain && view.muted != (now < until))
            wrong(scene, device, view.stream,
                  view.muted ? "as muted what is not any more" : "as not muted what is");
    }

    static void draft_fits(Scene& scene, const Device& device, const core::ConversationView& view,
                           const protocol::DraftChanged* draft) {
        const bool none = draft == nullptr || draft->text.empty();
        const bool fits =
            none ? !view.draft
                 : view.draft && view.draft->text == draft->text && view.draft->reply_to == draft->reply_to;
        if (!fits) wrong(scene, device, view.stream, "another draft than its person has written last");
    }

    static void wrong(Scene& scene, const Device& device, const StreamId& stream, const std::string& what) {
        scene.violated({9,
                        device.node->name() + " shows " + what + " in " + stream.text(),
                        {stream, StreamId{device.person->account->text()}},
                        {device.node->name()}});
    }

    struct Told {
        WallTime time;
        Instant at;
    };
    /// By connection: not signed in yet.
    std::map<std::uint64_t, Told> greeted_;
    std::map<std::string, Told> told_;
};

}  // namespace

std::unique_ptr<Promise> own_settings_agree() {
    return std::make_unique<OwnSettingsAgree>();
}

}  // namespace parley::sim
