#pragma once

#include "sim/crash/ledger.hpp"
#include "sim/crash/machine.hpp"
#include "sim/crash/people.hpp"
#include "sim/crash/plan.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::sim::crash {

/// A store, its people and its disasters, from one seed. Everything that was acknowledged is held against
/// what is there after each restart.
class World {
  public:
    World(std::uint64_t seed, Ends ends, Defect defect);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// All of its lives; ends early where something is wrong. Answers with what is, one sentence each.
    std::vector<std::string> run();

    const Toll& toll() const { return toll_; }
    const Ledger& ledger() const { return ledger_; }
    Machine& machine() { return machine_; }

  private:
    bool sound() const { return wrong_.empty(); }
    void complain(const std::vector<std::string>& what);

    // What a life consists of.
    void live(bool last);
    bool start();
    void choose_death();
    void look_around(bool thoroughly);
    void settle_in_flight(bool survived);
    void work();
    void complain_of_bad_rows();
    void act();
    void end(bool power_lost);
    void end_in_order();

    // What happens in it.
    void apply(std::vector<server::Work> works);
    void apply_some();
    void checkpoint();
    void change_view();
    void scrub(bool whole_round);
    void back_up();
    void fill_disk();
    void read_everything();

    Plan plan_;
    Defect defect_;
    Random random_;
    Machine machine_;
    People people_;
    Ledger ledger_;
    Toll toll_;
    std::vector<std::string> wrong_;
    /// Handed to the store, and the process died before anybody was answered.
    std::vector<server::Work> in_flight_;
    std::unique_ptr<server::Snapshot> view_;
    std::int64_t view_position_ = 0;
    StoredFile file_;
    std::int64_t full_for_ = 0;
    bool starting_ = false;
    bool backing_up_ = false;
};

}  // namespace parley::sim::crash
