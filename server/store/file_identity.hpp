#pragma once

#include <string>

/// Tells a file from every other one that has been or will be at its path, copies of itself included. What is
/// written into it changes nothing, nor does a start of the machine; so numbers of devices have no part in
/// it, which may be others each time. A file system that is copied as a whole, block by block, has the same
/// files: that is seen by the tokens of devices alone.
namespace parley::server {

/// The file's number in the file system and the moment it was made; where the file system does not know that,
/// as `identity_without_birth`. Empty where there is no such file.
std::string file_identity(const std::string& path);

/// The file's number and what the file system gives others to find the file by, in which a number that is
/// used anew differs (name_to_handle_at); the number alone where it gives nothing, and then a copy that gets
/// the number of the file whose place it takes goes unnoticed.
std::string identity_without_birth(const std::string& path);

}  // namespace parley::server
