#include "sim/crash/world.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/store/backup.hpp"
#include "sim/crash/audit.hpp"
#include "sim/crash/served.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::sim::crash {

namespace {

constexpr auto backup = "data/backup";
/// A store that does not open after so many tries never will.
constexpr int starts_max = 200;

std::string readable(const Error& error) {
    return std::string(name_of(error.code)) + ", " + error.context;
}

/// Messages that are taken for certain: nothing in the same transaction could have let them be refused.
std::set<Uuid> certain_messages(const std::vector<server::Work>& works, const StoredFile& file) {
    std::set<Uuid> certain;
    for (const auto& work : works) {
        const auto* send = std::get_if<protocol::MessageSend>(&work.command);
        if (send == nullptr) {
            const bool harmless = std::holds_alternative<protocol::Read>(work.command) ||
                                  std::holds_alternative<protocol::MessageEdit>(work.command) ||
                                  std::holds_alternative<protocol::MessageDelete>(work.command) ||
                                  std::holds_alternative<protocol::MessageReact>(work.command) ||
                                  std::holds_alternative<protocol::MessagePin>(work.command) ||
                                  std::holds_alternative<protocol::PreferencesSet>(work.command) ||
                                  std::holds_alternative<protocol::DraftSet>(work.command) ||
                                  std::holds_alternative<server::Acks>(work.command) ||
                                  std::holds_alternative<server::UseRefreshToken>(work.command);
            if (!harmless) return {};
            continue;
        }
        if (work.origin.follows || send->reply_to || !send->target.stream) continue;
        const auto key = server::conversation_key(send->target.stream->text());
        // Where somebody set who may write, he may not be among them.
        const auto set = key ? file.permissions.find(key->value) : file.permissions.end();
        if (set == file.permissions.end() || set->second != 0) continue;
        const bool present = std::ranges::any_of(file.members, [&](const StoredMember& member) {
            return member.conversation == key->value && member.account == work.origin.account.value &&
                   member.present;
        });
        const bool signed_in = std::ranges::any_of(file.devices, [&](const StoredDevice& device) {
            return device.key == work.origin.device.value && device.present;
        });
        if (present && signed_in) certain.insert(*work.origin.command);
    }
    return certain;
}

}  // namespace

World::World(std::uint64_t seed, Ends ends, Defect defect)
    : plan_(plan_of(seed, ends)),
      defect_(defect),
      random_(Random(seed).fork("world")),
      machine_(Random(seed).fork("machine"), plan_.machine, defect),
      people_(Random(seed).fork("people"), plan_.habits) {}

World::~World() {
    view_.reset();
}

void World::complain(const std::vector<std::string>& what) {
    wrong_.insert(wrong_.end(), what.begin(), what.end());
}

std::vector<std::string> World::run() {
    toll_.worlds = 1;
    for (std::int64_t life = 1; life <= plan_.lives && sound(); ++life)
        live(life == plan_.lives);
    const auto& counts = machine_.disk().counts();
    toll_.power_losses = counts.power_losses;
    toll_.failed_syncs = counts.failed_syncs;
    toll_.syncs = counts.syncs;
    toll_.sectors_lost = counts.sectors_lost;
    toll_.sectors_torn = counts.sectors_torn;
    toll_.told = ledger_.told();
    return wrong_;
}

/// The last one ends in order, and then everything is looked at.
void World::live(bool last) {
    ++toll_.lives;
    machine_.disk().faults().sync_failures = last ? 0 : plan_.sync_failures;
    if (last) machine_.disk().faults().capacity.reset();
    if (!start()) return;
    look_around(last);
    if (!sound() || !machine_.alive()) return;
    if (!last) choose_death();
    work();
    if (!sound()) return;
    if (last) {
        end_in_order();
        if (sound() && start()) look_around(true);
        complain_of_bad_rows();
        view_.reset();
        machine_.stop();
        return;
    }
    if (machine_.alive() && random_.below(4) == 0) {
        end_in_order();
    } else {
        end(random_.below(8) != 0);
    }
}

/// Inside any disk operation, more often inside a sync, since there it is decided what was acknowledged.
void World::choose_death() {
    switch (random_.below(8)) {
        case 0:
            return;
        case 1:
        case 2:
            return machine_.process().kill_at_sync(random_.between(1, 4));
        default:
            return machine_.process().kill_at(random_.between(1, plan_.operations_max));
    }
}

