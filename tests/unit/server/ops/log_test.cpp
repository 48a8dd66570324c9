#include "server/ops/process_log.hpp"

#include <gtest/gtest.h>

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

TEST(Log, WritesOfSecretsOnlyThatTheyWereThere) {
    EXPECT_EQ(log_line("x", {{"token", Redacted{"p1.secret"}}}), "event=x token=\"redacted(9 bytes)\"");
    // A text by itself is no field: whether it may be written has to be said.
    static_assert(!std::is_constructible_v<LogField, std::string_view, std::string>);
    static_assert(!std::is_constructible_v<LogField, std::string_view, std::string_view>);
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

}  // namespace
}  // namespace parley::server
