// 33. On a full disk new messages are refused with a clear code and stay in the clients' outboxes; reading
// and deleting go on; service recovers without a restart.
//
// That they stay in the outboxes is a part of promise 6, that service recovers of the world's coming to rest.
// Deleting, reading and signing out write a little: a reserve is kept for them, so that they may be refused
// only where the disk has no room for that either, and the reserve is gone.

#include "sim/promises/all.hpp"
#include "sim/streams_of.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

/// Which writes nothing that could find no room.
bool is_reading(protocol::Type type) {
    switch (type) {
        case protocol::Type::auth:
        case protocol::Type::resume:
        case protocol::Type::changes:
        case protocol::Type::page:
        case protocol::Type::rows:
        case protocol::Type::subscribe:
        case protocol::Type::profile_find:
        case protocol::Type::message_history:
        case protocol::Type::link_list:
        case protocol::Type::link_look:
            return true;
        default:
            return false;
    }
}

/// A text stands there that this takes away. Where it does not say by its number in which conversation,
/// nobody knows.
bool empties_a_draft(Scene& scene, const Line& line, const protocol::DraftSet& draft) {
    if (!draft.text.empty() || !draft.target.stream) return false;
    const Device* device = scene.device_named(line.device_name());
    if (device == nullptr || !device->person->account) return false;
    const StreamHistory* own = scene.history().find(StreamId{device->person->account->text()});
    const auto* stands = own == nullptr ? nullptr : own->draft_in(*draft.target.stream);
    return stands != nullptr && !stands->text.empty();
}

/// What goes on where new messages find no room: it needs less than it gives back, or next to nothing.
bool is_spared(Scene& scene, const Line& line, const protocol::Payload& payload) {
    const auto* draft = std::get_if<protocol::DraftSet>(&payload);
    return std::holds_alternative<protocol::MessageDelete>(payload) ||
           std::holds_alternative<protocol::Read>(payload) ||
           std::holds_alternative<protocol::DeviceRevoke>(payload) ||
           (draft != nullptr && empties_a_draft(scene, line, *draft));
}

class FullDiskIsSaid final : public Kept<FullDiskIsSaid> {
  public:
    int number() const override { return 33; }

    void commit_refused(Scene& scene, const Error& error) override {
        if (error.code != ErrorCode::disk_full || !scene.server().disk().find("data/ballast")) return;
        scene.violated(
            {33, "the server's disk has no room for a commit, and its ballast is still there", {}, {}});
    }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        const bool reads = is_reading(envelope.type());
        if (!envelope.id || (!reads && !is_spared(scene, line, envelope.payload))) return;
        const auto* draft = std::get_if<protocol::DraftSet>(&envelope.payload);
        asked_[line.number()].insert_or_assign(
            *envelope.id, Asked{.type = envelope.type(),
                                .streams = streams_of(envelope),
                                .reads = reads,
                                .refused_writes = refused_writes(scene),
                                .draft = draft == nullptr ? std::nullopt : std::optional(*draft)});
    }

    void server_said(Scene& scene, Line& line, const SignedIn&, const protocol::Envelope& envelope) override {
        const auto asked = taken(line, envelope);
        const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload);
        if (error == nullptr) return;
        // Another device was quicker to take it away.
        if (asked && asked->draft && !empties_a_draft(scene, line, *asked->draft)) return;
        const std::string name(asked ? protocol::name_of(asked->type) : "a command");
        const auto streams = asked ? asked->streams : streams_of_command(scene, line, envelope);
        if (error->code == ErrorCode::internal) {
            scene.violated({33,
                            "the server said `internal` to " + name + ": " + error->message,
                            streams,
                            {line.device_name()}});
        } else if (asked && error->code == ErrorCode::disk_full &&
                   (asked->reads || asked->refused_writes == refused_writes(scene))) {
            scene.violated({33,
                            "the server refused " + name +
                                (asked->reads ? ", which only reads, since its disk is full"
                                              : ", which a full disk must not stop, and had tried no write"),
                            streams,
                            {line.device_name()}});
        }
    }

  private:
    struct Asked {
        protocol::Type type{};
        std::vector<StreamId> streams;
        bool reads = false;
        /// As many as there had been when it came.
        std::int64_t refused_writes = 0;
        std::optional<protocol::DraftSet> draft;
    };

    /// How often the server's disk had no room for what was written.
    static std::int64_t refused_writes(Scene& scene) { return scene.server().disk().counts().full; }

    /// The question that this answers.
    std::optional<Asked> taken(const Line& line, const protocol::Envelope& envelope) {
        const auto of_wire = asked_.find(line.number());
        if (of_wire == asked_.end() || !envelope.re) return std::nullopt;
        auto question = of_wire->second.extract(*envelope.re);
        if (!question) return std::nullopt;
        return std::move(question.mapped());
    }

    static std::vector<StreamId> streams_of_command(Scene& scene, const Line& line,
                                                    const protocol::Envelope& envelope) {
        Device* device = scene.device_named(line.device_name());
        const Given* given = device == nullptr || !envelope.re ? nullptr : device->ledger.find(*envelope.re);
        return given == nullptr ? streams_of(envelope) : streams_of(given->command);
    }

    /// By connection: questions that have no answer yet.
    std::map<std::uint64_t, std::map<Uuid, Asked>> asked_;
};

}  // namespace

std::unique_ptr<Promise> full_disk_is_said() {
    return std::make_unique<FullDiskIsSaid>();
}

}  // namespace parley::sim
