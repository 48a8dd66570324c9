#include "server/ops/control_request.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(ControlRequest, AsksForAnInviteOrABackup) {
    const auto invite = parse_control_request("invite 3 7 administrator");
    ASSERT_TRUE(invite) << invite.error().context;
    const auto& wanted = std::get<OperatorInvite>(*invite);
    EXPECT_EQ(wanted.uses, 3);
    EXPECT_EQ(wanted.lasts, seconds(7 * 24 * 3'600));
    EXPECT_TRUE(wanted.administrator);
    EXPECT_FALSE(std::get<OperatorInvite>(*parse_control_request("invite 1 1")).administrator);
    const auto backup = parse_control_request("backup /var/a folder/copy.db");
    ASSERT_TRUE(backup);
    EXPECT_EQ(std::get<BackupRequest>(*backup).file, "/var/a folder/copy.db");
}

TEST(ControlRequest, ThatIsNoneIsRefused) {
    for (const auto* line :
         {"invite", "invite 3", "invite x 7", "invite 0 7", "invite 1 0", "invite 100001 7", "invite 1 3651",
          "invite 1 9223372036854775807", "invite 1 99999999999999999999", "invite 1 7 adminstrator",
          "invite 1 7 administrator for bob", "invite 1 7 administrator administrator", "backup",
          "backup copy.db"}) {
        const auto request = parse_control_request(line);
        ASSERT_FALSE(request) << line;
        EXPECT_EQ(request.error().code, ErrorCode::malformed) << line;
    }
    for (const auto* line : {"", "restore /x", "backups /x"})
        EXPECT_EQ(parse_control_request(line).error().code, ErrorCode::unknown_type) << line;
}

}  // namespace
}  // namespace parley::server
