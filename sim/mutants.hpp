#pragma once

#include <string>
#include <string_view>

namespace parley::sim {

/// Makes one of the deliberate defects (base/mutant.hpp) happen from here on in this process. `which` is its
/// number or its name. Returns its name; empty: there is none such, or this build has none at all.
std::string choose_mutant(std::string_view which);

/// All of them, one a line: number, name and prose, parted by tabs. Empty where this build has none.
std::string list_of_mutants();

}  // namespace parley::sim
