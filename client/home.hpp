#pragma once

#include "base/result.hpp"
#include "client/net/transport.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::client {

/// Where one account's things are on this machine. In its folder, which only the person may enter:
///
///     server      address of the server, one line; without it the account is signed out
///     handle      the handle of now, where it is not the one with which this device signed in
///     ca          path of a file with certificates, where one was given
///     parley.db   the core's database (and SQLite's -wal and -shm beside it)
///     owner       locked by the process that has the database open; holds its number
///     socket      where that process listens for others
///     recording   what its flight recorder keeps; not there where nothing is recorded
///     unrecorded  is there where the person does not want it
struct AccountPlace {
    std::filesystem::path folder;
    /// "ada@chat.example.org", with the handle of now; also the folder's name, until the handle changes.
    std::string name;
    ServerAddress server;
    std::string ca_file;

    std::string handle() const { return name.substr(0, name.find('@')); }
    std::string database_file() const { return folder / "parley.db"; }
    std::string recording_file() const { return folder / "recording"; }
};

/// What was made, renamed or removed in the folder lasts when this returns; true also where its file system
/// has nothing to sync of a folder (EINVAL).
bool sync_folder(const std::filesystem::path& folder);

/// Why none is found: a sentence for people that says what to do.
struct NoAccount {
    std::string sentence;
    /// Several fit: one has to be chosen.
    bool several = false;
};

/// The folder with all accounts of this person on this machine.
class Home {
  public:
    explicit Home(std::filesystem::path root) : root_(std::move(root)) {}

    /// PARLEY_HOME, else parley/ in XDG_DATA_HOME, else in ~/.local/share; nothing where none of them is set.
    static std::optional<std::filesystem::path> usual_root();

    const std::filesystem::path& root() const { return root_; }

    /// Those that are signed in, by name.
    std::vector<AccountPlace> accounts() const;

    /// The account of this name or, where it is the only one with it, of this handle; without a wish the only
    /// one.
    std::expected<AccountPlace, NoAccount> find(const std::optional<std::string>& wanted) const;
    /// The shortest word by which `find` gives this one; empty where it is the only one.
    std::string word_for(const AccountPlace& place) const;

    /// Makes the folder where the account has none yet; `remember` makes it an account.
    std::expected<AccountPlace, std::string> prepare(std::string_view handle, const ServerAddress& server,
                                                     std::string_view ca_file) const;
    static std::expected<void, std::string> remember(const AccountPlace& place);
    static bool remembers(const AccountPlace& place);
    /// From now on the account is found by this handle.
    static std::expected<void, std::string> rename(const AccountPlace& place, const std::string& handle);
    /// Signed out: the account is no longer found here.
    static void forget(const AccountPlace& place);
    /// Whether the flight recorder runs. A change holds from the next process on that opens the account.
    static bool records(const AccountPlace& place);
    static std::expected<void, std::string> set_records(const AccountPlace& place, bool wanted);
    /// Removes what is left in the folder; only for whoever holds its lock.
    static void remove(const AccountPlace& place);

  private:
    std::filesystem::path root_;
};

/// Held by the one process that may open an account's database; the kernel lets go of it when that process
/// ends.
class OwnerLock {
  public:
    /// Nothing where another process holds it.
    static std::optional<OwnerLock> try_take(const AccountPlace& place);
    ~OwnerLock();
    OwnerLock(OwnerLock&& other) noexcept;
    OwnerLock& operator=(OwnerLock&&) = delete;

    /// Number of the process that holds it, as it wrote it down; 0 where that cannot be told.
    static int holder(const AccountPlace& place);

  private:
    explicit OwnerLock(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace parley::client
