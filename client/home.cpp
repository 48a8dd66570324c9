#include "client/home.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace parley::client {

namespace fs = std::filesystem;

namespace {

std::string first_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

bool write_synced(const fs::path& file, std::string_view bytes) {
    constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only);
    if (descriptor < 0) return false;
    const bool whole =
        ::write(descriptor, bytes.data(), bytes.size()) == std::ssize(bytes) && ::fsync(descriptor) == 0;
    return ::close(descriptor) == 0 && whole;
}

bool write_line(const fs::path& file, std::string_view line) {
    // Written beside and renamed, so that a crash leaves the old or the new one; synced, so that a power loss
    // does not leave a name without content: an account whose server is not known is as good as lost.
    const fs::path beside = file.string() + ".new";
    if (!write_synced(beside, std::string(line) + '\n')) return false;
    std::error_code error;
    fs::rename(beside, file, error);
    if (error) return false;
    return sync_folder(file.parent_path());
}

std::optional<AccountPlace> read_place(const fs::path& folder) {
    const auto server = ServerAddress::parse(first_line(folder / "server"));
    if (!server) return std::nullopt;
    std::string name = folder.filename().string();
    if (const auto handle = first_line(folder / "handle"); !handle.empty())
        name.replace(0, name.find('@'), handle);
    return AccountPlace{
        .folder = folder, .name = std::move(name), .server = *server, .ca_file = first_line(folder / "ca")};
}

std::string without_scheme(const ServerAddress& server) {
    const std::string text = server.text();
    return text.substr(text.find("://") + 3);
}

std::string listed(const std::vector<AccountPlace>& places) {
    std::string text;
    for (const AccountPlace& place : places)
        text += (text.empty() ? "" : ", ") + place.name;
    return text;
}

}  // namespace

bool sync_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL;
    return ::close(descriptor) == 0 && synced;
}

std::optional<fs::path> Home::usual_root() {
    const auto variable = [](const char* name) -> std::optional<fs::path> {
        const char* value = std::getenv(name);
        if (value == nullptr || *value == '\0') return std::nullopt;
        return fs::path(value);
    };
    if (const auto own = variable("PARLEY_HOME")) return own;
    if (const auto data = variable("XDG_DATA_HOME"); data && data->is_absolute()) return *data / "parley";
    if (const auto home = variable("HOME")) return *home / ".local" / "share" / "parley";
    return std::nullopt;
}

std::vector<AccountPlace> Home::accounts() const {
    std::vector<AccountPlace> places;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_, error)) {
        if (auto place = read_place(entry.path())) places.push_back(std::move(*place));
    }
    std::ranges::sort(places, {}, &AccountPlace::name);
    return places;
}

std::string Home::word_for(const AccountPlace& place) const {
    if (find(std::nullopt)) return {};
    return find(place.handle()) ? place.handle() : place.name;
}

std::expected<AccountPlace, NoAccount> Home::find(const std::optional<std::string>& wanted) const {
    std::vector<AccountPlace> all = accounts();
    if (all.empty()) {
        return std::unexpected(
            NoAccount{"Nobody is signed in here. Sign in with: parley login HANDLE --server ADDRESS (or "
                      "register, for a new account)"});
    }
    std::vector<AccountPlace> fitting;
    for (const AccountPlace& place : all) {
        if (wanted == place.name) return place;
        if (!wanted || *wanted == place.handle()) fitting.push_back(place);
    }
    if (fitting.size() == 1) return fitting.front();
    if (fitting.empty()) {
        return std::unexpected(
            NoAccount{*wanted + " is not signed in here. Signed in: " + listed(all) + "."});
    }
    return std::unexpected(NoAccount{
        .sentence =
            "Several accounts are signed in here: choose one with --account, as in parley --account " +
            fitting.front().name + ". There are: " + listed(fitting) + ".",
        .several = true});
}

