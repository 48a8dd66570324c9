#include "sim/mutants.hpp"

#include "base/mutant.hpp"

namespace parley::sim {

#ifdef PARLEY_MUTANTS

std::string choose_mutant(std::string_view which) {
    for (const MutantRow& row : all_mutants) {
        if (which != row.name && which != std::to_string(static_cast<int>(row.mutant))) continue;
        chosen_mutant = row.mutant;
        return std::string(row.name);
    }
    return {};
}

std::string list_of_mutants() {
    std::string text;
    for (const MutantRow& row : all_mutants) {
        text += std::to_string(static_cast<int>(row.mutant)) + "\t";
        text.append(row.name).append("\t").append(row.prose) += "\n";
    }
    return text;
}

#else

std::string choose_mutant(std::string_view) {
    return {};
}

std::string list_of_mutants() {
    return {};
}

#endif

}  // namespace parley::sim
