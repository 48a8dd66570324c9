#include "server/config.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/near_names.hpp"
#include "server/net/upgrade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <toml++/toml.h>
#include <utility>

namespace parley::server {

namespace {

constexpr std::string_view variable_prefix = "PARLEY_";
/// What is larger was named by mistake.
constexpr std::size_t file_bytes_max = 1 << 20;

std::unexpected<Error> bad(std::string where, const std::string& what) {
    return fail(ErrorCode::invalid, std::move(where) + ": " + what);
}

const Setting* find(std::string_view key) {
    const auto table = settings_table();
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const Setting& one) { return one.key == key; });
    return found == table.end() ? nullptr : &*found;
}

/// Whether keys begin with this and a dot.
bool is_section(std::string_view name) {
    return std::ranges::any_of(settings_table(), [&](const Setting& one) {
        return one.key.starts_with(name) && one.key.substr(name.size()).starts_with('.');
    });
}

Status set(Settings& settings, const Setting& setting, std::int64_t value) {
    if (value < setting.min || value > setting.max) {
        return fail(ErrorCode::invalid,
                    fmt::format("{} is from {} to {}", setting.key, setting.min, setting.max));
    }
    settings.*std::get<std::int64_t Settings::*>(setting.field) = value;
    return {};
}

Status set(Settings& settings, const Setting& setting, std::string value) {
    if (!setting.choices.empty() &&
        std::find(setting.choices.begin(), setting.choices.end(), value) == setting.choices.end()) {
        return fail(ErrorCode::invalid,
                    fmt::format("{} is one of {}", setting.key, fmt::join(setting.choices, ", ")));
    }
    settings.*std::get<std::string Settings::*>(setting.field) = std::move(value);
    return {};
}

/// From a variable or a flag, where everything is text; lists have commas between.
Status set_from_text(Settings& settings, const Setting& setting, const std::string& text) {
    if (std::holds_alternative<std::string Settings::*>(setting.field)) return set(settings, setting, text);
    if (const auto* flag = std::get_if<bool Settings::*>(&setting.field)) {
        if (text != "true" && text != "false") {
            return fail(ErrorCode::invalid, fmt::format("{} is true or false", setting.key));
        }
        settings.*(*flag) = text == "true";
        return {};
    }
    if (const auto* list = std::get_if<std::vector<std::string> Settings::*>(&setting.field)) {
        (settings.*(*list)).clear();
        std::istringstream parts(text);
        for (std::string part; std::getline(parts, part, ',');)
            (settings.*(*list)).push_back(part);
        return {};
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return fail(ErrorCode::invalid, fmt::format("{} is a whole number", setting.key));
    }
    return set(settings, setting, value);
}

Status set_from_node(Settings& settings, const Setting& setting, const toml::node& node) {
    if (std::holds_alternative<std::string Settings::*>(setting.field)) {
        if (const auto text = node.value_exact<std::string>()) return set(settings, setting, *text);
        return fail(ErrorCode::invalid, fmt::format("{} is a text, in quotes", setting.key));
    }
    if (const auto* flag = std::get_if<bool Settings::*>(&setting.field)) {
        const auto value = node.value_exact<bool>();
        if (!value) return fail(ErrorCode::invalid, fmt::format("{} is true or false", setting.key));
        settings.*(*flag) = *value;
        return {};
    }
    if (const auto* list = std::get_if<std::vector<std::string> Settings::*>(&setting.field)) {
        const auto* array = node.as_array();
        if (array == nullptr || !(array->empty() || array->is_homogeneous<std::string>())) {
            return fail(ErrorCode::invalid, fmt::format("{} is a list of texts", setting.key));
        }
        (settings.*(*list)).clear();
        for (const toml::node& one : *array)
            (settings.*(*list)).push_back(**one.as_string());
        return {};
    }
    const auto value = node.value_exact<std::int64_t>();
    if (!value) return fail(ErrorCode::invalid, fmt::format("{} is a whole number", setting.key));
    return set(settings, setting, *value);
}

/// What is wrong with the settings, one sentence each.
using Mistakes = std::vector<std::string>;

/// Of a file, where they are told in the order of its lines.
struct FileMistake {
    std::size_t line = 0;
    std::string what;
};

/// The end of a sentence about a name that nobody knows.
std::string suggestion(std::string_view name, std::span<const std::string> known,
                       std::string_view prefix = {}) {
    const std::string nearest = nearest_name(name, known);
    return nearest.empty() ? "parleyd config print shows all"
                           : fmt::format("did you mean {}{}?", prefix, nearest);
}

