// 8. Deleted content is never shown again, and at the end its bytes are gone from the store and from every
//    device of a present member.

#include "server/store/backup.hpp"
#include "sim/local_reader.hpp"
#include "sim/memory_disk.hpp"
#include "sim/promises/all.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

/// Each text of this world has a number of its own (new_text): behind the first where it begins, and behind
/// the second, with an end, in every part of a long one, which a database spreads over several pages.
constexpr std::string_view mark = " says #";
constexpr std::string_view mark_of_part = " again #";
constexpr char end_of_part = ';';

/// Each number that is there as a whole: a part may be cut off at the end of a page, in the middle of one.
template <class Take>
void each_number(std::string_view bytes, Take take) {
    // By its last character, which is rarer than its first.
    for (auto sign = bytes.find(mark.back()); sign != std::string_view::npos;
         sign = bytes.find(mark.back(), sign + 1)) {
        const std::string_view before = bytes.substr(0, sign + 1);
        const bool begins = before.ends_with(mark);
        if (!begins && !before.ends_with(mark_of_part)) continue;
        std::size_t end = sign + 1;
        while (end < bytes.size() && bytes[end] >= '0' && bytes[end] <= '9')
            ++end;
        const bool whole = begins || (end < bytes.size() && bytes[end] == end_of_part);
        if (whole) take(std::string(bytes.substr(sign + 1, end - sign - 1)));
    }
}

std::string bytes_of(MemoryDisk& disk, const std::string& name) {
    const SharedNode node = disk.find(name);
    if (!node) return {};
    std::string bytes(static_cast<std::size_t>(node->file.size()), '\0');
    (void)node->file.read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    return bytes;
}

/// What a database leaves free at the end of each page: the server has a checksum there.
std::size_t reserved_bytes_of(MemoryDisk& disk, const std::string& name) {
    constexpr std::size_t place_in_header = 20;
    const std::string bytes = bytes_of(disk, name.substr(0, name.rfind("-wal")));
    return bytes.size() > place_in_header ? static_cast<std::uint8_t>(bytes[place_in_header]) : 0;
}

/// Of a database file or its log, without the unused middle of each page of a tree, between the
/// places of its cells and the first of them: there SQLite leaves copies of what it has moved to another page
/// (docs/decisions/0015). Nor what is reserved, of which a digit may seem to go on with a number before it.
std::string used_bytes_of(MemoryDisk& disk, const std::string& name) {
    constexpr std::size_t page_bytes = 4096;
    constexpr std::size_t file_head = 100;
    const bool log = name.ends_with("-wal");
    std::string bytes = bytes_of(disk, name);
    const std::size_t first = log ? 32 + 24 : 0;
    const std::size_t step = log ? page_bytes + 24 : page_bytes;
    const std::size_t reserved = reserved_bytes_of(disk, name);
    for (std::size_t page = first; page + page_bytes <= bytes.size(); page += step) {
        bytes.replace(page + page_bytes - reserved, reserved, reserved, '\0');
        const auto number = [&](std::size_t at) {
            return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[page + at]) << 8 |
                                            static_cast<std::uint8_t>(bytes[page + at + 1]));
        };
        const std::size_t head = bytes.compare(page, 6, "SQLite") == 0 ? file_head : 0;
        const char kind = bytes[page + head];
        const bool leaf = kind == 10 || kind == 13;
        if (!leaf && kind != 2 && kind != 5) continue;
        const std::size_t begin = head + (leaf ? 8 : 12) + 2 * number(head + 3);
        const std::size_t end = number(head + 5);
        if (begin < end && end <= page_bytes) bytes.replace(page + begin, end - begin, end - begin, '\0');
    }
    return bytes;
}

class DeletedIsGone final : public Kept<DeletedIsGone> {
  public:
    int number() const override { return 8; }

    void looked_at(Scene& scene, Device& device, const Showing& showing) override {
        for (const auto& message : showing.messages)
            stays_deleted(scene, device, showing.view.stream, message);
    }

