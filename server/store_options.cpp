#include "server/store_options.hpp"

#include "server/ops/clock.hpp"
#include "server/store/file_identity.hpp"

namespace parley::server {

SqliteOptions store_options(const Settings& settings) {
    return {.directory = settings.data,
            .vfs = {},
            .ballast_bytes = settings.store_ballast_mib << 20,
            .log_bytes_max = settings.store_log_mib << 20,
            .opened_file = [file = settings.data + "/parley.db"] {
                return OpenedFile{file_identity(file), current_time().wall};
            }};
}

}  // namespace parley::server
