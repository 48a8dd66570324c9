#include "server/store/epoch_memory.hpp"

#include "server/store/copies_sqlite.hpp"

namespace parley::server {

namespace {

std::string memory_in(const std::string& directory) {
    return copies::database_in(directory) + ".restored";
}

}  // namespace

std::int64_t remembered_epoch(const std::string& directory) {
    return epoch_in(copies::content_of(memory_in(directory)));
}

Status remember_epoch(const std::string& directory, std::int64_t epoch) {
    const std::string fresh = memory_in(directory) + ".new";
    TRY(copies::write_private(fresh, epoch_text(epoch)));
    return copies::move_into_place(fresh, memory_in(directory));
}

}  // namespace parley::server
