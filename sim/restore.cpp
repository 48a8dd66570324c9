#include "sim/restore.hpp"

#include "server/store/backup.hpp"
#include "sim/store_reader.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>

namespace parley::sim {

namespace {

namespace fs = std::filesystem;

constexpr const char* store_file = "data/parley.db";
constexpr const char* log_file = "data/parley.db-wal";

/// A folder of its own, in memory where the machine has such.
class Folder {
  public:
    Folder() {
        std::error_code ignored;
        std::string name =
            fs::is_directory("/dev/shm", ignored) ? "/dev/shm" : fs::temp_directory_path(ignored);
        name += "/parley-sim-XXXXXX";
        if (mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    /// Empty: there is none.
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

bool write_out(const MemoryDisk& disk, const char* from, const std::string& to) {
    const SharedNode node = disk.find(from);
    if (!node) return true;
    std::string bytes(static_cast<std::size_t>(node->file.size()), '\0');
    node->file.read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    std::ofstream out(to, std::ios::binary);
    out << bytes;
    return static_cast<bool>(out.flush());
}

class Host final : public server::StoreHost {
  public:
    explicit Host(Random random) : random_(random) {}
    void fatal(std::string_view) override {}
    void bad_row(std::int64_t, std::int64_t) override {}
    void bad_index(std::int64_t, std::int64_t) override {}
    void bad_page(std::int64_t) override {}
    void random(std::span<std::uint8_t> bytes) override { random_.fill(bytes); }
    server::DiskUse disk_use() override { return {}; }

  private:
    Random random_;
};

/// With these codes the process of a restore ends.
enum Code : std::uint8_t { done, refused, killed };

Code run(const server::BackupPaths& paths, Random random, WallTime now,
         const std::function<void(server::RestoreStep)>& before = {}) {
    Host host(random);
    return server::restore(paths, host, now, before) ? done : refused;
}

/// In a process of its own, since nothing but the end of one is as sudden.
Code run_and_die(const server::BackupPaths& paths, Random random, WallTime now, RestoreDeath death) {
    const pid_t process = fork();
    if (process == 0) {
        _exit(run(paths, random, now, [&](server::RestoreStep step) {
            int& left = step == server::RestoreStep::write ? death.write : death.own;
            if (left > 0 && --left == 0) _exit(killed);
        }));
    }
    int status = 0;
    const bool ended = process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status);
    return ended ? static_cast<Code>(WEXITSTATUS(status)) : refused;
}

bool read_in(MemoryDisk& disk, const std::string& from, const char* to) {
    std::ifstream in(from, std::ios::binary);
    if (!in) return false;
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    disk.put(to, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return true;
}

/// What a restore that was killed has left. By the epoch, which only grows, one tells the stores apart.
RestoreEnd left_behind(const MemoryDisk& disk, const std::optional<StoredRows>& before) {
    const auto stands = read_store(disk);
    if (!before || !stands) return RestoreEnd::broken;
    if (stands->epoch > before->epoch) return RestoreEnd::done;
    const bool same = stands->epoch == before->epoch && stands->position == before->position &&
                      stands->heads == before->heads;
    return same ? RestoreEnd::undone : RestoreEnd::broken;
}

}  // namespace

RestoreEnd restore_store(MemoryDisk& disk, const MemoryDisk& backup, Random random, WallTime now,
                         std::optional<RestoreDeath> death) {
    const Folder folder;
    if (folder.path().empty()) return RestoreEnd::refused;
    const std::string data = folder.path() + "/data";
    const std::string kept = folder.path() + "/backup";
    const std::string store = data + "/parley.db";
    std::error_code failure;
    fs::create_directory(data, failure);
    const bool out = !failure && write_out(backup, store_file, kept) &&
                     write_out(backup, log_file, kept + "-wal") && write_out(disk, store_file, store) &&
                     write_out(disk, log_file, store + "-wal");
    if (!out) return RestoreEnd::refused;
    const server::BackupPaths paths{.directory = data, .file = kept};
    const Code code = death ? run_and_die(paths, random, now, *death) : run(paths, random, now);
    if (code == refused) return RestoreEnd::refused;
    const auto before = code == killed ? read_store(disk) : std::nullopt;
    disk.format();
    const bool stands = read_in(disk, store, store_file);
    (void)read_in(disk, store + "-wal", log_file);
    if (code == done) return stands ? RestoreEnd::done : RestoreEnd::broken;
    return left_behind(disk, before);
}

}  // namespace parley::sim
