// Boost.JSON for the browser, in one file: there is no library of it for this target.

#include <boost/json/src.hpp>
#include <boost/throw_exception.hpp>

#include <cstdlib>

namespace boost {

// Without exceptions Boost calls this where it would throw. The codecs only use calls that report errors by
// value, so whatever ends here is a mistake of ours.
BOOST_NORETURN void throw_exception(const std::exception&) {
    std::abort();
}
BOOST_NORETURN void throw_exception(const std::exception&, const source_location&) {
    std::abort();
}

}  // namespace boost

// Debian's wasi-libc is built with the stack protector, whose two symbols it does not define.
extern "C" {
unsigned long __stack_chk_guard = 0x5f3759df;
[[noreturn]] void __stack_chk_fail() {
    std::abort();
}
}
