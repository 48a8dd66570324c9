#include "server/settings_check.hpp"

#include "server/net/upgrade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace parley::server {

namespace {

constexpr std::int64_t kib_of_mib = 1024;
/// Less makes a stolen store cheap to guess in: the least that OWASP advises for Argon2id with two passes.
constexpr std::int64_t memory_kib_advised = 19'456;
/// Descriptors that are no connection that is served: the store's, event loops', those held to be refused.
constexpr std::int64_t descriptors_besides = 256;

using Mistakes = std::vector<SettingMistake>;

void check_certificate(const Settings& settings, Mistakes& mistakes) {
    const auto needs = [&](std::string_view given, std::string_view missing) {
        mistakes.push_back({given, missing, fmt::format("{} needs {}, which is missing", given, missing)});
    };
    if (settings.listen_certificate.empty() == settings.listen_key.empty()) return;
    if (settings.listen_key.empty()) return needs("listen.certificate", "listen.key");
    needs("listen.key", "listen.certificate");
}

void check_names(const Settings& settings, Mistakes& mistakes) {
    if (settings.data.empty()) mistakes.push_back({"data", {}, "data is a folder, and its name is empty"});
    for (const std::string& origin : settings.listen_origins) {
        if (is_origin(origin)) continue;
        mistakes.push_back(
            {"listen.origins",
             {},
             fmt::format(R"(listen.origins: "{}" is no origin, such as https://chat.example.org)", origin)});
    }
    for (const std::string& proxy : settings.listen_proxies) {
        const auto parsed = TrustedProxies::parse(std::span(&proxy, 1));
        if (!parsed) mistakes.push_back({"listen.proxies", {}, "listen.proxies: " + parsed.error().context});
    }
    // As `parley --server` takes it: without a path.
    std::string_view url = settings.listen_url;
    if (url.ends_with('/')) url.remove_suffix(1);
    if (!settings.listen_url.empty() && !is_origin(url)) {
        mistakes.push_back({"listen.url",
                            {},
                            fmt::format(R"(listen.url: "{}" is no address, such as https://chat.example.org)",
                                        settings.listen_url)});
    }
}

void check_queues(const Settings& settings, Mistakes& mistakes) {
    if (settings.queues_session_kib <= settings.queues_all_mib * kib_of_mib) return;
    mistakes.push_back({"queues.session_kib", "queues.all_mib",
                        fmt::format("queues.session_kib is larger than queues.all_mib, which is {} KiB",
                                    settings.queues_all_mib * kib_of_mib)});
}

}  // namespace

std::vector<SettingMistake> mistakes_in(const Settings& settings) {
    Mistakes mistakes;
    check_names(settings, mistakes);
    check_certificate(settings, mistakes);
    check_queues(settings, mistakes);
    return mistakes;
}

void warn_of(const Settings& settings, const Surroundings& surroundings, Log& log) {
    // In clear, by machines other than this one, and not only by proxies that were named.
    if (!surroundings.loopback && !surroundings.secured && settings.listen_proxies.empty()) {
        log.warning(
            "other machines connect without TLS",
            {{"address", Plain{settings.listen_address}},
             {"danger", Plain{"everybody on the way can read passwords and messages"}},
             {"set",
              Plain{"listen.certificate and listen.key, or, behind a proxy with TLS, listen.proxies"}}});
    }
    if (!surroundings.loopback && settings.passwords_memory_kib < memory_kib_advised) {
        log.warning("passwords are hashed with little memory",
                    {{"danger", Plain{"whoever gets hold of the store guesses them fast"}},
                     {"set", Plain{"passwords.memory_kib"}},
                     {"least_advised", memory_kib_advised}});
    }
    const std::int64_t room = std::max<std::int64_t>(0, surroundings.descriptors - descriptors_besides);
    if (settings.listen_connections_max > room) {
        log.warning("open files are fewer than connections",
                    {{"room", room},
                     {"connections_max", settings.listen_connections_max},
                     {"set", Plain{"the limit of open files (LimitNOFILE of systemd), or "
                                   "listen.connections_max"}}});
    }
}

}  // namespace parley::server
