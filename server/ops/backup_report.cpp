#include "server/ops/backup_report.hpp"

#include <sstream>

namespace parley::server {

std::string encode_report(const BackupReport& report) {
    return std::to_string(report.rows) + " " + std::to_string(report.bad_rows) + " " +
           std::to_string(report.bad_pages) + " " + std::to_string(report.bytes);
}

std::optional<BackupReport> decode_report(const std::string& line) {
    BackupReport report;
    std::istringstream words(line);
    words >> report.rows >> report.bad_rows >> report.bad_pages >> report.bytes;
    if (!words) return std::nullopt;
    return report;
}

}  // namespace parley::server
