// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// What Java holds instead of pointers. A handle names a place in a table and the generation of what lies there, so that
// one whose object is gone, or that never was one, is refused instead of followed.
//
//   63  62                32 31       20 19  16 15              0
//   +---+-------------------+-----------+------+-----------------+
//   | 0 |    generation     |     0     | kind |      place      |
//   +---+-------------------+-----------+------+-----------------+
//
// Thread safety: all functions are for any thread. An object is destroyed only when no thread uses it: handle_retire()
// turns new users away and waits for the present ones, whose calls are short. Those that wait in a call (for events)
// watch handle_is_retiring() and are woken by whoever retires the object.
#ifndef SLUICE_HANDLES_H
#define SLUICE_HANDLES_H

#include <stdbool.h>
#include <stdint.h>

enum handle_kind {
    KIND_EVENT_CHANNEL = 1,
    KIND_CM_ID,
    KIND_QUEUE_PAIR,
    KIND_CONTEXT,
    KIND_PROTECTION_DOMAIN,
    KIND_MEMORY_REGION,
    KIND_COMPLETION_CHANNEL,
    KIND_COMPLETION_QUEUE,
    KIND_COUNT
};

enum { HANDLE_CAPACITY = 1 << 16 };

// What a person calls it.
const char *handle_kind_name(enum handle_kind kind);

// A new handle, positive, or 0 where the table is full.
int64_t handle_publish(enum handle_kind kind, void *object);

// The object, which is not destroyed before handle_release(); NULL where the handle is not alive or of another kind.
void *handle_acquire(int64_t handle, enum handle_kind kind);

void handle_release(int64_t handle);

// Turns new users away and returns the object; NULL where the handle is not alive or of another kind. Next comes
// handle_await_idle(), then handle_forget() or handle_revive().
void *handle_retire(int64_t handle, enum handle_kind kind);

// Waits until no thread uses the retiring handle.
void handle_await_idle(int64_t handle);

// The object is gone: so is the handle, for good.
void handle_forget(int64_t handle);

// The object could not be destroyed: the handle is as before.
void handle_revive(int64_t handle);

// For a thread that acquired it.
bool handle_is_retiring(int64_t handle);

// The handle of this object, or 0. Walks the table.
int64_t handle_find(enum handle_kind kind, const void *object);

// How many handles of a kind are alive.
int handle_count(enum handle_kind kind);

#endif
