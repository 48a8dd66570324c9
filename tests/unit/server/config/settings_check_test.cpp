#include "server/settings_check.hpp"

#include <gmock/gmock.h>

namespace parley::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> said_of(const Settings& settings) {
    std::vector<std::string> said;
    for (const SettingMistake& one : mistakes_in(settings))
        said.push_back(one.what);
    return said;
}

TEST(SettingsCheck, FindsNothingInTheDefaults) {
    EXPECT_THAT(said_of({}), IsEmpty());
}

TEST(SettingsCheck, SaysWhichHalfOfACertificateIsMissing) {
    EXPECT_THAT(said_of({.listen_certificate = "x.pem"}),
                ElementsAre("listen.certificate needs listen.key, which is missing"));
    EXPECT_THAT(said_of({.listen_key = "x.pem"}),
                ElementsAre("listen.key needs listen.certificate, which is missing"));
    EXPECT_THAT(said_of({.listen_certificate = "x.pem", .listen_key = "y.pem"}), IsEmpty());
}

TEST(SettingsCheck, TakesAnAddressThatPeopleCanReach) {
    for (const char* url : {"https://chat.example.org", "http://localhost:8080", "https://[fd00::1]:81/"})
        EXPECT_THAT(said_of({.listen_url = url}), IsEmpty()) << url;
    for (const char* url : {"garbage", "chat.example.org", "https://", "ftp://a.example", "https://a b", "/",
                            "https://chat.example.org/path"}) {
        EXPECT_THAT(said_of({.listen_url = url}),
                    ElementsAre("listen.url: \"" + std::string(url) +
                                "\" is no address, such as https://chat.example.org"));
    }
}

TEST(SettingsCheck, WantsAFolderWithAName) {
    EXPECT_THAT(said_of({.data = ""}), ElementsAre("data is a folder, and its name is empty"));
}

TEST(SettingsCheck, WantsAQueueThatFitsIntoAll) {
    EXPECT_THAT(said_of({.queues_session_kib = 2'048, .queues_all_mib = 2}), IsEmpty());
    EXPECT_THAT(said_of({.queues_session_kib = 2'049, .queues_all_mib = 2}),
                ElementsAre("queues.session_kib is larger than queues.all_mib, which is 2048 KiB"));
}

/// Keeps the events.
class Events : public Log {
  public:
    bool writes(LogLevel) const override { return true; }
    void write(LogLevel level, std::string_view event, std::span<const LogField>) override {
        EXPECT_EQ(level, LogLevel::warning);
        all.emplace_back(event);
    }
    void flush() override {}
    std::vector<std::string> all;
};

std::vector<std::string> warnings(const Settings& settings, const Surroundings& surroundings) {
    Events events;
    warn_of(settings, surroundings, events);
    return events.all;
}

TEST(SettingsCheck, WarnsOfWhatIsSeldomMeant) {
    constexpr std::int64_t enough = 20'000;
    EXPECT_THAT(warnings({}, {.descriptors = enough}), IsEmpty());
    EXPECT_THAT(warnings({.passwords_memory_kib = 8}, {.descriptors = enough}), IsEmpty()) << "for tests";
    EXPECT_THAT(warnings({}, {.loopback = false, .descriptors = enough}),
                ElementsAre("other machines connect without TLS"));
    EXPECT_THAT(warnings({}, {.loopback = false, .secured = true, .descriptors = enough}), IsEmpty());
    EXPECT_THAT(warnings({.listen_proxies = {"10.0.0.0/8"}}, {.loopback = false, .descriptors = enough}),
                IsEmpty());
    EXPECT_THAT(
        warnings({.passwords_memory_kib = 8}, {.loopback = false, .secured = true, .descriptors = enough}),
        ElementsAre("passwords are hashed with little memory"));
    EXPECT_THAT(warnings({}, {.descriptors = 15'000}), ElementsAre("open files are fewer than connections"));
    EXPECT_THAT(warnings({.listen_connections_max = 700}, {.descriptors = 1'024}), IsEmpty());
}

}  // namespace
}  // namespace parley::server