/// Of the file: with the sections, which come first.
std::vector<std::string> known_keys() {
    std::vector<std::string> keys;
    for (const Setting& one : settings_table()) {
        const std::string section{one.key.substr(0, one.key.find('.'))};
        if (section != one.key && std::ranges::find(keys, section) == keys.end()) keys.push_back(section);
    }
    for (const Setting& one : settings_table())
        keys.emplace_back(one.key);
    return keys;
}

void apply_table(Settings& settings, const toml::table& table, const std::string& prefix,
                 std::vector<FileMistake>& mistakes) {
    for (const auto& [name, node] : table) {
        const std::string key = prefix + std::string(name.str());
        const std::size_t line = node.source().begin.line;
        if (const Setting* setting = find(key)) {
            const Status set = set_from_node(settings, *setting, node);
            if (!set) mistakes.push_back({line, set.error().context});
        } else if (const auto* inner = node.as_table(); inner != nullptr && is_section(key)) {
            apply_table(settings, *inner, key + ".", mistakes);
        } else if (is_section(key)) {
            mistakes.push_back({line, fmt::format("{0} is a section: [{0}], alone on its line", key)});
        } else {
            mistakes.push_back({line, "there is no setting " + key + "; " + suggestion(key, known_keys())});
        }
    }
}

Result<std::string> read_file(const std::string& file) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        return bad(file, "cannot be read: it is a folder; name the file in it");
    std::ifstream input(file);
    if (!input) return bad(file, std::string("cannot be read: ") + std::strerror(errno));
    std::string text(file_bytes_max + 1, '\0');
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (input.bad()) return bad(file, std::string("cannot be read: ") + std::strerror(errno));
    text.resize(static_cast<std::size_t>(input.gcount()));
    if (text.size() > file_bytes_max) return bad(file, "is no file of settings: it is larger than 1 MiB");
    return text;
}

/// All that is wrong with it, unless it is no TOML at all, of which the first place is told.
void apply_file(Settings& settings, const std::string& file, Mistakes& mistakes) {
    const auto text = read_file(file);
    if (!text) return mistakes.push_back(text.error().context);
    std::vector<FileMistake> found;
    try {
        apply_table(settings, toml::parse(*text), "", found);
    } catch (const toml::parse_error& error) {
        found = {{error.source().begin.line, std::string(error.description())}};
    }
    std::ranges::stable_sort(found, {}, &FileMistake::line);
    for (const FileMistake& one : found)
        mistakes.push_back(fmt::format("{}:{}: {}", file, one.line, one.what));
}

/// Variables of ours that are no settings: the file that the settings stand in, and what `parley` takes.
constexpr std::array<std::string_view, 5> other_variables{"PARLEY_CONFIG", "PARLEY_HOME", "PARLEY_ACCOUNT",
                                                          "PARLEY_PASSWORD", "PARLEY_JUMP_CHANGES"};

/// Whether Kubernetes or Docker make such a variable in every container beside a service or a link whose name
/// is parley or begins so: PARLEY_SERVICE_HOST, PARLEY_PORT=tcp://10.0.0.3:8080, PARLEY_PORT_8080_TCP_ADDR,
/// and for parley-web PARLEY_WEB_SERVICE_HOST.
bool is_of_service(std::string_view name, std::string_view value) {
    constexpr std::string_view port = "_PORT_";
    const std::string_view behind_port = name.substr(std::min(name.find(port), name.size()));
    const bool numbered = behind_port.size() > port.size() && behind_port[port.size()] >= '0' &&
                          behind_port[port.size()] <= '9';
    const bool has_address = name.ends_with("_PORT") && value.find("://") != std::string_view::npos;
    return numbered || has_address || name.find("_SERVICE_") != std::string_view::npos ||
           name.starts_with("PARLEY_ENV_") || name == "PARLEY_NAME";
}

void apply_variables(Settings& settings, const SettingSources& sources, Mistakes& mistakes) {
    for (const auto& [name, value] : sources.variables) {
        const auto table = settings_table();
        const auto setting = std::find_if(table.begin(), table.end(),
                                          [&](const Setting& one) { return variable_of(one.key) == name; });
        if (setting != table.end()) {
            if (const Status set = set_from_text(settings, *setting, value); !set)
                mistakes.push_back(name + ": " + set.error().context);
            continue;
        }
        if (!name.starts_with(variable_prefix) || is_of_service(name, value) ||
            std::ranges::find(other_variables, name) != other_variables.end())
            continue;
        std::vector<std::string> known;
        for (const Setting& one : table)
            known.push_back(variable_of(one.key).substr(variable_prefix.size()));
        const std::string_view bare = std::string_view(name).substr(variable_prefix.size());
        mistakes.push_back(name + ": there is no such setting; " + suggestion(bare, known, variable_prefix));
    }
}

