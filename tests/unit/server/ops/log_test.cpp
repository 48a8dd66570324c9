#include "server/ops/process_host.hpp"
#include "server/ops/process_log.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>

namespace parley::server {
namespace {

TEST(Log, WritesFieldsAsWords) {
    EXPECT_EQ(log_line("serving", {{"port", 8080}, {"tls", Plain{"no"}}, {"after", seconds(2)}}),
              "event=serving port=8080 tls=no after=2000ms");
    EXPECT_EQ(log_line("signed in", {{"account", AccountKey{1}}}), "event=\"signed in\" account=a0000000001");
}

TEST(Log, QuotesWhatCouldBeReadAsSomethingElse) {
    EXPECT_EQ(log_line("x", {{"why", Plain{"a \"b\" = c\\"}}}), "event=x why=\"a \\\"b\\\" = c\\\\\"");
    EXPECT_EQ(log_line("x", {{"why", Plain{"one\ntwo\x1b[0m"}}}), "event=x why=\"one two [0m\"");
    EXPECT_EQ(log_line("x", {{"why", Plain{""}}}), "event=x why=\"\"");
}

TEST(Log, WritesErrorsWithCodeAndContext) {
    const Error error{ErrorCode::disk_full, "the disk is nearly full", 0, {}};
    EXPECT_EQ(log_line("x", {{"error", error}}), "event=x error=\"disk_full: the disk is nearly full\"");
}

TEST(Log, WritesOfTextsOnlyThatTheyWereThere) {
    const std::string token = "p1.secret";
    const auto redacted = "event=x token=\"redacted(9 bytes)\"";
    EXPECT_EQ(log_line("x", {{"token", token}}), redacted);
    EXPECT_EQ(log_line("x", {{"token", std::string_view(token)}}), redacted);
    EXPECT_EQ(log_line("x", {{"token", std::string(token)}}), redacted);
    // A word in the code has to say that it is one.
    static_assert(!std::is_constructible_v<LogField, std::string_view, const char*>);
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
    testing::internal::CaptureStderr();
    {
        ProcessLog log(LogLevel::warning);
        log.info("quiet");
        log.warning("loud", {{"n", 1}});
        log.flush();
    }
    const std::string written = testing::internal::GetCapturedStderr();
    EXPECT_EQ(written.find("quiet"), std::string::npos);
    EXPECT_NE(written.find("level=warning event=loud n=1\n"), std::string::npos) << written;
    EXPECT_TRUE(written.starts_with("time=2")) << written;
}

/// The exit status of a child whose standard error is a pipe that nobody reads; -1 where it did not end in
/// time.
template <class Act>
int status_with_deaf_pipe(Act act) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(10);  // ends it with a signal
        ::dup2(pipe[1], STDERR_FILENO);
        act();
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    ::close(pipe[0]);
    ::close(pipe[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A log that nobody reads stays until the process ends. The leak sanitizer would say so on the pipe.
bool leaves_a_log_behind = false;

/// More than the pipe and the queue take together.
void fill(ProcessLog& log) {
    for (int i = 0; i < 20'000; ++i)
        log.info("another line", {{"number", i}});
}

TEST(Log, ThatNobodyReadsDoesNotKeepTheProcessFromItsEnd) {
    EXPECT_EQ(status_with_deaf_pipe([] {
                  ProcessLog log(LogLevel::info);
                  fill(log);
                  std::atomic<std::int64_t> bad_rows{0};
                  ProcessHost("/", log, bad_rows).fatal("a sync failed");
              }),
              EX_IOERR);
    EXPECT_EQ(status_with_deaf_pipe([] {
                  {
                      ProcessLog log(LogLevel::info);
                      fill(log);
                  }
                  // As `main` ends: what is static goes, and stdio is flushed.
                  leaves_a_log_behind = true;
                  std::exit(7);
              }),
              7);
}

TEST(Log, CountsTheLinesThatItDropped) {
    EXPECT_EQ(status_with_deaf_pipe([] {
                  ProcessLog log(LogLevel::info);
                  log.info("one");
                  log.flush();
                  if (log.dropped() != 0) ::_exit(1);
                  fill(log);
                  // The queue holds 8192 lines, the pipe a few hundred.
                  if (log.dropped() < 10'000 || log.dropped() > 20'000 - 8'192) ::_exit(2);
              }),
              0);
}

}  // namespace

/// What the leak sanitizer asks at the end, where there is one.
extern "C" int __lsan_is_turned_off() {
    return leaves_a_log_behind ? 1 : 0;
}

}  // namespace parley::server