    void listed(Scene& scene, Device& device, const std::vector<core::ConversationView>& views) override {
        for (const auto& view : views)
            if (view.last) stays_deleted(scene, device, view.stream, *view.last);
    }

    void at_rest(Scene& scene, const StoredRows& stored) override {
        for (const StoredRow& row : stored.rows) {
            const auto* reaction = std::get_if<protocol::ReactionChanged>(&row.change.payload);
            const auto* pin = std::get_if<protocol::PinChanged>(&row.change.payload);
            if (reaction == nullptr && pin == nullptr) continue;
            const std::int64_t place = reaction != nullptr ? reaction->message : pin->message;
            const StreamHistory* history = scene.history().find(row.stream);
            const auto* message = history == nullptr ? nullptr : history->message(place);
            if (message != nullptr && message->deleted_by)
                scene.violated({8,
                                std::string("the store still holds ") +
                                    (pin != nullptr ? "the pin of" : "a reaction to") + " the message at " +
                                    row.stream.text() + "/" + std::to_string(place) + ", which was deleted",
                                {row.stream},
                                {}});
        }
        auto deleted = texts_of_deleted(scene);
        for (const auto& [stream, history] : scene.history().streams())
            note_drafts(history, [&](const std::string& number) { deleted.insert(number); });
        each_forwarded(scene.history(), [&](const std::string& number) { deleted.erase(number); });
        if (deleted.empty()) return;
        MemoryDisk& disk = scene.server().disk();
        for (const std::string name : {"data/parley.db", "data/parley.db-wal"})
            holds_none(scene, disk, name, deleted);
        // Nor does a backup that is made now.
        const auto kept = disk.copy("backed up");
        const auto operating = kept->start();
        if (!server::copy_store("data", operating->vfs_name(), backup))
            return scene.violated({8, "no backup can be made of a server at rest"});
        holds_none(scene, *kept, backup, deleted);
    }

    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& all) override {
        const AccountId account = *device.node->client().account();
        std::map<std::string, StreamId> gone;
        for (const Showing& showing : all) {
            const StreamHistory* history = scene.history().find(showing.view.stream);
            const Membership* member = scene.history().membership(showing.view.stream, account);
            if (history == nullptr || member == nullptr || !member->present) continue;
            note_deleted(*history, [&](const std::string& number, std::int64_t born) {
                if (member->sees(born)) gone.emplace(number, history->id);
            });
        }
        if (const StreamHistory* own = scene.history().find(StreamId{account.text()})) {
            note_drafts(*own, [&](const std::string& number) { gone.emplace(number, own->id); });
        }
        // What the server refused is still shown as that, for its person to send or throw away.
        const auto waiting = device.node->client().outbox();
        if (!waiting) return;
        for (const auto& one : *waiting) {
            const auto* draft = std::get_if<protocol::DraftSet>(&one.command);
            if (draft != nullptr)
                each_number(draft->text, [&](const std::string& number) { gone.erase(number); });
        }
        each_forwarded(scene.history(), [&](const std::string& number) { gone.erase(number); });
        for (const History& undone : scene.undone())
            each_forwarded(undone, [&](const std::string& number) { gone.erase(number); });
        if (gone.empty()) return;
        const auto holds = [&](const std::string& number, const std::string& where) {
            const auto found = gone.find(number);
            if (found == gone.end()) return;
            scene.violated(
                {8,
                 device.node->name() + " still holds #" + number + " " + where + ", which was deleted",
                 {found->second},
                 {device.node->name()}});
        };
        for (const std::string name : {"local.db", "local.db-wal"})
            each_number(used_bytes_of(device.node->disk(), name),
                        [&](const std::string& number) { holds(number, "in " + name); });
        // A text that is long is spread over pages of the file.
        const auto held = device.node->held().texts();
        if (!held) return;
        for (const std::string& bytes : *held)
            each_number(bytes, [&](const std::string& number) { holds(number, "in a row"); });
    }

  private:
    static constexpr auto backup = "data/backup";

    /// What a device has once shown as deleted.
    static void stays_deleted(Scene& scene, Device& device, const StreamId& stream,
                              const core::MessageView& message) {
        const StreamHistory* history = scene.history().find(stream);
        if (history == nullptr) return;
        if (message.deleted && (!message.text.empty() || !message.reactions.empty()))
            wrong(scene, device, stream, message, "as deleted, and with its text or reactions");
        if (message.born == 0) return;
        auto& seen = device.shown[{stream, message.id}].deleted;
        const auto* latest = history->message(message.born);
        // A restore may have taken the deletion away.
        const bool stands = latest != nullptr && latest->deleted_by;
        if (seen && stands && !message.deleted && !message.not_on_server && !was_refused(device, message.id))
            wrong(scene, device, stream, message, "again, which was deleted");
        seen = message.deleted;
    }

    static void holds_none(Scene& scene, MemoryDisk& disk, const std::string& name,
                           const std::set<std::string>& deleted) {
        each_number(used_bytes_of(disk, name), [&](const std::string& number) {
            if (deleted.contains(number))
                scene.violated({8, name + " still holds #" + number + ", which was deleted"});
        });
    }

    /// It was shown so until the server would not delete it; somebody else may have, later.
    static bool was_refused(const Device& device, const Uuid& message) {
        return std::ranges::any_of(device.ledger.given(), [&](const Given& given) {
            const auto* deletion = std::get_if<protocol::MessageDelete>(&given.command);
            return deletion != nullptr && deletion->message == message && given.refused;
        });
    }

    template <class Take>
    static void each_number_of(const protocol::MessageNew& said, Take take) {
        each_number(said.text, take);
        if (said.custom) each_number(said.custom->data, take);
    }

    /// What stands as a forward is not gone with what it forwards; nor what did so before a restore, on the
    /// devices that still show it.
    template <class Take>
    static void each_forwarded(const History& history, Take take) {
        for (const auto& [stream, one] : history.streams()) {
            for (const auto& [born, seq] : one.latest) {
                const auto* message = one.message(born);
                if (message != nullptr && message->forwarded) each_number_of(*message, take);
            }
        }
    }

    template <class Take>
    static void note_deleted(const StreamHistory& history, Take take) {
        for (const auto& [born, seq] : history.latest) {
            const auto* message = history.message(born);
            if (message == nullptr || !message->deleted_by) continue;
            for (const auto* state : history.states(born)) {
                const auto* said = std::get_if<protocol::MessageNew>(&state->payload);
                // What a forward said goes with the message that said it first.
                if (said != nullptr && !said->forwarded)
                    each_number_of(*said, [&](const std::string& number) { take(number, born); });
            }
        }
    }

    /// Of all that stands as deleted now, what it ever said.
    static std::set<std::string> texts_of_deleted(const Scene& scene) {
        std::set<std::string> numbers;
        for (const auto& [stream, history] : scene.history().streams())
            note_deleted(history, [&](const std::string& number, std::int64_t) { numbers.insert(number); });
        return numbers;
    }

    /// Of drafts that were taken away, what they ever said.
    template <class Take>
    static void note_drafts(const StreamHistory& own, Take take) {
        for (const auto& [conversation, born] : own.drafts) {
            const auto* draft = own.draft_in(conversation);
            if (draft == nullptr || !draft->text.empty()) continue;
            for (const auto* state : own.states(born)) {
                if (const auto* said = std::get_if<protocol::DraftChanged>(&state->payload))
                    each_number(said->text, take);
            }
        }
    }

    static void wrong(Scene& scene, const Device& device, const StreamId& stream,
                      const core::MessageView& message, const std::string& what) {
        scene.violated({8,
                        device.node->name() + " shows " + message.id.text() + " " + what,
                        {stream},
                        {device.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> deleted_is_gone() {
    return std::make_unique<DeletedIsGone>();
}

}  // namespace parley::sim
