# How everything of ours is compiled. The presets choose compiler, optimisation and sanitizers.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(PARLEY_CCACHE ccache)
if(PARLEY_CCACHE)
    # One cache serves every checkout; a miss does not run the preprocessor first, which costs a quarter of
    # the time; and precompiled headers (precompiled.cmake) are allowed.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        env
        "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
        CCACHE_NOHASHDIR=1
        CCACHE_DEPEND=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        "${PARLEY_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

find_program(PARLEY_MOLD mold)
if(PARLEY_MOLD AND NOT PARLEY_WASM)
    add_link_options(-fuse-ld=mold)
endif()

if(PARLEY_WASM)
    # A library that its host calls, not a program that runs once.
    add_link_options(-mexec-model=reactor -Wl,--strip-all)
endif()

# File names in binaries and in messages start at the root of the project, on every machine.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

# g++ looks for what it no longer needs less often: an eighth of its time.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=1048576>)

# Ninja has no terminal, so the compilers must be told to keep their colours.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fdiagnostics-color=always>
                    $<$<CXX_COMPILER_ID:Clang>:-fcolor-diagnostics>)

add_library(parley_warnings INTERFACE)
target_compile_options(
    parley_warnings
    INTERFACE -Wall
              -Wextra
              -Wpedantic
              -Werror
              # Where sources are compiled together, one's local names hide what is private to another; the
              # builds that compile them one by one look.
              $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>
              # g++ takes such a source for a header there.
              $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wno-subobject-linkage>
              -Wconversion
              -Wno-sign-conversion
              -Wold-style-cast
              -Wnon-virtual-dtor
              -Woverloaded-virtual
              -Wsuggest-override
              -Wimplicit-fallthrough
              # Designated initialisers leave out what has a sensible default, which is their point.
              -Wno-missing-field-initializers
              # g++ 12 sees these where std::string and std::expected are inlined; clang and the sanitizers
              # look for the same mistakes without inventing any.
              $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
              $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
              $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
              $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
              $<$<CXX_COMPILER_ID:GNU>:-Wno-dangling-pointer>
              $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-designated-field-initializers>
              # clang blames us for what std::stable_sort of libstdc++ 12 calls; g++ keeps the check.
              $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
