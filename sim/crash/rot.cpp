#include "sim/crash/rot.hpp"

#include "sim/crash/audit.hpp"
#include "sim/crash/defects.hpp"
#include "sim/crash/pages.hpp"
#include "sim/crash/served.hpp"
#include "sim/crash/world.hpp"

#include <algorithm>
#include <array>

namespace parley::sim::crash {

namespace {

/// A bit is flipped in a store of at least so many rows.
constexpr std::size_t rows_min = 200;
constexpr std::size_t rows_max = 2000;
/// A new store is made after so many flips.
constexpr std::int64_t flips_per_store = 50;
constexpr std::int64_t rows_at_once = 50;
constexpr std::int64_t slice_rows = 100;
/// A seed in so many gives a sound store of a fitting size; where none did, something is wrong with stores.
constexpr int seeds_in_vain_max = 200;
/// More than any round of the scrubber takes.
constexpr std::int64_t slices_max = 1000;

/// What was seen of one flipped bit.
struct Seen {
    bool opened = false;
    bool by_reading = false;
    bool by_scrubbing = false;
    bool by_checking = false;
    bool by_integrity_check = false;
    bool scrubs_in_a_circle = false;
    Served served;

    bool by_us() const { return by_reading || by_scrubbing; }
};

/// A store that is closed in order, and flipped bits in copies of it.
class Specimen {
  public:
    Specimen(std::uint64_t seed, Defect defect) : world_(seed, Ends::power_losses, defect) {
        if (!world_.run().empty()) return;
        auto& machine = world_.machine();
        if (!machine.start() || !machine.store().close()) return;
        machine.stop();
        image_ = machine.disk().copy("image");
        file_ = audit(*image_, database, {});
        pages_ = pages_of(*image_);
        (void)machine.take_bad_rows();
        std::size_t rows = 0;
        for (const auto& [stream, in_stream] : file_.rows)
            rows += in_stream.size();
        good_ = file_.complaints.empty() && rows >= rows_min && rows <= rows_max && !pages_.earlier.empty();
    }

    bool good() const { return good_; }
    const Pages& pages() const { return pages_; }

    Seen look_at(std::int64_t offset, std::uint8_t bit) {
        auto& machine = world_.machine();
        machine.stop();
        machine.disk().become(*image_);
        machine.disk().find(database)->file.byte_at(offset) ^= static_cast<std::uint8_t>(1 << bit);
        Seen seen;
        seen.by_integrity_check = !audit(machine.disk(), database, {.integrity = true}).complaints.empty();
        seen.opened = machine.start().has_value();
        if (!seen.opened) return seen;
        seen.served = read_all(machine.store(), world_.ledger(), file_, rows_at_once);
        seen.by_reading = !machine.take_bad_rows().empty() || seen.served.refused > 0;
        scrub(seen);
        seen.by_checking = !machine.store().check();
        return seen;
    }

  private:
    void scrub(Seen& seen) {
        auto& machine = world_.machine();
        std::int64_t slices = 0;
        for (bool more = true; more;) {
            const auto scrubbed = machine.store().scrub(slice_rows);
            seen.by_scrubbing = seen.by_scrubbing || !scrubbed || scrubbed->unreadable;
            more = scrubbed && !scrubbed->round_ended;
            seen.scrubs_in_a_circle = ++slices > slices_max;
            more = more && !seen.scrubs_in_a_circle;
        }
        seen.by_scrubbing = seen.by_scrubbing || !machine.take_bad_rows().empty();
    }

    World world_;
    std::unique_ptr<MemoryDisk> image_;
    StoredFile file_;
    Pages pages_;
    bool good_ = false;
};

void count(const Seen& seen, RotToll& toll) {
    ++toll.flips;
    const bool wrong = !seen.served.wrong.empty();
    const bool noticed = !seen.opened || seen.by_us() || seen.by_checking;
    toll.not_opened += seen.opened ? 0 : 1;
    toll.found_reading += seen.by_reading ? 1 : 0;
    toll.found_scrubbing += seen.by_scrubbing ? 1 : 0;
    toll.found_checking += seen.by_checking ? 1 : 0;
    toll.found_by_integrity_check += seen.by_integrity_check ? 1 : 0;
    toll.found += seen.by_us() ? 1 : 0;
    toll.served_wrong += wrong ? 1 : 0;
    toll.harmless += !noticed && !wrong && seen.served.left_out == 0 ? 1 : 0;
    toll.unnoticed += !noticed && (wrong || seen.served.left_out > 0) ? 1 : 0;
    toll.rows_left_out += seen.served.left_out;
    toll.requests_refused += seen.served.refused;
}

/// What must not be seen of a flipped bit.
std::vector<std::string> wrong_with(const Seen& seen, std::size_t part) {
    std::vector<std::string> wrong;
    if (seen.scrubs_in_a_circle) wrong.emplace_back("the scrubber goes in a circle");
    wrong.insert(wrong.end(), seen.served.wrong.begin(), seen.served.wrong.end());
    // A row has to be found as what it is; what else is damaged may keep the store from opening.
    const bool found = seen.by_us() || (part >= rot_parts_of_rows && (!seen.opened || seen.by_checking));
    if (!found) wrong.emplace_back("a flipped bit was not found");
    return wrong;
}

void flip_in_store(std::uint64_t seed, std::int64_t flips, Specimen& specimen, Rot& result) {
    constexpr std::array places{&Pages::rows,    &Pages::earlier, &Pages::structure,
                                &Pages::indexes, &Pages::others,  &Pages::anywhere};
    auto random = Random(seed).fork("rot");
    for (std::size_t part = 0; part < places.size(); ++part) {
        for (std::int64_t i = 0; i < flips; ++i) {
            const auto span = random.pick(specimen.pages().*places.at(part));
            const auto offset = span.offset + random.between(0, span.bytes - 1);
            const auto bit = static_cast<std::uint8_t>(random.below(8));
            const auto seen = specimen.look_at(offset, bit);
            count(seen, result.parts.at(part));
            const auto where = " (" + std::string(rot_parts.at(part)) + ", byte " + std::to_string(offset) +
                               ", bit " + std::to_string(bit) + ")";
            for (const auto& what : wrong_with(seen, part))
                result.findings.push_back({.seed = seed, .what = what + where});
        }
    }
}

}  // namespace

Rot rot(Seeds seeds, std::int64_t flips, Defect defect) {
    const ChecksumsOff off(defect == Defect::no_checksums);
    // What else may be wrong with a store shows elsewhere; here a sound one is damaged.
    const auto planted = defect == Defect::no_checksums ? defect : Defect::none;
    Rot result;
    auto seed = seeds.first;
    int in_vain = 0;
    for (std::int64_t done = 0; done < flips; seed += seeds.step) {
        Specimen specimen(seed, planted);
        if (!specimen.good()) {
            if (++in_vain < seeds_in_vain_max) continue;
            result.findings.push_back(
                {.seed = seed,
                 .what = std::to_string(in_vain) + " seeds in a row gave no sound store to flip bits in"});
            break;
        }
        in_vain = 0;
        const auto here = std::min(flips - done, flips_per_store);
        result.seeds.insert(seed);
        flip_in_store(seed, here, specimen, result);
        done += here;
    }
    return result;
}

}  // namespace parley::sim::crash
