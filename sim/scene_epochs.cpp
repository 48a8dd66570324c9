// A server that went back, to a backup or to another epoch, and what is still expected then.

#include "sim/promise.hpp"
#include "sim/scene.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using Promises = std::vector<std::unique_ptr<Promise>>;

Promises copies_of(const Promises& promises) {
    Promises copies;
    for (const auto& promise : promises)
        copies.push_back(promise->copy());
    return copies;
}

}  // namespace

void Scene::backed_up(int backup) {
    std::erase_if(kept_, [this](const auto& one) { return !server_->has_backup(one.first); });
    kept_[backup] = {.history = history_, .said = said_, .promises = copies_of(promises_)};
}

void Scene::restored(int backup) {
    restored_ = backup;
}

/// What was done since the backup was made is undone, as far as the server is concerned; to everything before
/// that, and to everything from here on, it is held as ever.
void Scene::go_back(int backup, const StoredRows& stored) {
    const Kept& kept = kept_.at(backup);
    for (const auto& device : devices_) {
        device->behind_restore = true;
        for (const Given& given : device->ledger.given()) {
            const std::pair key{given.account, given.id};
            const bool done = said_.done.contains(key) || history_.place(given.account, given.id) != nullptr;
            const bool still =
                kept.said.done.contains(key) || kept.history.place(given.account, given.id) != nullptr;
            if (done && !still) device->undone.insert(given.id);
        }
    }
    undone_.push_back(std::exchange(history_, kept.history));
    said_ = kept.said;
    promises_ = copies_of(kept.promises);
    history_.begin_epoch(stored.heads);
}

/// Of a direct conversation in which something was learnt, or of whoever has blocked somebody unheard, the
/// store has to say what he sees: the order of the two is in no row.
void Scene::learn_rows(const StoredRows& stored) {
    std::set<StreamId> learnt;
    std::set<AccountId> blockers;
    for (const StoredRow& row : stored.rows) {
        if (!history_.learn(row.stream, row.change)) continue;
        learnt.insert(row.stream);
        if (std::holds_alternative<protocol::BlockChanged>(row.change.payload))
            blockers.insert(AccountId{row.stream.text()});
    }
    for (const auto& [whose, seen] : stored.seen_in_direct) {
        const auto& [stream, account] = whose;
        if (!learnt.contains(stream) && !blockers.contains(account)) continue;
        std::vector<Interval> intervals;
        for (const auto& [first, last] : seen)
            intervals.push_back({.from = first, .until = last, .joined = first});
        history_.learn_sight(stream, account, std::move(intervals));
    }
}

const protocol::Change* Scene::lost_message(const StreamId& stream, std::int64_t born) const {
    const StreamHistory* now = history_.find(stream);
    if (now != nullptr && now->message(born) != nullptr) return nullptr;
    for (const History& history : undone_) {
        const StreamHistory* then = history.find(stream);
        if (then != nullptr && then->message(born) != nullptr) return then->row(born);
    }
    return nullptr;
}

/// From here on the device is held to everything again. What it knew to be done, and a restore took back, it
/// has no reason to ask for again; of what still waits in it everything is expected as before.
bool Scene::caught_up_with_restore(Device& device) {
    if (!device.behind_restore) return true;
    if (device.node->client().connection() != core::Connection::online || !device.node->connected())
        return false;
    const auto outbox = device.node->client().outbox();
    if (!outbox) return false;
    std::set<Uuid> waiting;
    for (const auto& one : *outbox) {
        waiting.insert(one.id);
        device.ledger.cut_read(one.id, one.command);
    }
    device.ledger.forget([&](const Given& given) {
        const std::pair key{given.account, given.id};
        if (waiting.contains(given.id) || said_.done.contains(key)) return false;
        // A read that says nothing new, as far as the device knows, is done at once, and nowhere named again.
        const bool read = std::holds_alternative<protocol::Read>(given.command);
        // Nor is a draft that gave way to a later one, or a mark that gave way to a read, which may have been
        // undone.
        const bool draft = std::holds_alternative<protocol::DraftSet>(given.command);
        const auto* set = std::get_if<protocol::PreferencesSet>(&given.command);
        const bool mark =
            set != nullptr && *set == protocol::PreferencesSet{.target = set->target, .marked_unread = true};
        return read || draft || mark || device.undone.contains(given.id);
    });
    device.undone.clear();
    device.behind_restore = false;
    return true;
}

/// The numbers of all streams have jumped. The store has also what the batch brought after that.
void Scene::begin_epoch_within(const server::Batch& later) {
    world_.note("server", "begins an epoch");
    auto stored = read_store(server_->disk());
    if (!stored) return surprise("the server's store cannot be read when an epoch begins");
    for (const auto& effect : later.effects) {
        if (const auto* change = std::get_if<server::ConversationChange>(&effect)) {
            --stored->heads[server::to_id(change->conversation)];
        } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
            --stored->heads[server::to_stream(own->account)];
        }
    }
    std::erase_if(stored->heads, [](const auto& head) { return head.second == 0; });
    history_.begin_epoch(stored->heads);
    for (const auto& promise : promises_)
        promise->epoch_begun(*this, *stored);
}

}  // namespace parley::sim
