#include "sim/shrink.hpp"

#include "sim/verdict.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

/// Runs that one shrinking takes at most.
constexpr int runs_max = 600;

using Numbers = std::set<std::int64_t>;

class Shrinker {
  public:
    Shrinker(RunOptions failing, const Verdict& verdict, const std::function<void(std::string_view)>& heard)
        : smallest_(std::move(failing)), promise_(*verdict.broken), heard_(heard) {
        // One more, which does nothing: what broke it may have come between the last one and the next.
        smallest_.steps = std::min(smallest_.steps, verdict.count("turns") + 1);
        people_ = static_cast<std::size_t>(verdict.count("people"));
        if (!smallest_.cut.acts) smallest_.cut.acts = up_to(verdict.count("turns"));
        if (!smallest_.cut.faults) smallest_.cut.faults = up_to(verdict.count("turns of fate"));
    }

    RunOptions run();

  private:
    static Numbers up_to(std::int64_t last) {
        Numbers numbers;
        for (std::int64_t one = 1; one <= last; ++one)
            numbers.insert(one);
        return numbers;
    }

    bool still_breaks(const RunOptions& candidate);
    void tell(std::string_view what) const;
    void fewer_people();
    void fewer_devices();
    void fewer(std::optional<Numbers> Cut::* which, std::string_view what);
    bool without_some(std::optional<Numbers> Cut::* which, std::size_t piece);

    RunOptions smallest_;
    int promise_;
    const std::function<void(std::string_view)>& heard_;
    std::size_t people_ = 0;
    int runs_ = 0;
};

bool Shrinker::still_breaks(const RunOptions& candidate) {
    if (runs_ >= runs_max) return false;
    ++runs_;
    const Verdict verdict = outline_apart(candidate);
    if (verdict.broken != promise_) return false;
    smallest_ = candidate;
    // What comes after the violation is of no account.
    const auto cut_off = [](std::optional<Numbers>& numbers, std::int64_t last) {
        numbers->erase(numbers->upper_bound(last), numbers->end());
    };
    if (promise_ != Verdict::crash_code) {
        cut_off(smallest_.cut.acts, verdict.count("turns"));
        cut_off(smallest_.cut.faults, verdict.count("turns of fate"));
    }
    return true;
}

void Shrinker::tell(std::string_view what) const {
    heard_(fmt::format("{:>4} runs: {} people, {} turns of people, {} of fate; {}", runs_, people_,
                       smallest_.cut.acts->size(), smallest_.cut.faults->size(), what));
}

void Shrinker::fewer_people() {
    for (std::size_t people = 2; people < people_; people += std::max<std::size_t>(1, people / 4)) {
        RunOptions candidate = smallest_;
        candidate.cut.people = people;
        if (!still_breaks(candidate)) continue;
        people_ = people;
        break;
    }
    tell("fewer people");
}

void Shrinker::fewer_devices() {
    for (std::size_t devices = 1; devices < smallest_.cut.devices.value_or(SceneOptions{}.devices_max);
         ++devices) {
        RunOptions candidate = smallest_;
        candidate.cut.devices = devices;
        if (still_breaks(candidate)) break;
    }
    tell("fewer devices");
}

/// One pass over all pieces of that size, from the last to the first; true: some were left out.
bool Shrinker::without_some(std::optional<Numbers> Cut::* which, std::size_t piece) {
    bool some = false;
    std::size_t end = (smallest_.cut.*which)->size();
    while (end > 0) {
        const Numbers& all = *(smallest_.cut.*which);
        end = std::min(end, all.size());
        const std::size_t begin = end - std::min(end, piece);
        RunOptions candidate = smallest_;
        Numbers& left = *(candidate.cut.*which);
        left.erase(std::next(left.begin(), static_cast<std::ptrdiff_t>(begin)),
                   std::next(left.begin(), static_cast<std::ptrdiff_t>(end)));
        some |= still_breaks(candidate);
        end = begin;
    }
    return some;
}

/// Half of them, quarters, and so on down to single ones, which are tried until none can go.
void Shrinker::fewer(std::optional<Numbers> Cut::* which, std::string_view what) {
    for (std::size_t piece = ((smallest_.cut.*which)->size() + 1) / 2; piece > 1; piece = (piece + 1) / 2)
        without_some(which, piece);
    while (without_some(which, 1)) {
    }
    tell(what);
}

RunOptions Shrinker::run() {
    fewer_people();
    fewer_devices();
    fewer(&Cut::faults, "fewer turns of fate");
    fewer(&Cut::acts, "fewer turns of people");
    fewer_people();
    fewer_devices();
    return smallest_;
}

}  // namespace

std::optional<RunOptions> shrink(const RunOptions& failing,
                                 const std::function<void(std::string_view)>& heard) {
    RunOptions options = failing;
    Verdict verdict = outline_apart(options);
    if (!verdict.broken) {
        // It may differ from itself, which one run does not show.
        options.twice = true;
        verdict = outline_apart(options);
    }
    if (!verdict.broken) return std::nullopt;
    return Shrinker(std::move(options), verdict, heard).run();
}

}  // namespace parley::sim