std::expected<AccountPlace, std::string> Home::prepare(std::string_view handle, const ServerAddress& server,
                                                       std::string_view ca_file) const {
    AccountPlace place{.server = server, .ca_file = std::string(ca_file)};
    place.name = std::string(handle) + "@" + without_scheme(server);
    place.folder = root_ / place.name;
    for (const AccountPlace& one : accounts()) {
        if (one.name == place.name) place.folder = one.folder;
    }
    std::error_code error;
    fs::create_directories(place.folder, error);
    // Both, since the folder above may be open to others for good reasons.
    if (!error) fs::permissions(place.folder, fs::perms::owner_all, error);
    if (error)
        return std::unexpected("The folder " + place.folder.string() + " cannot be made: " + error.message() +
                               ".");
    return place;
}

std::expected<void, std::string> Home::remember(const AccountPlace& place) {
    std::error_code error;
    bool done = true;
    if (place.ca_file.empty()) {
        fs::remove(place.folder / "ca", error);
    } else {
        done = write_line(place.folder / "ca", fs::absolute(place.ca_file, error).string());
    }
    if (done && write_line(place.folder / "server", place.server.text())) return {};
    return std::unexpected("Nothing can be written to " + place.folder.string() + ".");
}

bool Home::remembers(const AccountPlace& place) {
    std::error_code ignored;
    return fs::exists(place.folder / "server", ignored);
}

std::expected<void, std::string> Home::rename(const AccountPlace& place, const std::string& handle) {
    std::error_code error;
    const std::string folder = place.folder.filename().string();
    if (folder.substr(0, folder.find('@')) == handle) {
        fs::remove(place.folder / "handle", error);
        if (!error) return {};
    } else if (write_line(place.folder / "handle", handle)) {
        return {};
    }
    return std::unexpected("Nothing can be written to " + place.folder.string() + ".");
}

void Home::forget(const AccountPlace& place) {
    std::error_code ignored;
    fs::remove(place.folder / "server", ignored);
    fs::remove(place.folder / "handle", ignored);
    // Nothing private is in it, but it is about somebody who is here no more.
    fs::remove(place.recording_file(), ignored);
}

bool Home::records(const AccountPlace& place) {
    // Where it cannot be told, nothing is recorded that the person may not want.
    std::error_code ignored;
    return fs::status(place.folder / "unrecorded", ignored).type() == fs::file_type::not_found;
}

std::expected<void, std::string> Home::set_records(const AccountPlace& place, bool wanted) {
    std::error_code error;
    if (wanted) {
        fs::remove(place.folder / "unrecorded", error);
    } else if (write_line(place.folder / "unrecorded", "The flight recorder is off: parley report --on")) {
        fs::remove(place.recording_file(), error);
    } else {
        error = std::make_error_code(std::errc::permission_denied);
    }
    if (!error) return {};
    return std::unexpected("Nothing can be written to " + place.folder.string() + ".");
}

void Home::remove(const AccountPlace& place) {
    forget(place);
    std::error_code ignored;
    for (const char* name : {"parley.db", "parley.db-wal", "parley.db-shm", "ca", "socket", "unrecorded"}) {
        fs::remove(place.folder / name, ignored);
    }
    // The locked file stays: a new one under its name could be locked by somebody else at the same time.
}

std::optional<OwnerLock> OwnerLock::try_take(const AccountPlace& place) {
    const int descriptor = ::open((place.folder / "owner").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return std::nullopt;
    OwnerLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return std::nullopt;
    const std::string number = std::to_string(::getpid()) + "\n";
    // Only told to people; a failure changes nothing.
    [[maybe_unused]] const int cut = ::ftruncate(descriptor, 0);
    [[maybe_unused]] const auto written = ::pwrite(descriptor, number.data(), number.size(), 0);
    return lock;
}

OwnerLock::OwnerLock(OwnerLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

OwnerLock::~OwnerLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

int OwnerLock::holder(const AccountPlace& place) {
    const std::string line = first_line(place.folder / "owner");
    int number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    return number;
}

}  // namespace parley::client
