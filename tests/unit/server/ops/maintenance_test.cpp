#include "server/ops/maintenance.hpp"

#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>

namespace parley::server::test {

namespace {

/// Keeps the events, and lets another thread wait for the first.
class Events : public Log {
  public:
    bool writes(LogLevel) const override { return true; }
    void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override {
        const std::lock_guard lock(mutex_);
        std::string line = level == LogLevel::error ? "error " : "";
        line += event;
        for (const auto& field : fields)
            line += " " + std::string(field.name()) + "=" + field.value();
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }
    void flush() override {}

    std::string first() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !lines_.empty(); });
        return lines_.empty() ? "nothing" : lines_.front();
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return lines_.size();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

/// A store with some messages, which ends in order or not.
class MaintenanceAfter : public testing::Test {
  protected:
    MaintenanceAfter() {
        open();
        StoreWorld world(*store);
        const auto ada = world.person("ada");
        const auto group = world.group(ada, {});
        for (int i = 0; i < 200; ++i)
            EXPECT_TRUE(world.send(ada, group, std::string(200, 'x')));
        // A start brings all of it into the main file, and the log begins anew.
        store.reset();
        open();
    }

    void open() { store = disk.open(rules, host); }

    /// The bytes from here on are others than were written.
    void damage(std::int64_t offset) {
        std::fstream file(disk.database(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(offset);
        file << std::string(64, '\xff');
    }

    /// Where the text stands in the main file for the last time.
    std::int64_t last_place_of(const std::string& text) {
        std::ifstream file(disk.database(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        const auto found = bytes.rfind(text);
        EXPECT_NE(found, std::string::npos);
        return static_cast<std::int64_t>(found);
    }

    std::string first_event() {
        const Maintenance maintenance({}, *store, metrics, events);
        return events.first();
    }

    Disk disk;
    TestHost host;
    Rules rules{.registration = Registration::open};
    ProcessMetrics metrics;
    Events events;
    std::unique_ptr<Store> store;
};

}  // namespace

TEST_F(MaintenanceAfter, AnUncleanEndChecksTheStore) {
    store.reset();
    open();
    EXPECT_EQ(first_event(), "database checked");
}

TEST_F(MaintenanceAfter, AnUncleanEndFindsDamageAndSaysSo) {
    store.reset();
    damage(last_place_of(std::string(200, 'x')));
    open();
    EXPECT_THAT(first_event(), testing::StartsWith("error database damaged error="));
}

TEST_F(MaintenanceAfter, AnEndInOrderChecksNothing) {
    ASSERT_TRUE(store->close());
    store.reset();
    damage(last_place_of(std::string(200, 'x')));
    open();
    {
        const Maintenance maintenance({}, *store, metrics, events);
    }
    EXPECT_EQ(events.count(), 0u) << "nothing is owed, and the scrubber is off";
}

TEST_F(MaintenanceAfter, AnyEndScrubsAndCountsWhatIsDamaged) {
    ASSERT_TRUE(store->close());
    store.reset();
    damage(last_place_of(std::string(200, 'x')));
    open();
    {
        const Maintenance maintenance({.scrub_rows_per_second = 1'000'000}, *store, metrics, events);
        EXPECT_THAT(events.first(), testing::StartsWith("error store damaged rows="));
    }
    EXPECT_GE(metrics.damaged_pages, 1);
    EXPECT_GE(metrics.damaged_rows, 1);
}

}  // namespace parley::server::test
