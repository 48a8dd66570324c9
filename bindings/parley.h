/* The C door of the client core: five functions that carry encoded messages, and a table of functions of the
 * host.
 *
 * The core decides and does nothing else: it opens no socket, reads no clock, starts no thread. A host
 * creates a client over its database, pushes what happens (frames from the server, DoorInput messages, frames
 * of commands), and after each push polls until nothing comes and does what it is asked (frames to send,
 * DoorOutput messages).
 *
 * The messages (DoorInput, DoorOutput and what they hold) stand in protocol/schema/7_door.yaml, encoded as
 * JSON or as CBOR with numbers for keys, whichever was chosen at creation. One client is used by one thread
 * at a time. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct parley_client parley_client;

/* Bytes of the core's making; parley_free gives them back. */
typedef struct parley_bytes {
    uint8_t* data;
    uint32_t size;
} parley_bytes;

enum parley_encoding { PARLEY_JSON = 0, PARLEY_CBOR = 1 };

/* What the bytes of a push or a poll are. */
enum parley_kind {
    PARLEY_NOTHING = 0,
    /* One DoorInput (pushed) or DoorOutput (polled). */
    PARLEY_MESSAGE = 1,
    /* One frame that came from the server, or that is to be sent to it, as it travels on the socket. */
    PARLEY_FRAME = 2,
    /* Pushed only: commands for the outbox, as a frame of plain envelopes (message.send, conversation.create
     * …), each with an id. Answered with one DoorReply whose `accepted` and `refused` name them all. */
    PARLEY_COMMANDS = 3
};

/* What a function of the host's database returns where it fails. */
enum parley_database_result { PARLEY_FAILED = -1, PARLEY_FULL = -2 };

/* What the host does for the core, each time with the `context` of the table. A statement is a number above 0
 * that the host made; parameters and columns count from 0. Nothing here may call back into the client. */
typedef struct parley_host {
    void* context;

    /* SQL that returns no rows, BEGIN IMMEDIATE, COMMIT and ROLLBACK among it: 0, or a
     * parley_database_result. A COMMIT that returned 0 is as durable as the host promises it. */
    int32_t (*execute)(void* context, const char* sql, uint32_t size);
    /* A statement, or a parley_database_result. */
    int32_t (*prepare)(void* context, const char* sql, uint32_t size);
    void (*finalize)(void* context, int32_t statement);
    void (*bind_integer)(void* context, int32_t statement, int32_t parameter, int64_t value);
    void (*bind_text)(void* context, int32_t statement, int32_t parameter, const char* text, uint32_t size);
    void (*bind_blob)(void* context, int32_t statement, int32_t parameter, const uint8_t* bytes,
                      uint32_t size);
    void (*bind_null)(void* context, int32_t statement, int32_t parameter);
    /* 1: a row stands ready. 0: done. Else a parley_database_result, and the statement is as after `reset`.
     */
    int32_t (*step)(void* context, int32_t statement);
    /* Ready to be bound and stepped again; bindings are cleared. */
    void (*reset)(void* context, int32_t statement);
    int32_t (*column_is_null)(void* context, int32_t statement, int32_t column);
    int64_t (*column_integer)(void* context, int32_t statement, int32_t column);
    /* Bytes of a text or blob of the row, and the bytes themselves into a place of that size. */
    uint32_t (*column_size)(void* context, int32_t statement, int32_t column);
    void (*column_copy)(void* context, int32_t statement, int32_t column, uint8_t* to);

    /* Fills the place with random bytes that nobody can guess. */
    void (*random)(void* context, uint8_t* to, uint32_t size);
} parley_host;

/* Makes a client: migrates the database, takes its lease, loads the state. `options` is an encoded
 * DoorOptions. The table is copied; its functions and context outlive the client. Times are milliseconds:
 * `instant` of a clock that never jumps, `wall` since 1970. Returns 0 and the client, or the number of an
 * error of the schema and null: `invalid` also where `encoding` is none of parley_encoding. */
int32_t parley_create(const parley_host* host, int32_t encoding, const uint8_t* options, uint32_t size,
                      int64_t instant, int64_t wall, parley_client** client);

/* Tells the client what happened or what is wanted. Returns 0, or the number of an error of the schema where
 * the bytes could not be understood, and nothing was done. */
int32_t parley_push(parley_client* client, int32_t kind, const uint8_t* bytes, uint32_t size, int64_t instant,
                    int64_t wall);

/* The next of what the client asks or answers, in order: its kind, and bytes to be given back with
 * parley_free; PARLEY_NOTHING, and no bytes, where all was polled. */
int32_t parley_poll(parley_client* client, parley_bytes* bytes);

void parley_free(uint8_t* data);

/* The client may be dropped at any moment; its database holds everything. */
void parley_destroy(parley_client* client);

#ifdef __cplusplus
}
#endif
