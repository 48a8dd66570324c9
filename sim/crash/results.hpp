#pragma once

#include "base/result.hpp"
#include "sim/crash/trials.hpp"

#include <string>
#include <string_view>

namespace parley::sim::crash {

/// What a run of the crash tests has been through, or one slice of it.
struct Results {
    Trial power_losses;
    Trial failing_syncs;
    Rot rot;

    bool sound() const {
        return power_losses.findings.empty() && failing_syncs.findings.empty() && rot.findings.empty();
    }
};

void add(Toll& sum, const Toll& other);
/// `invalid` where both have been through the same seed: nothing counts twice.
Status add(Results& sum, const Results& other);

/// Lines of a name and a number each, the findings behind them: for files, and between processes.
std::string encode(const Results& results);
/// `invalid` where it is anything but that.
Result<Results> decode_results(std::string_view text);

}  // namespace parley::sim::crash
