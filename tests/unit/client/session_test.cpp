#include "client/cli/commands.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "tests/unit/client/silent_owner.hpp"
#include "tests/unit/client/two_invocations.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace parley::client::cli {
namespace {

using test::TwoInvocations;
using testing::HasSubstr;
using testing::Not;

/// An owner in between, with a server that answers what the test says.
class OtherOwner {
  public:
    explicit OtherOwner(const TwoInvocations& two)
        : database_(*SqliteDatabase::open(two.settings.place.database_file(), Durability::never)),
          client_(*core::Client::open({.encoding = protocol::Encoding::cbor}, *database_, primitives_,
                                      read_clocks())) {
        client_->connect(read_clocks());
        client_->handle_connected(read_clocks());
        give({.payload = protocol::AuthOk{AccountId("a1"), DeviceId("d1"), SessionId("s1"),
                                          read_clocks().wall + seconds(900)}});
        give({.payload = protocol::Resumed{"t1", 1}});
    }

    void give(const protocol::Envelope& envelope) {
        std::string bytes;
        protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
        client_->handle_frame(bytes, read_clocks());
        while (client_->poll_action()) {
        }
    }
    core::Client& client() { return *client_; }

  private:
    SystemPrimitives primitives_;
    std::unique_ptr<SqliteDatabase> database_;
    std::unique_ptr<core::Client> client_;
};

protocol::ErrorReply refusal(ErrorCode code) {
    return {code, "no", {}, {}, {}};
}

TEST(Session, LearnsWhatBecameOfEachCommandHoweverLongTheOutboxIs) {
    TwoInvocations two;
    constexpr std::uint16_t commands = 2500;
    Settlement settlement;
    {
        std::vector<protocol::Envelope> groups;
        for (std::uint16_t number = 1; number <= commands; ++number) {
            groups.push_back(test::group_named("group", number));
            settlement.open.push_back(*groups.back().id);
        }
        ASSERT_EQ(two.open()->submit(groups).accepted.size(), commands);
    }
    const std::deque<Uuid> ids = settlement.open;
    {
        OtherOwner other(two);
        const auto refused = refusal(ErrorCode::too_large);
        other.give({.re = ids[0], .payload = refused});
        other.give({.re = ids[2], .payload = refused});
        other.give({.re = ids[1], .stream = StreamId("c1"), .payload = protocol::ConversationCreated{}});
        ASSERT_TRUE(other.client().discard(ids[2], read_clocks()));
    }
    const auto account = two.open();
    Terminal terminal(true);
    const Interrupts interrupts(two.loop);
    const Common common{};
    Session session(*account, terminal, interrupts, common);
    ASSERT_TRUE(session.catch_up(settlement));
    EXPECT_EQ(settlement.open.size(), commands - 3u);
    ASSERT_EQ(settlement.settled.size(), 3u);
    ASSERT_TRUE(settlement.settled.at(ids[0]).failure);
    EXPECT_EQ(settlement.settled.at(ids[0]).failure->code, ErrorCode::too_large);
    EXPECT_FALSE(settlement.settled.at(ids[1]).failure);
    EXPECT_EQ(settlement.settled.at(ids[1]).stream, StreamId("c1"));
    // Refused, whoever has read that meanwhile.
    EXPECT_TRUE(settlement.settled.at(ids[2]).failure);
}

/// How a command ended, what it printed, and the sentence with which it ended.
struct Ended {
    ExitCode code = ExitCode::done;
    std::string said;
};

template <class Command>
Ended ended(TwoInvocations& two, Account& account, const Command& command, bool json = false) {
    Terminal terminal(json);
    const Interrupts interrupts(two.loop);
    const Common common{.offline = true};
    Session session(account, terminal, interrupts, common);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto done = run(session, command);
    const std::string printed =
        testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
    if (!done) return {done.error().exit_code, printed + done.error().sentence};
    return {*done, printed};
}

template <class Command>
std::string said(TwoInvocations& two, const Command& command, bool json = false) {
    return ended(two, *two.open(), command, json).said;
}

TEST(Conversations, OneThatTheServerRefusedIsShownSoWithTheReason) {
    TwoInvocations two;
    const auto group = test::group_named("Team", 1);
    ASSERT_EQ(two.open()->submit(std::array{group}).accepted.size(), 1u);
    const HistoryCommand history{.conversation = "Team"};
    const MembersCommand members{.conversation = "Team"};
    const std::string pending = "not on the server yet";
    EXPECT_THAT(said(two, ConversationsCommand{}), HasSubstr(pending));
    EXPECT_THAT(said(two, history), HasSubstr(pending));
    EXPECT_THAT(said(two, members), HasSubstr(pending));

    OtherOwner(two).give({.re = group.id, .payload = refusal(ErrorCode::account_not_found)});
    const std::string refused = "was refused by the server: There is no such person on this server.";
    EXPECT_THAT(said(two, ConversationsCommand{}), HasSubstr(refused));
    EXPECT_THAT(said(two, history), HasSubstr(refused));
    EXPECT_THAT(said(two, members), HasSubstr(refused));
    EXPECT_THAT(said(two, ConversationsCommand{}, true), HasSubstr("\"error\":\"account.not_found\""));
}

/// Standard input is this text, for as long as it lives.
class Typed {
  public:
    explicit Typed(const std::string& text) : before_(::dup(STDIN_FILENO)) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        EXPECT_GE(::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), std::ssize(text));
        EXPECT_EQ(::write(ends[1], text.data(), text.size()), std::ssize(text));
        ::close(ends[1]);
        ::dup2(ends[0], STDIN_FILENO);
        ::close(ends[0]);
    }
    ~Typed() {
        ::dup2(before_, STDIN_FILENO);
        ::close(before_);
    }
    Typed(const Typed&) = delete;
    Typed& operator=(const Typed&) = delete;

  private:
    int before_;
};

