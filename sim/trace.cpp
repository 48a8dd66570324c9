#include "sim/trace.hpp"

namespace parley::sim {

void Trace::note(Instant at, std::string_view who, std::string_view what, std::string_view bytes) {
    digest_.add(at.ms);
    digest_.add(who);
    digest_.add(what);
    digest_.add(bytes);
    if (listener_) listener_(at, who, what, bytes);
}

}  // namespace parley::sim
