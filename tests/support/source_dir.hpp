#pragma once

#include <filesystem>

namespace parley::test {

/// The root of the project, for tests that read its files. One source knows it, so that the others are
/// compiled alike wherever a checkout stands, and the compiler's cache serves them all.
std::filesystem::path source_dir();

}  // namespace parley::test