void apply_flags(Settings& settings, const SettingSources& sources, Mistakes& mistakes) {
    for (const auto& [key, value] : sources.flags) {
        const Setting* setting = find(key);
        const Status set = setting != nullptr ? set_from_text(settings, *setting, value)
                                              : fail(ErrorCode::invalid, "there is no such setting");
        if (!set) mistakes.push_back("--" + key + ": " + set.error().context);
    }
}

std::string in_quotes(std::string_view text) {
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') made += '\\';
        made += c;
    }
    return made + '"';
}

}  // namespace

std::string print_value(const Settings& settings, const Setting& setting) {
    if (const auto* text = std::get_if<std::string Settings::*>(&setting.field)) {
        const std::string& value = settings.*(*text);
        return in_quotes(setting.secret && !value.empty() ? "********" : value);
    }
    if (const auto* flag = std::get_if<bool Settings::*>(&setting.field))
        return settings.*(*flag) ? "true" : "false";
    if (const auto* number = std::get_if<std::int64_t Settings::*>(&setting.field)) {
        return std::to_string(settings.*(*number));
    }
    std::string list = "[";
    for (const std::string& one : settings.*std::get<std::vector<std::string> Settings::*>(setting.field)) {
        if (list.size() > 1) list += ", ";
        list += in_quotes(one);
    }
    return list + "]";
}

std::string variable_of(std::string_view key) {
    std::string name{variable_prefix};
    for (const char c : key) {
        name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name;
}

Result<Settings> load_settings(const SettingSources& sources) {
    Settings settings;
    Mistakes mistakes;
    if (!sources.file.empty()) apply_file(settings, sources.file, mistakes);
    apply_variables(settings, sources, mistakes);
    apply_flags(settings, sources, mistakes);
    if (!mistakes.empty()) return fail(ErrorCode::invalid, fmt::format("{}", fmt::join(mistakes, "\n")));
    TRY(net_options(settings));
    return settings;
}

Result<NetOptions> net_options(const Settings& settings) {
    if (settings.listen_certificate.empty() != settings.listen_key.empty()) {
        return fail(ErrorCode::invalid, "listen.certificate and listen.key go together");
    }
    for (const std::string& origin : settings.listen_origins) {
        if (is_origin(origin)) continue;
        return bad("listen.origins", "\"" + origin + "\" is no origin, such as https://chat.example.org");
    }
    auto proxies = TrustedProxies::parse(settings.listen_proxies);
    if (!proxies) return bad("listen.proxies", proxies.error().context);
    NetOptions net;
    net.address = settings.listen_address;
    net.port = static_cast<std::uint16_t>(settings.listen_port);
    net.certificate_file = settings.listen_certificate;
    net.key_file = settings.listen_key;
    net.origins = settings.listen_origins;
    net.proxies = std::move(*proxies);
    net.connections_max = settings.listen_connections_max;
    net.strangers_max = settings.listen_strangers_max;
    return net;
}

Url url_of(const Settings& settings, std::uint16_t port) {
    if (!settings.listen_url.empty()) return {.text = settings.listen_url};
    const std::string& address = settings.listen_address;
    const bool all = address == "0.0.0.0" || address == "::";
    const bool is_v6 = address.find(':') != std::string::npos;
    const std::string host = all ? "localhost" : is_v6 ? "[" + address + "]" : address;
    const char* scheme = settings.listen_certificate.empty() ? "http" : "https";
    return {.text = fmt::format("{}://{}:{}", scheme, host, port), .of_this_machine_only = all};
}

std::string print_settings(const Settings& settings, std::span<const Setting> table) {
    std::string text;
    std::string_view section;
    for (const Setting& setting : table) {
        const std::size_t dot = setting.key.find('.');
        const std::string_view own =
            dot == std::string_view::npos ? std::string_view{} : setting.key.substr(0, dot);
        if (own != section) text += fmt::format("\n[{}]\n", own);
        section = own;
        const std::string_view name = own.empty() ? setting.key : setting.key.substr(dot + 1);
        text += fmt::format("# {}\n{} = {}\n", setting.doc, name, print_value(settings, setting));
    }
    return text;
}

}  // namespace parley::server
