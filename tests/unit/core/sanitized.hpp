#pragma once

namespace parley::test {

/// Sanitizers make each play some thirty times as long; they look for mistakes of memory, of which a sample
/// of the steps meets as many kinds.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PARLEY_SANITIZED
#endif
#endif
#ifdef PARLEY_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

}  // namespace parley::test