/// What `parleyd` does when it starts. A process may die of it, also several times.
bool World::start() {
    for (int tries = 0; tries < starts_max; ++tries) {
        const bool dies = plan_.start_deaths && random_.below(4) == 0;
        const auto opened = machine_.start(dies ? random_.between(1, 16) : 0);
        if (opened && machine_.alive()) {
            machine_.process().kill_at(0);
            // As the background check does after an unclean end.
            if (!machine_.store().unclean_start()) return true;
            if (const auto checked = machine_.store().check(); !checked)
                complain({"the check after an unclean end: " + readable(checked.error())});
            return sound();
        }
        if (machine_.alive()) {
            complain({"the store does not open: " + readable(opened.error())});
            return false;
        }
        starting_ = true;
        end(random_.below(4) != 0);
        starting_ = false;
    }
    complain({"the store has not opened in " + std::to_string(starts_max) + " tries"});
    return false;
}

/// Holds the file against the ledger, before anything else is done.
void World::look_around(bool thoroughly) {
    const bool integrity = thoroughly || random_.below(6) == 0;
    file_ = audit(machine_.disk(), database,
                  {.recount = thoroughly || random_.below(4) == 0, .integrity = integrity});
    ++toll_.audits;
    if (integrity) ++toll_.integrity_checks;
    for (const auto& [stream, rows] : file_.rows)
        toll_.rows_audited += std::ssize(rows);
    complain(ledger_.differences(file_, ledger_.heads()));
    const bool survived = file_.heads.position > ledger_.heads().position;
    if (survived && in_flight_.empty()) complain({"a transaction is there that nobody asked for"});
    if (!sound()) return;
    people_.look(file_);
    settle_in_flight(survived);
    if (sound() && machine_.alive() && (thoroughly || random_.below(16) == 0)) read_everything();
    if (sound() && machine_.alive() && (thoroughly || random_.below(8) == 0)) scrub(true);
}

/// What was in flight when the process died is there as a whole or not at all, and those who asked ask again.
void World::settle_in_flight(bool survived) {
    const auto works = std::exchange(in_flight_, {});
    if (works.empty()) return;
    if (survived) {
        ++toll_.transactions_survived_untold;
        ledger_.adopt(file_);
        // On a disk that is full, or was taken for full, any of them may have been refused.
        const bool certain = !plan_.full_disks && plan_.sync_failures == 0;
        for (const auto& id : certain ? certain_messages(works, file_) : std::set<Uuid>()) {
            const auto asked =
                std::ranges::find_if(works, [&](const auto& work) { return work.origin.command == id; });
            if (ledger_.born_of({asked->origin.account.value, id}) == 0)
                complain({"half of a transaction is there, and not message " + id.text()});
        }
    }
    if (!sound()) return;
    if (random_.below(2) == 0) return apply(works);
    for (const auto& work : works) {
        if (machine_.alive() && sound()) apply({work});
    }
}

void World::work() {
    for (std::int64_t i = 0; i < plan_.acts_per_life && machine_.alive() && sound(); ++i)
        act();
    complain_of_bad_rows();
}

void World::complain_of_bad_rows() {
    for (const auto& [stream, born] : machine_.take_bad_rows())
        complain({"a row was found bad that nothing has damaged: stream " + std::to_string(stream) + " at " +
                  std::to_string(born)});
}

void World::act() {
    if (full_for_ > 0 && --full_for_ == 0) machine_.disk().faults().capacity.reset();
    const auto chance = random_.below(100);
    if (chance < 4 && plan_.checkpoints) return checkpoint();
    if (chance < 8 && plan_.long_views) return change_view();
    if (chance < 10) return scrub(false);
    if (chance < 11 && plan_.backups) return back_up();
    if (chance < 13 && plan_.full_disks) return fill_disk();
    apply_some();
}

void World::end(bool power_lost) {
    view_.reset();
    if (power_lost) {
        machine_.lose_power();
        if (starting_) ++toll_.power_losses_starting;
    } else {
        machine_.stop();
        ++toll_.kills;
    }
}

void World::end_in_order() {
    view_.reset();
    const auto closed = machine_.store().close();
    if (!closed && machine_.alive() && closed.error().code != ErrorCode::disk_full)
        complain({"the store does not close: " + readable(closed.error())});
    if (closed) ++toll_.ends_in_order;
    const auto log = machine_.disk().find("data/parley.db-wal");
    if (closed && log && log->file.size() != 0) complain({"a log is left by an end in order"});
    end(random_.below(2) == 0);
}

