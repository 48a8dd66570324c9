#include "sim/plan.hpp"

#include "protocol/generated/cpp/limits.hpp"
#include "sim/acts/act.hpp"
#include "sim/faults/fault.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace parley::sim {

namespace {

/// More than any run has turns.
constexpr std::int64_t number_max = 1'000'000;

/// Mostly few, so that they meet often; now and then a crowd.
std::size_t people_for(Random& random) {
    const auto luck = random.below(100);
    if (luck < 50) return static_cast<std::size_t>(random.between(2, 4));
    if (luck < 85) return static_cast<std::size_t>(random.between(3, 8));
    if (luck < 97) return static_cast<std::size_t>(random.between(8, 16));
    return static_cast<std::size_t>(random.between(17, 40));
}

/// From a chat in which everybody types at once to a slow afternoon: each doubling as likely as the next.
Duration pace_for(Random& random) {
    constexpr std::int64_t fastest_ms = 20;
    constexpr std::uint64_t doublings = 10;
    const std::int64_t base = fastest_ms << random.below(doublings);
    return milliseconds(random.between(base, 2 * base));
}

}  // namespace

Plan make_plan(Random random, Profile profile) {
    Plan plan;
    plan.people = people_for(random);
    plan.pace = pace_for(random);
    const FaultPace faults = fault_pace(profile);
    plan.fault_pace = std::max(faults.least, plan.pace * faults.acts);
    // Often so short that tokens are renewed all the time.
    plan.access_token_life =
        random.below(2) == 0 ? seconds(random.between(62, 200)) : milliseconds(limits::access_token_ms);
    for (const Act* act : all_acts()) {
        const bool chosen = random.below(2) == 0;
        if (act->always || chosen) plan.acts.push_back(act);
    }
    for (const Fault* fault : all_faults()) {
        if (random.below(2) == 0) plan.faults.push_back(fault);
    }
    // Now and then so few messages that who pastes pages is told to wait.
    if (random.below(5) == 0) {
        plan.messages_per_second = random.between(20, 40);
        plan.messages_burst = random.between(5, 40);
    }
    plan.by_invite = random.below(6) == 0;
    plan.everyone_invites = random.below(3) != 0;
    if (random.below(6) == 0) {
        plan.sign_ins_burst = random.between(2, 10);
        plan.sign_in_retry = milliseconds(random.between(500, 3'000));
    }
    if (random.below(4) == 0) plan.edits_max = random.between(1, 4);
    return plan;
}

Profile profile_of(std::uint64_t seed) {
    return profiles[static_cast<std::size_t>(Random(seed).fork("profile").below(profiles.size()))];
}

std::optional<std::set<std::int64_t>> numbers_in(std::string_view text) {
    std::set<std::int64_t> numbers;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto number = [&](std::int64_t& into) {
        const auto [next, error] = std::from_chars(at, end, into);
        at = next;
        return error == std::errc() && into >= 0 && into <= number_max;
    };
    while (at != end) {
        std::int64_t first = 0;
        if (!number(first)) return std::nullopt;
        std::int64_t last = first;
        if (at != end && *at == '-' && (++at, !number(last))) return std::nullopt;
        for (std::int64_t one = first; one <= last; ++one)
            numbers.insert(one);
        if (at != end && (*at != ',' || ++at == end)) return std::nullopt;
    }
    return numbers;
}

std::string text_of(const std::set<std::int64_t>& numbers) {
    std::string text;
    for (auto first = numbers.begin(); first != numbers.end();) {
        auto last = first;
        while (std::next(last) != numbers.end() && *std::next(last) == *last + 1)
            ++last;
        if (!text.empty()) text += ',';
        text += std::to_string(*first);
        if (last != first) text += '-' + std::to_string(*last);
        first = std::next(last);
    }
    return text;
}

}  // namespace parley::sim
