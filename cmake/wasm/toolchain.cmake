# The browser's build: clang's own WebAssembly target with wasi-libc and libc++, no exceptions, no threads.
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# GNU ar writes no index for such objects, and lld needs none.
set(CMAKE_AR ar)
set(CMAKE_RANLIB true)
set(PARLEY_WASM ON)

# The driver knows where wasi-libc is, but not Debian's libc++ for this target.
set(CMAKE_CXX_FLAGS_INIT
    "-Os -DNDEBUG -fno-exceptions -nostdinc++ -isystem /usr/lib/llvm-19/include/wasm32-wasi/c++/v1")
