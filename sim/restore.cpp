#include "sim/restore.hpp"

#include "server/store/backup.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
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

}  // namespace

bool restore_store(MemoryDisk& disk, const MemoryDisk& backup, Random random, WallTime now) {
    const Folder folder;
    if (folder.path().empty()) return false;
    const std::string data = folder.path() + "/data";
    const std::string kept = folder.path() + "/backup";
    std::error_code failure;
    fs::create_directory(data, failure);
    const bool out = !failure && write_out(backup, store_file, kept) &&
                     write_out(backup, log_file, kept + "-wal") &&
                     write_out(disk, store_file, data + "/parley.db") &&
                     write_out(disk, log_file, data + "/parley.db-wal");
    Host host(random);
    if (!out || !server::restore({.directory = data, .file = kept}, host, now)) return false;
    std::ifstream in(data + "/parley.db", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    disk.format();
    disk.put(store_file, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return true;
}

}  // namespace parley::sim
