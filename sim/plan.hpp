#pragma once

#include "base/time.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "sim/profile.hpp"
#include "sim/random.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::sim {

struct Act;
struct Fault;

/// What is left out of a run, to see what it takes to break a promise.
struct Cut {
    /// Of the turns of people, and of fate (1: the first), only these; nothing: all.
    std::optional<std::set<std::int64_t>> acts;
    std::optional<std::set<std::int64_t>> faults;
    /// No more people than this, and none with more devices than that.
    std::optional<std::size_t> people;
    std::optional<std::size_t> devices;
    /// Acts and faults that do not happen, by their names.
    std::set<std::string> without;
    /// Faults that happen in any case, and often.
    std::set<std::string> with;

    bool has_act(std::int64_t number) const { return !acts || acts->contains(number); }
    bool has_fault(std::int64_t number) const { return !faults || faults->contains(number); }
};

/// "1-5,9"; nothing where it says no such thing. Empty: none.
std::optional<std::set<std::int64_t>> numbers_in(std::string_view text);
std::string text_of(const std::set<std::int64_t>& numbers);

/// What a seed is about, chosen before anything happens. Swarm testing: each seed does only a part of what
/// there is, so that rare mixtures come up.
struct Plan {
    std::size_t people = 0;
    /// Mean time between two turns of people, and of fate.
    Duration pace;
    Duration fault_pace;
    Duration access_token_life;
    /// Of each person.
    std::int64_t messages_per_second = 1'000;
    std::int64_t messages_burst = 100'000;
    /// How often somebody may fail to sign in, and how many accounts are made, before he has to wait; and for
    /// how long.
    std::int64_t sign_ins_burst = 1'000;
    Duration sign_in_retry = seconds(1);
    /// Nobody registers without an invite; and whether everybody makes them.
    bool by_invite = false;
    bool everyone_invites = true;
    std::int64_t edits_max = limits::edits_max;
    std::vector<const Act*> acts;
    std::vector<const Fault*> faults;
};

Plan make_plan(Random random, Profile profile);

/// The profile that a seed has where nobody asks for one.
Profile profile_of(std::uint64_t seed);

}  // namespace parley::sim
