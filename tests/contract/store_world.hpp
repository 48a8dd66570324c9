#pragma once

#include "base/uuid.hpp"
#include "server/domain/sync.hpp"
#include "server/store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// A store with people in it, for tests: time and randomness are counted, and each act is one line.
namespace parley::server::test {

/// Stands in for the process: remembers what the store reported.
class TestHost final : public StoreHost {
  public:
    void fatal(std::string_view what) override;
    void bad_row(std::int64_t stream, std::int64_t born) override;
    void bad_index(std::int64_t stream, std::int64_t born) override;
    void bad_page(std::int64_t number) override;
    void random(std::span<std::uint8_t> bytes) override;
    DiskUse disk_use() override { return disk; }

    struct BadRow {
        std::int64_t stream = 0;
        std::int64_t born = 0;
        friend bool operator==(const BadRow&, const BadRow&) = default;
    };
    std::vector<std::string> fatals;
    std::vector<BadRow> bad_rows;
    std::vector<BadRow> bad_indexes;
    std::vector<std::int64_t> bad_pages;
    DiskUse disk{.bytes_total = 1000, .bytes_free = 900};

  private:
    std::uint64_t next_random_ = 7;
};

struct Person {
    AccountKey account;
    DeviceKey device;
    AccountId id() const { return to_id(account); }
};

/// Applies works to a store and looks at what comes back. `store` may be exchanged, as after a restart.
class StoreWorld {
  public:
    explicit StoreWorld(Store& opened) : store_(&opened) {}

    void use(Store& opened) { store_ = &opened; }
    Store& store() { return *store_; }
    std::unique_ptr<Snapshot> snapshot();

    /// A registered account with one device.
    Person person(const std::string& handle);
    /// Another device of the same account.
    Person device_of(const Person& person);
    ConversationKey group(const Person& owner, const std::vector<Person>& members,
                          const std::string& title = "group");

    /// A command with a new id, or with this one.
    Work work(const Person& by, Command command);
    Work work(const Person& by, Command command, Uuid id);
    Uuid next_id();

    /// One transaction each; the answer to the last work. The whole batch is kept in `batch`.
    Result<Answer> apply(const Work& one);
    Result<Answer> apply(const std::vector<Work>& several);
    std::vector<Result<Answer>> answers() const;

    Result<Answer> send(const Person& by, ConversationKey to, const std::string& text);
    Result<Answer> send_direct(const Person& by, const Person& to, const std::string& text);
    Result<Answer> read(const Person& by, ConversationKey in, std::int64_t upto);
    void ack(const Person& by, ConversationKey in, std::int64_t seq);
    Result<Answer> add(const Person& by, ConversationKey to, const std::vector<Person>& who);
    Result<Answer> remove(const Person& by, ConversationKey from, const Person& whom);
    Result<Answer> leave(const Person& by, ConversationKey what);

    /// All changes that the reader may see, page by page.
    std::vector<protocol::Change> all_changes(const Person& reader, ConversationKey in,
                                              std::int64_t after = 0);
    /// The state as a resume tells it.
    protocol::ConversationState state(const Person& reader, ConversationKey in);
    std::int64_t head(ConversationKey in);

    Batch batch;
    WallTime now{1'750'000'000'000};

  private:
    Store* store_;
    std::uint64_t next_id_ = 1;
};

protocol::MessageSend message_to(ConversationKey to, std::string text);
protocol::MessageSend message_to(const Person& to, std::string text);

}  // namespace parley::server::test
