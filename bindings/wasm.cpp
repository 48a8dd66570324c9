#include "bindings/parley.h"

#include <cstdint>
#include <cstdlib>

/// The door in a browser: what stands in the table of host functions is imported from the module "parley",
/// since JavaScript can give a module functions, but not put them into its tables.

#define PARLEY_IMPORT(name) __attribute__((import_module("parley"), import_name(#name)))

extern "C" {

PARLEY_IMPORT(execute) std::int32_t imported_execute(void*, const char*, std::uint32_t);
PARLEY_IMPORT(prepare) std::int32_t imported_prepare(void*, const char*, std::uint32_t);
PARLEY_IMPORT(finalize) void imported_finalize(void*, std::int32_t);
PARLEY_IMPORT(bind_integer) void imported_bind_integer(void*, std::int32_t, std::int32_t, std::int64_t);
PARLEY_IMPORT(bind_text)
void imported_bind_text(void*, std::int32_t, std::int32_t, const char*, std::uint32_t);
PARLEY_IMPORT(bind_blob)
void imported_bind_blob(void*, std::int32_t, std::int32_t, const std::uint8_t*, std::uint32_t);
PARLEY_IMPORT(bind_null) void imported_bind_null(void*, std::int32_t, std::int32_t);
PARLEY_IMPORT(step) std::int32_t imported_step(void*, std::int32_t);
PARLEY_IMPORT(reset) void imported_reset(void*, std::int32_t);
PARLEY_IMPORT(column_is_null) std::int32_t imported_column_is_null(void*, std::int32_t, std::int32_t);
PARLEY_IMPORT(column_integer) std::int64_t imported_column_integer(void*, std::int32_t, std::int32_t);
PARLEY_IMPORT(column_size) std::uint32_t imported_column_size(void*, std::int32_t, std::int32_t);
PARLEY_IMPORT(column_copy) void imported_column_copy(void*, std::int32_t, std::int32_t, std::uint8_t*);
PARLEY_IMPORT(random) void imported_random(void*, std::uint8_t*, std::uint32_t);

/// The table of the imported functions, for a client whose `context` is `context`: a number by which the host
/// knows its database. To be given back with parley_free after parley_create has copied it.
parley_host* parley_wasm_host(void* context) {
    auto* host = static_cast<parley_host*>(std::malloc(sizeof(parley_host)));
    if (host == nullptr) std::abort();
    *host = {.context = context,
             .execute = imported_execute,
             .prepare = imported_prepare,
             .finalize = imported_finalize,
             .bind_integer = imported_bind_integer,
             .bind_text = imported_bind_text,
             .bind_blob = imported_bind_blob,
             .bind_null = imported_bind_null,
             .step = imported_step,
             .reset = imported_reset,
             .column_is_null = imported_column_is_null,
             .column_integer = imported_column_integer,
             .column_size = imported_column_size,
             .column_copy = imported_column_copy,
             .random = imported_random};
    return host;
}

/// Room for bytes that the host pushes; given back with parley_free.
std::uint8_t* parley_allocate(std::uint32_t size) {
    auto* place = static_cast<std::uint8_t*>(std::malloc(size == 0 ? 1 : size));
    if (place == nullptr) std::abort();
    return place;
}

}  // extern "C"
