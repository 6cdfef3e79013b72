// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "handles.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

// A place's state: generation (32 bits), then whether it is shut for new users, then how many there are. A free place
// is shut, and has the generation of its next tenant.
#define SHUT (UINT64_C(1) << 31)
#define USERS (SHUT - 1)
#define GENERATION_MASK UINT32_C(0x7fffffff)

struct place {
    _Atomic uint64_t state;
    void *object;
    enum handle_kind kind;
    int next_free;
};

static struct place places[HANDLE_CAPACITY];
static int first_free = -1;
static int never_used = 0;
static uint32_t first_generation;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const char *handle_kind_name(enum handle_kind kind) {
    static const char *const names[KIND_COUNT] = {
        [KIND_EVENT_CHANNEL] = "event channel",
        [KIND_CM_ID] = "connection id",
        [KIND_QUEUE_PAIR] = "queue pair",
        [KIND_CONTEXT] = "device context",
        [KIND_PROTECTION_DOMAIN] = "protection domain",
        [KIND_MEMORY_REGION] = "memory region",
        [KIND_COMPLETION_CHANNEL] = "completion channel",
        [KIND_COMPLETION_QUEUE] = "completion queue",
    };
    return kind > 0 && kind < KIND_COUNT ? names[kind] : "unknown";
}

static int64_t handle_of(uint32_t generation, enum handle_kind kind, int place) {
    return (int64_t)generation << 32 | (int64_t)kind << 16 | place;
}

static uint32_t generation_of(uint64_t state) {
    return (uint32_t)(state >> 32);
}

// The place a handle names if it could be one of that kind, whatever lies there now.
static struct place *place_of(int64_t handle, enum handle_kind kind) {
    bool well_formed = handle > 0 && (handle >> 16 & 0xffff) == kind;
    return well_formed ? &places[handle & 0xffff] : NULL;
}

static bool is_tenant(uint64_t state, int64_t handle) {
    return generation_of(state) == (uint32_t)(handle >> 32) && (state & SHUT) == 0;
}

// Random, so that a handle of another process is hardly one here.
static uint32_t random_generation(void) {
    uint32_t generation = 0;
    if (getrandom(&generation, sizeof generation, GRND_NONBLOCK) != sizeof generation) {
        generation = (uint32_t)time(NULL);
    }
    return generation;
}

static uint32_t next_generation(uint32_t generation) {
    uint32_t next = (generation + 1) & GENERATION_MASK;
    return next == 0 ? 1 : next;
}

int64_t handle_publish(enum handle_kind kind, void *object) {
    pthread_mutex_lock(&lock);
    int index = first_free;
    if (index >= 0) {
        first_free = places[index].next_free;
    } else if (never_used < HANDLE_CAPACITY) {
        if (never_used == 0) {
            first_generation = next_generation(random_generation());
        }
        index = never_used++;
        atomic_store(&places[index].state, (uint64_t)first_generation << 32 | SHUT);
    }
    int64_t handle = 0;
    if (index >= 0) {
        struct place *place = &places[index];
        uint32_t generation = generation_of(atomic_load(&place->state));
        place->object = object;
        place->kind = kind;
        atomic_store(&place->state, (uint64_t)generation << 32);
        handle = handle_of(generation, kind, index);
    }
    pthread_mutex_unlock(&lock);
    return handle;
}

void *handle_acquire(int64_t handle, enum handle_kind kind) {
    struct place *place = place_of(handle, kind);
    if (place == NULL) {
        return NULL;
    }
    uint64_t state = atomic_load(&place->state);
    do {
        if (!is_tenant(state, handle)) {
            return NULL;
        }
    } while (!atomic_compare_exchange_weak(&place->state, &state, state + 1));
    return place->object;
}

void handle_release(int64_t handle) {
    atomic_fetch_sub(&places[handle & 0xffff].state, 1);
}

void *handle_retire(int64_t handle, enum handle_kind kind) {
    struct place *place = place_of(handle, kind);
    if (place == NULL) {
        return NULL;
    }
    uint64_t state = atomic_load(&place->state);
    do {
        if (!is_tenant(state, handle)) {
            return NULL;
        }
    } while (!atomic_compare_exchange_weak(&place->state, &state, state | SHUT));
    return place->object;
}

void handle_await_idle(int64_t handle) {
    const struct timespec pause = {.tv_nsec = 20000};
    while ((atomic_load(&places[handle & 0xffff].state) & USERS) != 0) {
        nanosleep(&pause, NULL);
    }
}

void handle_forget(int64_t handle) {
    struct place *place = &places[handle & 0xffff];
    pthread_mutex_lock(&lock);
    uint32_t next = next_generation(generation_of(atomic_load(&place->state)));
    atomic_store(&place->state, (uint64_t)next << 32 | SHUT);
    place->object = NULL;
    place->next_free = first_free;
    first_free = (int)(handle & 0xffff);
    pthread_mutex_unlock(&lock);
}

void handle_revive(int64_t handle) {
    atomic_fetch_and(&places[handle & 0xffff].state, ~SHUT);
}

bool handle_is_retiring(int64_t handle) {
    return (atomic_load(&places[handle & 0xffff].state) & SHUT) != 0;
}

int64_t handle_find(enum handle_kind kind, const void *object) {
    int64_t found = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < never_used && found == 0; i++) {
        uint64_t state = atomic_load(&places[i].state);
        if ((state & SHUT) == 0 && places[i].kind == kind && places[i].object == object) {
            found = handle_of(generation_of(state), kind, i);
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

int handle_count(enum handle_kind kind) {
    int count = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < never_used; i++) {
        count += (atomic_load(&places[i].state) & SHUT) == 0 && places[i].kind == kind;
    }
    pthread_mutex_unlock(&lock);
    return count;
}
