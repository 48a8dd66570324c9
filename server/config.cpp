#include "server/config.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "server/near_names.hpp"
#include "server/settings_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <toml++/toml.h>
#include <utility>

namespace parley::server {

namespace {

constexpr std::string_view variable_prefix = "PARLEY_";
/// What is larger was named by mistake.
constexpr std::size_t file_bytes_max = 1 << 20;

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

enum class SourceKind { file, variable, flag };

/// Where something stands, in the order in which mistakes are told.
struct Place {
    SourceKind kind = SourceKind::file;
    /// Of the file; 0: all of it.
    std::size_t line = 0;
    /// As a sentence about it begins.
    std::string name;

    auto order() const { return std::pair(kind, line); }
};

struct Mistake {
    Place place;
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

Result<std::string> read_file(const std::string& file) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored))
        return fail(ErrorCode::invalid, "cannot be read: it is a folder; name the file in it");
    std::ifstream input(file);
    if (!input) return fail(ErrorCode::invalid, std::string("cannot be read: ") + std::strerror(errno));
    std::string text(file_bytes_max + 1, '\0');
    input.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (input.bad()) return fail(ErrorCode::invalid, std::string("cannot be read: ") + std::strerror(errno));
    text.resize(static_cast<std::size_t>(input.gcount()));
    if (text.size() > file_bytes_max)
        return fail(ErrorCode::invalid, "is no file of settings: it is larger than 1 MiB");
    return text;
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

/// The settings as their sources say, one after the other, and all that is wrong with them.
class Loader {
  public:
    void take_file(const std::string& file);
    void take_variables(const SettingSources& sources);
    void take_flags(const SettingSources& sources);
    /// After all sources: what the values say by themselves and beside each other.
    Result<Settings> finish();

  private:
    struct Given {
        Place place;
        /// False: it was told already what is wrong with it.
        bool right = true;
    };

    void take_table(const toml::table& table, const std::string& file, const std::string& prefix);
    void take(const Setting& setting, Place place, const Status& set);
    void say(Place place, std::string what) { mistakes_.push_back({std::move(place), std::move(what)}); }
    bool is_right(std::string_view key) const { return !given_.contains(key) || given_.at(key).right; }

    Settings settings_;
    /// Where the value that counts was given, by its key.
    std::map<std::string_view, Given> given_;
    std::vector<Mistake> mistakes_;
};

void Loader::take(const Setting& setting, Place place, const Status& set) {
    if (!set) say(place, set.error().context);
    given_.insert_or_assign(setting.key, Given{std::move(place), set.has_value()});
}

void Loader::take_table(const toml::table& table, const std::string& file, const std::string& prefix) {
    for (const auto& [name, node] : table) {
        const std::string key = prefix + std::string(name.str());
        const std::size_t line = node.source().begin.line;
        Place place{SourceKind::file, line, fmt::format("{}:{}", file, line)};
        if (const Setting* setting = find(key)) {
            take(*setting, std::move(place), set_from_node(settings_, *setting, node));
        } else if (const auto* inner = node.as_table(); inner != nullptr && is_section(key)) {
            take_table(*inner, file, key + ".");
        } else if (is_section(key)) {
            say(std::move(place), fmt::format("{0} is a section: [{0}], alone on its line", key));
        } else {
            say(std::move(place), "there is no setting " + key + "; " + suggestion(key, known_keys()));
        }
    }
}

/// Of what is no TOML at all the first place is told.
void Loader::take_file(const std::string& file) {
    const auto text = read_file(file);
    if (!text) return say({SourceKind::file, 0, file}, text.error().context);
    try {
        take_table(toml::parse(*text), file, "");
    } catch (const toml::parse_error& error) {
        const std::size_t line = error.source().begin.line;
        say({SourceKind::file, line, fmt::format("{}:{}", file, line)}, std::string(error.description()));
    }
}

void Loader::take_variables(const SettingSources& sources) {
    for (const auto& [name, value] : sources.variables) {
        const auto table = settings_table();
        const auto setting = std::find_if(table.begin(), table.end(),
                                          [&](const Setting& one) { return variable_of(one.key) == name; });
        const Place place{SourceKind::variable, 0, name};
        if (setting != table.end()) {
            take(*setting, place, set_from_text(settings_, *setting, value));
            continue;
        }
        if (!name.starts_with(variable_prefix) || is_of_service(name, value) ||
            std::ranges::find(other_variables, name) != other_variables.end())
            continue;
        std::vector<std::string> known;
        for (const Setting& one : table)
            known.push_back(variable_of(one.key).substr(variable_prefix.size()));
        const std::string_view bare = std::string_view(name).substr(variable_prefix.size());
        say(place, "there is no such setting; " + suggestion(bare, known, variable_prefix));
    }
}

void Loader::take_flags(const SettingSources& sources) {
    for (const auto& [key, value] : sources.flags) {
        const Place place{SourceKind::flag, 0, "--" + key};
        if (const Setting* setting = find(key))
            take(*setting, place, set_from_text(settings_, *setting, value));
        else
            say(place, "there is no such setting");
    }
}

Result<Settings> Loader::finish() {
    for (const SettingMistake& one : mistakes_in(settings_)) {
        // What was refused says nothing about what stands beside it.
        if (is_right(one.key) && is_right(one.beside)) say(given_[one.key].place, one.what);
    }
    if (mistakes_.empty()) return std::move(settings_);
    std::ranges::stable_sort(mistakes_, {}, [](const Mistake& one) { return one.place.order(); });
    std::vector<std::string> lines;
    lines.reserve(mistakes_.size());
    for (const Mistake& one : mistakes_)
        lines.push_back(one.place.name + ": " + one.what);
    return fail(ErrorCode::invalid, fmt::format("{}", fmt::join(lines, "\n")));
}

/// A basic string of TOML.
std::string in_quotes(std::string_view text) {
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') made += '\\';
        const auto code = static_cast<unsigned char>(c);
        made += code < 0x20 || code == 0x7f ? fmt::format("\\u{:04X}", code) : std::string(1, c);
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
    Loader loader;
    if (!sources.file.empty()) loader.take_file(sources.file);
    loader.take_variables(sources);
    loader.take_flags(sources);
    return loader.finish();
}

NetOptions net_options(const Settings& settings) {
    auto proxies = TrustedProxies::parse(settings.listen_proxies);
    assert(proxies && "settings that load_settings did not give");
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
