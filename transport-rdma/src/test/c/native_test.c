// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// The native library on a device and in a JVM that are made up, so that sanitizers see each of its ways: every object
// made is gone in the end, every failing call throws what it should and leaks nothing.
#include <errno.h>
#include <infiniband/verbs.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../main/c/handles.h"
#include "fake_jvm.h"
#include "fake_rdma.h"

static void fail(int line, const char *what, const char *found) {
    fprintf(stderr, "native_test.c:%d: %s: %s\n", line, what, found);
    exit(1);
}

#define CHECK(condition)                          \
    do {                                          \
        if (!(condition)) {                       \
            fail(__LINE__, #condition, "is not"); \
        }                                         \
    } while (0)

#define CHECK_THROWN(part)                       \
    do {                                         \
        const char *thrown_ = fake_thrown();     \
        if (strstr(thrown_, part) == NULL) {     \
            fail(__LINE__, "expected " part, thrown_); \
        }                                        \
    } while (0)

#define CHECK_NOTHING_THROWN()                      \
    do {                                            \
        const char *thrown_ = fake_thrown();        \
        if (thrown_[0] != '\0') {                   \
            fail(__LINE__, "expected no exception", thrown_); \
        }                                           \
    } while (0)

#define ADDRESS(object) ((jlong)(uintptr_t)(object))

static struct sockaddr_in somewhere = {.sin_family = AF_INET, .sin_port = 0x3412, .sin_addr = {0x0100090a}};

// Everything there is.
struct everything {
    jlong events, id, context, domain, completions, queue, pair, region;
    char memory[4096];
};

static void make_everything(struct everything *all) {
    uint32_t keys[3];
    all->events = CALL(createEventChannel);
    all->id = CALL(createId, all->events, RDMA_PS_TCP);
    CALL(bindAddr, all->id, ADDRESS(&somewhere));
    all->context = CALL(getContext, all->id);
    all->domain = CALL(allocPd, all->context);
    all->completions = CALL(createCompChannel, all->context);
    all->queue = CALL(createCQ, all->context, all->completions, 16, 0);
    all->pair = CALL(createQP, all->id, all->domain, all->queue, all->queue, IBV_QPT_RC, 8, 8, 64);
    all->region = CALL(regMr, all->domain, ADDRESS(all->memory), sizeof all->memory, 7, ADDRESS(keys), ADDRESS(keys + 1),
                       ADDRESS(keys + 2));
    CHECK_NOTHING_THROWN();
    CHECK(keys[0] == 11 && keys[1] == 22 && keys[2] == 33);
}

static void destroy_everything(struct everything *all) {
    CHECK(CALL(destroyQP, all->id) == 0);
    CHECK(CALL(destroyCQ, all->queue) == 0);
    CHECK(CALL(destroyCompChannel, all->completions) == 0);
    CALL(deregMr, all->region);
    CHECK(CALL(deallocPd, all->domain) == 0);
    CHECK(CALL(destroyCmId, all->id) == 0);
    CHECK(CALL(destroyEventChannel, all->events) == 0);
    CHECK_NOTHING_THROWN();
    CHECK(fake_alive() == 0);
}

static void handles_are_refused_once_their_object_is_gone(void) {
    int object;
    int64_t handle = handle_publish(KIND_CM_ID, &object);
    CHECK(handle > 0);
    CHECK(handle_acquire(handle, KIND_QUEUE_PAIR) == NULL);
    CHECK(handle_acquire(handle, KIND_CM_ID) == &object);
    handle_release(handle);
    CHECK(handle_retire(handle, KIND_CM_ID) == &object);
    CHECK(handle_acquire(handle, KIND_CM_ID) == NULL);
    CHECK(handle_retire(handle, KIND_CM_ID) == NULL);
    handle_revive(handle);
    CHECK(handle_find(KIND_CM_ID, &object) == handle);
    CHECK(handle_retire(handle, KIND_CM_ID) == &object);
    handle_forget(handle);
    int64_t next = handle_publish(KIND_CM_ID, &object);
    CHECK((next & 0xffff) == (handle & 0xffff));
    CHECK(next != handle && handle_acquire(handle, KIND_CM_ID) == NULL);
    CHECK(handle_retire(next, KIND_CM_ID) == &object);
    handle_forget(next);
}

static void a_full_table_is_an_answer(void) {
    static int64_t handles[HANDLE_CAPACITY];
    int object;
    int count = 0;
    while ((handles[count] = handle_publish(KIND_CM_ID, &object)) != 0 && ++count < HANDLE_CAPACITY) {
    }
    CHECK(handle_publish(KIND_CM_ID, &object) == 0);
    CHECK(CALL(createEventChannel) == -1);
    CHECK_THROWN("no handle for one more event channel: errno 24");
    CHECK(fake_alive() == 0);
    while (count > 0) {
        CHECK(handle_retire(handles[--count], KIND_CM_ID) == &object);
        handle_forget(handles[count]);
    }
    CHECK(handle_count(KIND_CM_ID) == 0);
}

static _Atomic int64_t shared_handle;
static atomic_bool stop;

static void *use_shared_handle(void *unused) {
    long uses = 0;
    while (!atomic_load(&stop)) {
        int64_t handle = atomic_load(&shared_handle);
        int *object = handle_acquire(handle, KIND_QUEUE_PAIR);
        if (object != NULL) {
            CHECK(*object == 42);
            handle_release(handle);
            uses++;
        }
    }
    (void)unused;
    return (void *)uses;
}

static void no_object_is_destroyed_under_a_user(void) {
    pthread_t users[3];
    for (int i = 0; i < 3; i++) {
        pthread_create(&users[i], NULL, use_shared_handle, NULL);
    }
    for (int i = 0; i < 2000; i++) {
        int *object = malloc(sizeof *object);
        *object = 42;
        int64_t handle = handle_publish(KIND_QUEUE_PAIR, object);
        atomic_store(&shared_handle, handle);
        CHECK(handle_retire(handle, KIND_QUEUE_PAIR) == object);
        handle_await_idle(handle);
        *object = 0;
        free(object);
        handle_forget(handle);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(users[i], NULL);
    }
}

static void everything_works_and_goes_again(void) {
    struct everything all;
    make_everything(&all);
    CALL(listen, all.id, 4);
    CALL(resolveAddr, all.id, 0, ADDRESS(&somewhere), 100);
    CALL(resolveRoute, all.id, 100);
    CALL(connect, all.id, 7, 7, ADDRESS("hi"), 2);
    CALL(accept, all.id, 7, 7);
    struct sockaddr_in address;
    CHECK(CALL(getSrcAddr, all.id, ADDRESS(&address)) == 0 && memcmp(&address, &somewhere, sizeof address) == 0);
    CHECK(CALL(getDstAddr, all.id, ADDRESS(&address)) == 0 && memcmp(&address, &somewhere, sizeof address) == 0);
    struct ibv_sge element = {.addr = (uint64_t)ADDRESS(all.memory), .length = 8, .lkey = 11};
    struct ibv_send_wr sends[2] = {{.wr_id = 1, .next = &sends[1], .opcode = IBV_WR_RDMA_WRITE, .sg_list = &element, .num_sge = 1},
                                   {.wr_id = 2, .opcode = IBV_WR_SEND}};
    struct ibv_recv_wr receive = {.wr_id = 3};
    CALL(postSend, all.pair, ADDRESS(sends));
    CALL(postRecv, all.pair, ADDRESS(&receive));
    struct ibv_wc completions[2];
    CHECK(CALL(pollCQ, all.queue, 2, ADDRESS(completions)) == 2 && completions[1].wr_id == 2);
    CHECK(CALL(reqNotifyCQ, all.queue, 0) == 0);
    CHECK(CALL(getQpNum, all.pair) == 4711);
    CHECK(CALL(getContextFd, all.context) == 77 && CALL(getContextNumCompVectors, all.context) == 3);
    CHECK(CALL(getContext, all.id) == all.context);
    CHECK(CALL(queryOdpSupport, all.context) == -1);
    CHECK(CALL(expPrefetchMr, all.region, ADDRESS(all.memory), 8) == -1);
    CHECK(CALL(disconnect, all.id) == 0);
    destroy_everything(&all);
}

static void what_others_were_made_from_stays(void) {
    struct everything all;
    make_everything(&all);
    CHECK(CALL(destroyEventChannel, all.events) == -1);
    CHECK_THROWN("with 1 connection ids: errno 16");
    CHECK(CALL(destroyCmId, all.id) == -1);
    CHECK_THROWN("with a queue pair: errno 16");
    CHECK(CALL(destroyCQ, all.queue) == -1);
    CHECK_THROWN("can't destroy a completion queue: errno 16");
    CHECK(CALL(destroyCompChannel, all.completions) == -1);
    CHECK_THROWN("can't destroy a completion channel: errno 16");
    CHECK(CALL(deallocPd, all.domain) == -1);
    CHECK_THROWN("can't destroy a protection domain: errno 16");
    CHECK(CALL(createQP, all.id, all.domain, all.queue, all.queue, IBV_QPT_RC, 8, 8, 64) == -1);
    CHECK_THROWN("has a queue pair already");
    // All of it works still, and waits are waits again.
    CHECK(CALL(getCmEvent, all.events, 0, 0, 0) == -1);
    CHECK(CALL(getCqEvent, all.completions, 0) == -1);
    destroy_everything(&all);
    CHECK(CALL(destroyCQ, all.queue) == -1);
    CHECK_THROWN("is no completion queue that is alive");
    CALL(postSend, all.pair, 0);
    CHECK_THROWN("is no queue pair that is alive");
}

static void an_endpoint_goes_with_its_queue_pair(void) {
    struct everything all;
    make_everything(&all);
    CHECK(CALL(destroyEp, all.id) == 0);
    CALL(getQpNum, all.pair);
    CHECK_THROWN("is no queue pair that is alive");
    CHECK(CALL(destroyQP, all.id) == -1);
    CHECK_THROWN("is no connection id that is alive");
    all.id = CALL(createId, all.events, RDMA_PS_TCP);
    CALL(bindAddr, all.id, ADDRESS(&somewhere));
    all.pair = CALL(createQP, all.id, all.domain, all.queue, all.queue, IBV_QPT_RC, 8, 8, 64);
    destroy_everything(&all);
}

static void a_connection_request_brings_an_id(void) {
    jlong ids[2];
    jlong events = CALL(createEventChannel);
    jlong listener = CALL(createId, events, RDMA_PS_TCP);
    struct rdma_cm_id *native = fake_last_id();
    fake_event(native, NULL, RDMA_CM_EVENT_CONNECT_REQUEST);
    CHECK(CALL(getCmEvent, events, ADDRESS(ids), ADDRESS(ids + 1), 1000) == RDMA_CM_EVENT_CONNECT_REQUEST);
    CHECK(ids[0] == listener && ids[1] > 0 && ids[1] != listener);
    fake_event(NULL, fake_last_id(), RDMA_CM_EVENT_ESTABLISHED);
    jlong same[2];
    CHECK(CALL(getCmEvent, events, ADDRESS(same), ADDRESS(same + 1), -1) == RDMA_CM_EVENT_ESTABLISHED);
    CHECK(same[0] == -1 && same[1] == ids[1]);
    CHECK(CALL(getContext, ids[1]) > 0);
    CHECK(CALL(getContext, listener) == -1);
    CHECK_THROWN("is on no device yet");
    CHECK(CALL(destroyCmId, ids[1]) == 0 && CALL(destroyCmId, listener) == 0);
    CHECK(CALL(destroyEventChannel, events) == 0);
    CHECK(fake_alive() == 0);
}

static void completion_events_are_acknowledged_at_last(void) {
    struct everything all;
    make_everything(&all);
    CHECK(CALL(getCqEvent, all.completions, 0) == -1);
    for (int i = 0; i < 3; i++) {
        fake_completion_event();
        CHECK(CALL(getCqEvent, all.completions, 1000) == 0);
    }
    CHECK(CALL(ackCqEvent, all.queue, 1) == 0);
    CHECK(CALL(ackCqEvent, all.queue, 3) == -1);
    CHECK_THROWN("can't acknowledge 3 events of a completion queue, of which 2 were taken");
    destroy_everything(&all);
}

static void *wait_for_event(void *events) {
    jlong ids[2];
    CALL(getCmEvent, *(jlong *)events, ADDRESS(ids), ADDRESS(ids + 1), -1);
    return strdup(fake_thrown());
}

static void closing_a_channel_ends_waits(void) {
    for (int i = 0; i < 50; i++) {
        jlong events = CALL(createEventChannel);
        pthread_t waiter;
        pthread_create(&waiter, NULL, wait_for_event, &events);
        CHECK(CALL(destroyEventChannel, events) == 0);
        void *thrown;
        pthread_join(waiter, &thrown);
        CHECK(strstr(thrown, "is no event channel that is alive") != NULL);
        free(thrown);
    }
}

static void *take_event(void *events) {
    jlong ids[2];
    CHECK(CALL(getCmEvent, *(jlong *)events, ADDRESS(ids), ADDRESS(ids + 1), -1) == RDMA_CM_EVENT_ESTABLISHED);
    return NULL;
}

// Else the device crashes the process: see the channel's lock.
static void no_queue_pair_is_destroyed_under_its_event(void) {
    struct everything all;
    make_everything(&all);
    for (int i = 0; i < 200; i++) {
        pthread_t taker;
        fake_event(NULL, fake_last_id(), RDMA_CM_EVENT_ESTABLISHED);
        pthread_create(&taker, NULL, take_event, &all.events);
        CHECK(CALL(destroyQP, all.id) == 0);
        all.pair = CALL(createQP, all.id, all.domain, all.queue, all.queue, IBV_QPT_RC, 8, 8, 64);
        CHECK(CALL(disconnect, all.id) == 0);
        pthread_join(taker, NULL);
    }
    destroy_everything(&all);
}

static void wrong_arguments_throw(void) {
    struct everything all;
    make_everything(&all);
    CALL(createQP, all.id, all.domain, all.queue, all.queue, IBV_QPT_UD, 8, 8, 64);
    CHECK_THROWN("queue pair of type 4, expected 2");
    CALL(connect, all.id, 8, 0, 0, 0);
    CHECK_THROWN("retry_count=8");
    CALL(accept, all.id, 0, -1);
    CHECK_THROWN("rnr_retry_count=-1");
    CALL(connect, all.id, 1, 1, ADDRESS("too long"), 57);
    CHECK_THROWN("private data of 57 bytes");
    CALL(regMr, all.domain, ADDRESS(all.memory), 0, 0, 0, 0, 0);
    CHECK_THROWN("can't register 0 bytes");
    struct ibv_send_wr send = {.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD};
    CALL(postSend, all.pair, ADDRESS(&send));
    CHECK_THROWN("can't post operation 6");
    send = (struct ibv_send_wr){.opcode = IBV_WR_SEND, .num_sge = 5};
    CALL(postSend, all.pair, ADDRESS(&send));
    CHECK_THROWN("with 5 elements");
    CALL(modifyQP, all.pair, 0);
    CHECK_THROWN("can't modify a queue pair through DiSNI");
    destroy_everything(&all);
}

// Each call that can fail does, once; the message tells which, and what errno was.
static void every_failure_is_thrown(void) {
    struct everything all;
    jlong none[8];
    struct ibv_send_wr send = {.opcode = IBV_WR_SEND};
    struct ibv_recv_wr receive = {.wr_id = 0};
    make_everything(&all);
#define FAILS(name, error, call, message)          \
    fake_fail(name, error);                        \
    (void)(call);                                  \
    CHECK_THROWN("java/io/IOException: " message)
    FAILS("create_event_channel", ENODEV, CALL(createEventChannel), "can't create an event channel: errno 19");
    FAILS("create_id", EMFILE, CALL(createId, all.events, RDMA_PS_TCP), "can't create a connection id in port space 0x106: errno 24");
    FAILS("alloc_pd", ENOMEM, CALL(allocPd, all.context), "can't allocate a protection domain on fake0: errno 12");
    FAILS("create_comp_channel", EMFILE, CALL(createCompChannel, all.context), "can't create a completion channel: errno 24");
    FAILS("create_cq", EINVAL, CALL(createCQ, all.context, all.completions, 99, 0), "can't create a completion queue of 99 entries");
    FAILS("reg_mr", ENOMEM, CALL(regMr, all.domain, ADDRESS(&all), 8, 7, ADDRESS(none), ADDRESS(none), ADDRESS(none)),
          "can't register 8 bytes of memory with rights 0x7: errno 12");
    FAILS("req_notify_cq", EIO, CALL(reqNotifyCQ, all.queue, 0), "can't ask a completion queue");
    FAILS("poll_cq", EIO, CALL(pollCQ, all.queue, 1, ADDRESS(none)), "can't poll a completion queue");
    FAILS("destroy_id", EIO, (CALL(destroyQP, all.id), CALL(destroyCmId, all.id)), "can't destroy a connection id: errno 5");
    FAILS("create_qp", ENOMEM, CALL(createQP, all.id, all.domain, all.queue, all.queue, IBV_QPT_RC, 8, 9, 64),
          "can't create a queue pair for 8 send and 9 receive requests of 4 elements and 64 bytes inline: errno 12");
    all.pair = CALL(createQP, all.id, all.domain, all.queue, all.queue, IBV_QPT_RC, 8, 8, 64);
#define FAILS_QUIETLY(name, error, call, message)  \
    fake_fail(name, error);                        \
    call;                                          \
    CHECK_THROWN("java/io/IOException: " message)
    FAILS_QUIETLY("bind_addr", EADDRNOTAVAIL, CALL(bindAddr, all.id, ADDRESS(&somewhere)), "can't bind to 10.9.0.1:4660: errno 99");
    FAILS_QUIETLY("listen", EADDRINUSE, CALL(listen, all.id, 1), "can't listen: errno 98");
    FAILS_QUIETLY("resolve_addr", ENODEV, CALL(resolveAddr, all.id, 0, ADDRESS(&somewhere), 9), "can't find the way to 10.9.0.1:4660: errno 19");
    FAILS_QUIETLY("resolve_route", EINVAL, CALL(resolveRoute, all.id, 9), "can't find a route: errno 22");
    FAILS_QUIETLY("connect", ECONNREFUSED, CALL(connect, all.id, 1, 1, 0, 0), "can't connect: errno 111");
    FAILS_QUIETLY("connect", EINVAL, CALL(accept, all.id, 1, 1), "can't accept: errno 22");
    FAILS_QUIETLY("post_send", ENOMEM, CALL(postSend, all.pair, ADDRESS(&send)), "queue pair 4711 refused send request 0");
    FAILS_QUIETLY("post_recv", ENOMEM, CALL(postRecv, all.pair, ADDRESS(&receive)), "queue pair 4711 refused receive request 0");
    FAILS_QUIETLY("dereg_mr", EIO, CALL(deregMr, all.region), "can't destroy a memory region: errno 5");
    fake_fail("disconnect", EINVAL);
    CHECK(CALL(disconnect, all.id) == -EINVAL);
    destroy_everything(&all);
}

int main(void) {
    handles_are_refused_once_their_object_is_gone();
    a_full_table_is_an_answer();
    no_object_is_destroyed_under_a_user();
    everything_works_and_goes_again();
    what_others_were_made_from_stays();
    an_endpoint_goes_with_its_queue_pair();
    a_connection_request_brings_an_id();
    completion_events_are_acknowledged_at_last();
    closing_a_channel_ends_waits();
    no_queue_pair_is_destroyed_under_its_event();
    wrong_arguments_throw();
    every_failure_is_thrown();
    puts("native_test: all well");
    return 0;
}
