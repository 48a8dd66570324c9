#include "core/recorder/version.hpp"

namespace parley::core {

std::string_view version() {
    return PARLEY_VERSION;
}

}  // namespace parley::core
