#include "server/ops/thread_name.hpp"

#include <pthread.h>

namespace parley::server {

void name_thread(const std::string& name) {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace parley::server
