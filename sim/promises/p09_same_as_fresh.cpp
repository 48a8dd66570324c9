// 9. Resuming from any token or cursor ever issued ends in the same state as starting fresh.
//
// What a fresh device would come to hold is worked out from the history; each device is held against that,
// row by row, whatever tokens it has gone through.

#include "sim/local_reader.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <string>

namespace parley::sim {

namespace {

class SameAsFresh final : public Kept<SameAsFresh> {
  public:
    int number() const override { return 9; }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>&) override {
        const auto held = device.node->held().streams();
        if (!held) return wrong(scene, device, {}, "has a database that cannot be read");
        const AccountId account = *device.node->client().account();
        for (const auto& [stream, history] : scene.history().streams()) {
            const bool own = stream.text() == account.text();
            const Membership* member = scene.history().membership(stream, account);
            const bool open = own || (history.conversation && member != nullptr && member->present);
            if (!open) continue;
            const auto found = held->find(stream);
            if (found == held->end()) {
                wrong(scene, device, stream, "holds nothing of it");
                continue;
            }
            rows_are_latest(scene, device, history, found->second);
            nothing_lacks(scene, device, history, found->second, own ? std::nullopt : std::optional(account));
            if (own) continue;
            const std::int64_t read = scene.history().read(account, stream);
            // Joining is reading up to there, whether that was told or not.
            if (std::max(found->second.read, member->joined) != read) {
                wrong(scene, device, stream,
                      "has read up to " + std::to_string(found->second.read) + ", the server's position is " +
                          std::to_string(read));
            }
        }
    }

  private:
    static void rows_are_latest(Scene& scene, const Device& device, const StreamHistory& history,
                                const HeldStream& held) {
        for (const auto& [born, seq] : held.rows) {
            const auto latest = history.latest.find(born);
            if (latest != history.latest.end() && latest->second == seq) continue;
            wrong(scene, device, history.id,
                  "holds the row born " + std::to_string(born) + " as of " + std::to_string(seq));
        }
    }

    /// Every row that a fresh device is told: those of no message all, messages where one sees them. `reader`
    /// is absent for the account's own stream.
    static void nothing_lacks(Scene& scene, const Device& device, const StreamHistory& history,
                              const HeldStream& held, const std::optional<AccountId>& reader) {
        for (const auto& [born, seq] : history.latest) {
            if (held.rows.contains(born)) continue;
            const protocol::Change& row = history.changes.at(seq);
            if (reader && !scene.history().sees(history.id, *reader, row)) continue;
            const auto* reaction = std::get_if<protocol::ReactionChanged>(&row.payload);
            // What was taken back before it came is not told.
            if (reaction != nullptr && !reaction->emoji) continue;
            const auto* pin = std::get_if<protocol::PinChanged>(&row.payload);
            if (pin != nullptr && pin->removed) continue;
            wrong(scene, device, history.id, "lacks the row born " + std::to_string(born));
        }
    }

    static void wrong(Scene& scene, const Device& device, const StreamId& stream, const std::string& what) {
        scene.violated(
            {9, device.node->name() + " in " + stream.text() + " " + what, {stream}, {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> same_as_fresh() {
    return std::make_unique<SameAsFresh>();
}

}  // namespace parley::sim
