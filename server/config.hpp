#pragma once

#include "base/result.hpp"
#include "server/net/options.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace parley::server {

/// Everything that the operator can settle. What each means stands once, in `settings_table`.
struct Settings {
    std::string data = "data";
    std::string registration = "invite";
    bool metrics = true;
    std::string listen_address = "127.0.0.1";
    std::int64_t listen_port = 8080;
    std::string listen_certificate;
    std::string listen_key;
    std::vector<std::string> listen_origins;
    std::vector<std::string> listen_proxies;
    std::int64_t listen_connections_max = 15'000;
    std::int64_t listen_strangers_max = 500;
    std::string listen_url;
    bool invites_everyone = false;
    std::int64_t accounts_devices_max = 20;
    std::int64_t accounts_new_max = 10;
    std::int64_t accounts_new_retry_seconds = 600;
    std::int64_t calls_per_second = 20;
    std::int64_t calls_burst = 600;
    std::int64_t conversations_members_max = 5'000;
    std::int64_t links_tries_max = 30;
    std::int64_t links_retry_seconds = 10;
    std::int64_t messages_per_second = 5;
    std::int64_t messages_burst = 60;
    std::int64_t messages_edits_max = 100;
    std::int64_t passwords_memory_kib = 65'536;
    std::int64_t passwords_passes = 2;
    std::int64_t passwords_failures_max = 5;
    std::int64_t passwords_retry_seconds = 100;
    std::int64_t passwords_address_failures_max = 50;
    std::int64_t passwords_address_retry_seconds = 20;
    std::int64_t passwords_account_failures_max = 100;
    std::int64_t passwords_account_retry_seconds = 60;
    std::int64_t tokens_access_seconds = 900;
    std::int64_t queues_session_kib = 256;
    std::int64_t queues_all_mib = 256;
    std::int64_t threads_shards = 0;
    std::int64_t threads_readers = 2;
    std::int64_t threads_hashers = 2;
    std::int64_t store_ballast_mib = 16;
    std::int64_t store_log_mib = 16;
    std::int64_t store_scrub_rows_per_second = 200;
    std::int64_t drain_spread_ms = 5'000;
    std::string log_level = "info";
};

/// One line of the table of settings.
struct Setting {
    using Field = std::variant<std::string Settings::*, std::int64_t Settings::*, bool Settings::*,
                               std::vector<std::string> Settings::*>;
    /// In the file; as a variable it is PARLEY_LISTEN_PORT, as a flag --listen.port.
    std::string_view key;
    Field field;
    std::string_view doc;
    std::int64_t min = 0;
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    /// Of a text: what it may be; empty: anything.
    std::vector<std::string_view> choices = {};
    /// A short flag besides --KEY.
    std::string_view flag = {};
    /// What a text is, as the help calls it; empty: one of its choices, or any text.
    std::string_view value = {};
    /// Printed masked. No setting is one yet: the root secret is a file in the data folder, passwords and
    /// tokens are in the store.
    bool secret = false;
};

std::span<const Setting> settings_table();

/// Where values come from; a later one wins: defaults, file, variables, flags.
struct SettingSources {
    /// Path of a TOML file; empty: none.
    std::string file;
    /// NAME and value, as of the process; only those that begin with PARLEY_ are looked at.
    std::vector<std::pair<std::string, std::string>> variables;
    /// Key and value.
    std::vector<std::pair<std::string, std::string>> flags;
};

/// Fails with all that is wrong, one sentence a line, each of which names the file and the line, the variable
/// or the flag. Unknown keys are errors, and values that do not go together.
Result<Settings> load_settings(const SettingSources& sources);

/// What settings that `load_settings` gave say about listening.
NetOptions net_options(const Settings& settings);

/// Under which the server is found.
struct Url {
    std::string text;
    /// It leads here from this machine alone, though others can connect.
    bool of_this_machine_only = false;
};

/// `listen.url`, or what the address and the port on which it listens make.
Url url_of(const Settings& settings, std::uint16_t port);

/// As a TOML file, with secrets masked.
std::string print_settings(const Settings& settings, std::span<const Setting> table = settings_table());

/// One value as it would stand in the file.
std::string print_value(const Settings& settings, const Setting& setting);

/// The variable of a key: PARLEY_LISTEN_PORT of "listen.port".
std::string variable_of(std::string_view key);

}  // namespace parley::server