TEST(Send, SaysFromWhichLineOnNothingWasQueued) {
    TwoInvocations two;
    test::SilentOwner owner(two, 2);
    const auto account = two.open();
    std::string text = "\n";  // Without a message, and counted.
    for (int line = 2; line <= 41; ++line)
        text += std::to_string(line) + std::string(7900, '.') + "\n";
    const Typed typed(text);
    const auto done = ended(two, *account, SendCommand{.conversation = "Team"});
    EXPECT_EQ(done.code, ExitCode::busy);
    const std::size_t queued = owner.answered.size();
    const std::size_t in_doubt = owner.given.size() - queued;
    ASSERT_GT(queued, 8u);
    ASSERT_GT(in_doubt, 4u);
    EXPECT_THAT(done.said, HasSubstr(std::to_string(queued) + " messages queued for"));
    EXPECT_THAT(done.said, HasSubstr("Lines " + std::to_string(2 + queued) + " to " +
                                     std::to_string(1 + queued + in_doubt) + " may be queued"));
}

TEST(Send, SaysOfOneMessageThatItMayBeQueued) {
    TwoInvocations two;
    const test::SilentOwner owner(two, 0);
    const auto account = two.open();
    const auto done = ended(two, *account, SendCommand{.conversation = "Team", .words = {"hello"}}, true);
    EXPECT_EQ(done.code, ExitCode::busy);
    EXPECT_THAT(done.said, HasSubstr("\"state\":\"unknown\""));
    EXPECT_THAT(done.said, HasSubstr("may be queued all the same"));
}

/// While it lives, the disk of the open database is full.
class FullDisk {
  public:
    FullDisk() {
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code gone;
            const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
            if (target.ends_with("-wal")) log_ = std::stoi(entry.path().filename().string());
        }
        EXPECT_GE(log_, 0);
        before_ = ::dup(log_);
        const int full = ::open("/dev/full", O_RDWR | O_CLOEXEC);
        ::dup2(full, log_);
        ::close(full);
    }
    ~FullDisk() {
        ::dup2(before_, log_);
        ::close(before_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    int log_ = -1;
    int before_ = -1;
};

TEST(Logout, KeepsEverythingWhereTheDatabaseFailed) {
    for (const bool as_guest : {false, true}) {
        for (const bool drop : {false, true}) {
            TwoInvocations two;
            ASSERT_TRUE(Home::remember(two.settings.place));
            auto owner = two.open();
            ASSERT_EQ(owner->submit(std::array{test::group_named("waits", 1)}).accepted.size(), 1u);
            {
                const FullDisk full;
                ASSERT_TRUE(owner->submit(std::array{test::group_named("too much", 2)}).failure);
            }
            const auto before = owner->ask({.act = protocol::DoorAct::status});
            ASSERT_EQ(before->status->connection, protocol::DoorConnection::broken);
            auto guest = as_guest ? two.open() : nullptr;
            const auto done = ended(two, as_guest ? *guest : *owner, LogoutCommand{.drop = drop});
            EXPECT_EQ(done.code, ExitCode::failed);
            EXPECT_THAT(done.said, HasSubstr("The database on this device failed"));
            EXPECT_THAT(done.said, Not(HasSubstr("holds nothing")));
            EXPECT_TRUE(Home::remembers(two.settings.place));
            guest.reset();
            owner.reset();
            const auto status = two.open()->ask({.act = protocol::DoorAct::status});
            ASSERT_TRUE(status);
            EXPECT_EQ(status->status->waiting, 1);
        }
    }
}

TEST(Logout, ForgetsWhatIsGone) {
    for (const bool as_guest : {false, true}) {
        TwoInvocations two;
        ASSERT_TRUE(Home::remember(two.settings.place));
        const auto owner = two.open();
        const auto guest = as_guest ? two.open() : nullptr;
        const auto done = ended(two, as_guest ? *guest : *owner, LogoutCommand{});
        EXPECT_EQ(done.code, ExitCode::done);
        EXPECT_THAT(done.said, HasSubstr("holds nothing"));
        EXPECT_FALSE(Home::remembers(two.settings.place));
    }
}

}  // namespace
}  // namespace parley::client::cli
