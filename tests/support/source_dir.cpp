#include "tests/support/source_dir.hpp"

namespace parley::test {

std::filesystem::path source_dir() {
    return PARLEY_SOURCE_DIR;
}

}  // namespace parley::test
