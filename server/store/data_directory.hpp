#pragma once

/// The files of a data directory that are worth keeping. The others (write-ahead log, ballast, lock, control
/// socket) belong to the process that runs on it.
namespace parley::server {

inline constexpr const char* database_file = "parley.db";
/// From it the keys are derived with which tokens are signed: with another one, every device is signed out.
inline constexpr const char* secret_file = "secret";
/// Of that which does not belong to them.
inline constexpr const char* lock_file = "parley.lock";

}  // namespace parley::server
