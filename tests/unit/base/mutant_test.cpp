#include "base/mutant.hpp"

#include <gtest/gtest.h>

namespace parley {
namespace {

// Whoever builds the tests builds the product. There a mutant is a constant, so that the compiler leaves out
// what it would do, and not even its name is left.
static_assert(!has_mutants);
#define PARLEY_MUTANT(name, prose) static_assert(!mutant(Mutant::name), prose);
PARLEY_EACH_MUTANT(PARLEY_MUTANT)
#undef PARLEY_MUTANT

TEST(Mutants, AreManyAndNoneIsThereInTheProduct) {
    int count = 0;
#define PARLEY_MUTANT(name, prose) ++count;
    PARLEY_EACH_MUTANT(PARLEY_MUTANT)
#undef PARLEY_MUTANT
    EXPECT_GE(count, 30);
}

}  // namespace
}  // namespace parley