void World::apply_some() {
    std::vector<server::Work> works;
    for (std::int64_t i = random_.between(1, plan_.batch_max); i > 0; --i)
        works.push_back(people_.next());
    apply(std::move(works));
}

void World::apply(std::vector<server::Work> works) {
    ++toll_.transactions;
    auto batch = machine_.store().apply(works);
    if (batch) {
        complain(ledger_.take(works, *batch));
        people_.heard(works, *batch);
        return;
    }
    if (!machine_.alive()) {
        ++toll_.transactions_cut;
        if (defect_ == Defect::answers_before_commit) {
            for (const auto& work : works) {
                if (work.origin.command && certain_messages(works, file_).contains(*work.origin.command))
                    ledger_.promise({work.origin.account.value, *work.origin.command});
            }
        }
        in_flight_ = std::move(works);
        return;
    }
    // Nothing was written and nobody answered: on a full disk that is right.
    if (batch.error().code == ErrorCode::disk_full && machine_.disk().faults().capacity) {
        ++toll_.disk_full;
    } else {
        complain({"a transaction failed on a disk that works: " + readable(batch.error())});
    }
}

void World::checkpoint() {
    ++toll_.checkpoints;
    const auto copied = machine_.store().checkpoint();
    const bool excused = !machine_.alive() || view_ || backing_up_ || machine_.disk().faults().capacity;
    if (!copied && !excused) complain({"the log cannot be copied back: " + readable(copied.error())});
}

/// A reader that takes its time: what it sees stays the same, whatever is written meanwhile.
void World::change_view() {
    if (view_) {
        if (view_->position() != view_position_ || !view_->status()) complain({"a view has moved"});
        view_.reset();
        return;
    }
    auto snapshot = machine_.store().snapshot();
    if (!snapshot) {
        if (machine_.alive()) complain({"no view can be had: " + readable(snapshot.error())});
        return;
    }
    view_ = std::move(*snapshot);
    view_position_ = view_->position();
    if (view_position_ != ledger_.heads().position) complain({"a new view does not see the latest commit"});
}

void World::scrub(bool whole_round) {
    for (bool more = true; more;) {
        const auto scrubbed = machine_.store().scrub(random_.between(1, 200));
        if (!scrubbed) {
            if (machine_.alive()) complain({"scrubbing failed: " + readable(scrubbed.error())});
            return;
        }
        toll_.rows_scrubbed += scrubbed->rows;
        if (scrubbed->unreadable) complain({"a page cannot be read that nothing has damaged"});
        more = whole_round && !scrubbed->round_ended;
    }
}

/// While people go on: their transactions come between the pages that the copy writes.
void World::back_up() {
    if (backing_up_) return;
    backing_up_ = true;
    const auto least = ledger_.heads();
    const std::function<void()> meanwhile = [&] {
        if (!machine_.alive() || !sound()) return;
        apply_some();
        machine_.process().interrupt_at(random_.between(1, 40), meanwhile);
    };
    (void)machine_.process().remove(backup, true);
    machine_.process().interrupt_at(random_.between(1, 40), meanwhile);
    const auto copied = server::copy_store("data", machine_.process().vfs_name(), backup);
    machine_.process().interrupt_at(0, nullptr);
    backing_up_ = false;
    // A sync of the copy may fail without a word about the store.
    const auto& faults = machine_.disk().faults();
    const bool excused = !machine_.alive() || faults.capacity || faults.sync_failures > 0;
    if (!copied && !excused) complain({"a backup failed: " + readable(copied.error())});
    if (!copied || !sound() || !machine_.alive()) return;
    ++toll_.backups;
    const auto file = audit(machine_.disk(), backup, {.recount = true, .integrity = true});
    for (const auto& what : ledger_.differences(file, least))
        complain({"in a backup: " + what});
    if (copied->bad_rows != 0) complain({"a backup counts bad rows"});
}

void World::fill_disk() {
    machine_.disk().faults().capacity = machine_.disk().used() + random_.between(0, 1 << 16);
    full_for_ = random_.between(1, 20);
}

void World::read_everything() {
    if (file_.heads.position != ledger_.heads().position) file_ = audit(machine_.disk(), database, {});
    const auto served = read_all(machine_.store(), ledger_, file_, random_.between(1, 200));
    toll_.rows_served += served.rows;
    complain(served.wrong);
    if (served.left_out != 0) complain({std::to_string(served.left_out) + " rows are not served"});
    if (served.refused != 0) complain({std::to_string(served.refused) + " requests are refused"});
}

}  // namespace parley::sim::crash
