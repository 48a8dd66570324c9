#include "server/config.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace parley::server {
namespace {

using testing::StartsWith;

/// A settings file of its own, gone afterwards.
class File {
  public:
    explicit File(const std::string& text) {
        std::string pattern = std::filesystem::temp_directory_path() / "parley-config-XXXXXX";
        const int descriptor = ::mkstemp(pattern.data());
        ::close(descriptor);
        path_ = pattern;
        std::ofstream(path_) << text;
    }
    ~File() { std::filesystem::remove(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

Result<Settings> load(const std::string& text) {
    const File file(text);
    return load_settings({.file = file.path(), .variables = {}, .flags = {}});
}

std::string mistake(const std::string& text) {
    const File file(text);
    const auto settings = load_settings({.file = file.path(), .variables = {}, .flags = {}});
    EXPECT_FALSE(settings);
    if (settings) return {};
    const std::string context = settings.error().context;
    EXPECT_TRUE(context.starts_with(file.path())) << context;
    return context.substr(file.path().size());
}

TEST(Settings, HaveDefaults) {
    const auto settings = load_settings({});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->listen_address, "127.0.0.1");
    EXPECT_EQ(settings->listen_port, 8080);
    EXPECT_EQ(settings->registration, "invite");
    EXPECT_EQ(settings->data, "data");
}

TEST(Settings, ComeFromAFile) {
    const auto settings = load(
        "data = '/var/lib/parley'\nmetrics = false\n[listen]\nport = 443\norigins = ['https://a.example', "
        "'https://b.example']\n");
    ASSERT_TRUE(settings) << settings.error().context;
    EXPECT_EQ(settings->data, "/var/lib/parley");
    EXPECT_FALSE(settings->metrics);
    EXPECT_EQ(settings->listen_port, 443);
    EXPECT_EQ(settings->listen_origins, (std::vector<std::string>{"https://a.example", "https://b.example"}));
}

TEST(Settings, OfALaterSourceWin) {
    const File file("[listen]\nport = 1\naddress = '10.0.0.1'\n[log]\nlevel = 'debug'\n");
    const auto settings =
        load_settings({.file = file.path(),
                       .variables = {{"PARLEY_LISTEN_PORT", "2"},
                                     {"PARLEY_LISTEN_ADDRESS", "10.0.0.2"},
                                     {"PARLEY_LISTEN_ORIGINS", "https://a.example,https://b.example"},
                                     {"PATH", "/bin"},
                                     {"PARLEY_HOME", "the client's"},
                                     {"PARLEY_PORT", "tcp://10.0.0.3:8080"},
                                     {"PARLEY_PORT_8080_TCP_ADDR", "10.0.0.3"},
                                     {"PARLEY_SERVICE_HOST", "10.0.0.3"},
                                     {"PARLEY_WEB_SERVICE_PORT_HTTP", "80"},
                                     {"PARLEY_CONFIG", "said elsewhere"}},
                       .flags = {{"listen.port", "3"}}});
    ASSERT_TRUE(settings) << settings.error().context;
    EXPECT_EQ(settings->listen_port, 3);
    EXPECT_EQ(settings->listen_address, "10.0.0.2");
    EXPECT_EQ(settings->log_level, "debug");
    EXPECT_EQ(settings->listen_origins.size(), 2u);
}

TEST(Settings, ThatNobodyKnowsAreNamedWithTheirLine) {
    EXPECT_EQ(mistake("data = 'x'\n\n[listen]\nprot = 1\n"),
              ":4: there is no setting listen.prot; did you mean listen.port?");
    const std::string none = "; parleyd config print shows all";
    EXPECT_EQ(mistake("colour = 'red'\n"), ":1: there is no setting colour" + none);
    EXPECT_EQ(mistake("[nothing]\nx = 1\n"), ":1: there is no setting nothing" + none);
    EXPECT_EQ(mistake("data = 'x'\n[nothing]\n"), ":2: there is no setting nothing" + none);
    EXPECT_THAT(mistake("[listen]\nport = 1\n[listen.more]\n"),
                StartsWith(":3: there is no setting listen.more; "));
    EXPECT_EQ(mistake("[[listen]]\nport = 1\n"), ":1: listen is a section: [listen], alone on its line");
    EXPECT_EQ(mistake("listen = 8080\n"), ":1: listen is a section: [listen], alone on its line");
    EXPECT_EQ(mistake("[lisen]\nport = 1\n"), ":1: there is no setting lisen; did you mean listen?");
    EXPECT_EQ(mistake("port = 1\n"), ":1: there is no setting port; did you mean listen.port?");
    EXPECT_TRUE(load("[listen]\n[log]\n")) << "a section may be empty";
}

TEST(Settings, ThatAreWrongAreAllToldInTheOrderOfTheirLines) {
    const File file(
        "registration = 'never'\n[store]\nlog_mib = 0\n[listen]\nprot = 1\naddress = 7\n[lisen]\n");
    const auto settings = load_settings(
        {.file = file.path(), .variables = {{"PARLEY_LOG_LEVEL", "loud"}}, .flags = {{"listen.port", "x"}}});
    ASSERT_FALSE(settings);
    const std::string& path = file.path();
    const std::vector<std::string> all{
        path + ":1: registration is one of open, invite, closed",
        path + ":3: store.log_mib is from 1 to 1024",
        path + ":5: there is no setting listen.prot; did you mean listen.port?",
        path + ":6: listen.address is a text, in quotes",
        path + ":7: there is no setting lisen; did you mean listen?",
        "PARLEY_LOG_LEVEL: log.level is one of debug, info, warning, error",
        "--listen.port: listen.port is a whole number",
    };
    EXPECT_EQ(settings.error().context, fmt::format("{}", fmt::join(all, "\n")));
}

TEST(Settings, ComeFromNoFolderAndNoFileThatCannotBeRead) {
    const auto said = [](const std::string& file) {
        return load_settings({.file = file, .variables = {}, .flags = {}}).error().context;
    };
    const std::string folder = std::filesystem::temp_directory_path().string();
    EXPECT_EQ(said(folder), folder + ": cannot be read: it is a folder; name the file in it");
    EXPECT_EQ(said("/nowhere/x.toml"), "/nowhere/x.toml: cannot be read: No such file or directory");
    // It can be opened, and not read at its beginning.
    EXPECT_THAT(said("/proc/self/mem"), StartsWith("/proc/self/mem: cannot be read: "));
    EXPECT_EQ(said("/dev/zero"), "/dev/zero: is no file of settings: it is larger than 1 MiB");
    EXPECT_TRUE(load_settings({.file = "/dev/null", .variables = {}, .flags = {}}));
}

TEST(Settings, OfWhatStrangersMayDoAreCheckedAndPrinted) {
    EXPECT_NE(
        mistake("[passwords]\naddress_failures_max = 0\n").find("passwords.address_failures_max is from 1"),
        std::string::npos);
    for (const auto* key :
         {"accounts.new_max", "accounts.new_retry_seconds", "links.tries_max", "links.retry_seconds",
          "passwords.address_failures_max", "passwords.address_retry_seconds",
          "passwords.account_failures_max", "passwords.account_retry_seconds"}) {
        const auto refused = load_settings({.file = {}, .variables = {}, .flags = {{key, "0"}}});
        EXPECT_FALSE(refused) << key;
        const auto settings =
            load_settings({.file = {}, .variables = {{variable_of(key), "77"}}, .flags = {}});
        ASSERT_TRUE(settings) << key;
        const std::string name = std::string(key).substr(std::string_view(key).find('.') + 1);
        EXPECT_NE(print_settings(*settings).find("\n" + name + " = 77\n"), std::string::npos) << key;
    }
}

TEST(Settings, OfTheWrongKindAreNamedWithTheirLine) {
    EXPECT_EQ(mistake("\n[listen]\nport = 'http'\n"), ":3: listen.port is a whole number");
    EXPECT_EQ(mistake("data = 1\n"), ":1: data is a text, in quotes");
    EXPECT_EQ(mistake("metrics = 'yes'\n"), ":1: metrics is true or false");
    EXPECT_EQ(mistake("[listen]\norigins = [1]\n"), ":2: listen.origins is a list of texts");
    EXPECT_EQ(mistake("[listen]\nport = 65536\n"), ":2: listen.port is from 0 to 65535");
    EXPECT_EQ(mistake("registration = 'never'\n"), ":1: registration is one of open, invite, closed");
    EXPECT_TRUE(mistake("data = \n").starts_with(":1: "));
}

TEST(Settings, InVariablesAndFlagsAreCheckedAsWell) {
    EXPECT_EQ(
        load_settings({.file = {}, .variables = {{"PARLEY_LISTEN_PORT", "x"}}, .flags = {}}).error().context,
        "PARLEY_LISTEN_PORT: listen.port is a whole number");
    EXPECT_EQ(
        load_settings({.file = {}, .variables = {{"PARLEY_LISTEN_PROT", "1"}}, .flags = {}}).error().context,
        "PARLEY_LISTEN_PROT: there is no such setting; did you mean PARLEY_LISTEN_PORT?");
    EXPECT_EQ(load_settings({.file = {}, .variables = {}, .flags = {{"metrics", "1"}}}).error().context,
              "--metrics: metrics is true or false");
    EXPECT_EQ(load_settings({.file = "/nowhere/parleyd.toml", .variables = {}, .flags = {}}).error().context,
              "/nowhere/parleyd.toml: cannot be read: No such file or directory");
}

TEST(Settings, ThatNobodyKnowsAreErrorsAsVariablesToo) {
    for (const auto& [name, meant] : std::map<std::string, std::string>{
             {"PARLEY_REGISTRATON", "PARLEY_REGISTRATION"},
             {"PARLEY_DATA_DIR", "PARLEY_DATA"},
             {"PARLEY_DATADIR", "PARLEY_DATA"},
             {"PARLEY_PORT", "PARLEY_LISTEN_PORT"},
             {"PARLEY_LEVEL", "PARLEY_LOG_LEVEL"},
             {"PARLEY_MESSAGES_BURSTS", "PARLEY_MESSAGES_BURST"},
             {"PARLEY_LISTEN_CONECTIONS_MAX", "PARLEY_LISTEN_CONNECTIONS_MAX"}}) {
        const auto settings = load_settings({.file = {}, .variables = {{name, "1"}}, .flags = {}});
        ASSERT_FALSE(settings) << name;
        EXPECT_EQ(settings.error().context, name + ": there is no such setting; did you mean " + meant + "?");
    }
    EXPECT_EQ(load_settings({.file = {}, .variables = {{"PARLEY_BUILD", "x"}}, .flags = {}}).error().context,
              "PARLEY_BUILD: there is no such setting; parleyd config print shows all");
}

TEST(Settings, ThatDoNotGoTogetherAreToldWithAllOthersAndTheirLines) {
    const File file(
        "registration = 'never'\ndata = ''\n[listen]\ncertificate = 'x.pem'\norigins = ['https://a.example', "
        "'b', 'c']\nproxies = ['nowhere', '127.0.0.1', '10.0.0.1/8']\n[queues]\nsession_kib = 4096\n");
    const auto settings = load_settings({.file = file.path(),
                                         .variables = {{"PARLEY_QUEUES_ALL_MIB", "2"}},
                                         .flags = {{"listen.url", "garbage"}, {"log.level", "loud"}}});
    ASSERT_FALSE(settings);
    const std::string& path = file.path();
    const std::vector<std::string> all{
        path + ":1: registration is one of open, invite, closed",
        path + ":2: data is a folder, and its name is empty",
        path + ":4: listen.certificate needs listen.key, which is missing",
        path + ":5: listen.origins: \"b\" is no origin, such as https://chat.example.org",
        path + ":5: listen.origins: \"c\" is no origin, such as https://chat.example.org",
        path +
            ":6: listen.proxies: \"nowhere\" is neither an address nor a network, such as 127.0.0.1 or "
            "10.0.0.0/8",
        path + ":6: listen.proxies: \"10.0.0.1/8\" has bits set behind its network part",
        path + ":8: queues.session_kib is larger than queues.all_mib, which is 2048 KiB",
        "--log.level: log.level is one of debug, info, warning, error",
        "--listen.url: listen.url: \"garbage\" is no address, such as https://chat.example.org",
    };
    EXPECT_EQ(settings.error().context, fmt::format("{}", fmt::join(all, "\n")));
}

TEST(Settings, AreJudgedByTheValueThatCounts) {
    const File file("[listen]\norigins = ['b']\n");
    EXPECT_TRUE(load_settings(
        {.file = file.path(), .variables = {{"PARLEY_LISTEN_ORIGINS", "https://a.example"}}, .flags = {}}));
    const auto refused =
        load_settings({.file = file.path(), .variables = {{"PARLEY_LISTEN_ORIGINS", "c"}}, .flags = {}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().context, StartsWith("PARLEY_LISTEN_ORIGINS: listen.origins: \"c\" is no"));
}

TEST(Settings, BesideOneThatIsWrongAreNotJudgedByIt) {
    EXPECT_EQ(mistake("[listen]\ncertificate = 7\nkey = 'y.pem'\n"),
              ":2: listen.certificate is a text, in quotes");
}

TEST(Settings, OfOriginsAndProxiesAreCheckedAtTheStart) {
    EXPECT_TRUE(load("[listen]\norigins = ['https://a.example', 'http://localhost:5173']\n"));
    for (const char* origin : {"a.example", "https://a.example/", "https://", "ftp://a.example",
                               "https://a.example/chat", "*", ""}) {
        const auto settings = load("[listen]\norigins = ['" + std::string(origin) + "']\n");
        ASSERT_FALSE(settings) << origin;
        EXPECT_NE(settings.error().context.find(":2: listen.origins: "), std::string::npos)
            << settings.error().context;
    }
    EXPECT_TRUE(load("[listen]\nproxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']\n"));
    EXPECT_EQ(
        mistake("[listen]\nproxies = ['127.0.0.1', 'proxy.example']\n"),
        ":2: listen.proxies: \"proxy.example\" is neither an address nor a network, such as 127.0.0.1 or "
        "10.0.0.0/8");
}

TEST(Url, IsTheOneThatWasSetOrLeadsToTheAddress) {
    Settings settings;
    EXPECT_EQ(url_of(settings, 81).text, "http://127.0.0.1:81");
    EXPECT_FALSE(url_of(settings, 81).of_this_machine_only);
    settings.listen_certificate = "x.pem";
    settings.listen_address = "fd00::1";
    EXPECT_EQ(url_of(settings, 81).text, "https://[fd00::1]:81");
    for (const char* all : {"0.0.0.0", "::"}) {
        settings.listen_address = all;
        EXPECT_EQ(url_of(settings, 81).text, "https://localhost:81");
        EXPECT_TRUE(url_of(settings, 81).of_this_machine_only) << all;
    }
    settings.listen_url = "https://chat.example.org";
    EXPECT_EQ(url_of(settings, 81).text, "https://chat.example.org");
    EXPECT_FALSE(url_of(settings, 81).of_this_machine_only);
}

TEST(Settings, PrintedAreAFileThatSaysTheSame) {
    auto settings = load_settings({});
    ASSERT_TRUE(settings);
    settings->data = "a \"quoted\" \\ name\nof\ttwo lines\x7f, ünïcode";
    settings->listen_origins = {"https://a.example", "https://b.example"};
    settings->metrics = false;
    const std::string printed = print_settings(*settings);
    const auto again = load(printed);
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_EQ(print_settings(*again), printed);
    EXPECT_EQ(again->data, settings->data);
}

TEST(Settings, ThatAreSecretAreMasked) {
    const Setting secret{.key = "data", .field = &Settings::data, .doc = "x", .secret = true};
    Settings settings;
    settings.data = "p4ssw0rd";
    EXPECT_EQ(print_settings(settings, std::span(&secret, 1)), "# x\ndata = \"********\"\n");
}

TEST(SettingsTable, NamesEachOnceWithASentence) {
    std::set<std::string_view> keys;
    for (const Setting& setting : settings_table()) {
        EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
        EXPECT_TRUE(setting.doc.ends_with('.')) << setting.key;
    }
    EXPECT_EQ(variable_of("listen.connections_max"), "PARLEY_LISTEN_CONNECTIONS_MAX");
}

}  // namespace
}  // namespace parley::server
