// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// The connection manager: event channels, ids, and the queue pairs on them.
//
// Who is destroyed when: a queue pair before its id, an id before its event channel; each is refused otherwise. An id's
// events are acknowledged where they are taken, so that destroying it never waits for Java.
//
// A channel's lock: taking an event, librdmacm moves the queue pair of the event's id to its next state, and does not
// look whether another thread is destroying it. So everything that is done with a channel's ids is done under its lock.
// All of it is short; waiting for an event is done without.
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <rdma/rdma_cma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher.h"

// The bits of retry counts in a connection request.
enum { MAX_RETRY_COUNT = 7 };

// What the connection manager carries at most.
enum { MAX_PRIVATE_DATA = 56 };

struct event_channel {
    struct rdma_event_channel *native;
    int waker;
    _Atomic int ids;
    pthread_mutex_t lock;
};

struct cm_id {
    struct rdma_cm_id *native;
    struct event_channel *channel;
    jlong queue_pair; // its handle, or 0; under the channel's lock
};

DISPATCHER(jlong, createEventChannel) {
    struct event_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL) {
        throw_errno(env, ENOMEM, "can't create an event channel");
        return -1;
    }
    errno = ENODEV;
    channel->native = rdma_create_event_channel();
    if (channel->native == NULL) {
        throw_errno(env, errno, "can't create an event channel");
        free(channel);
        return -1;
    }
    jlong handle = 0;
    pthread_mutex_init(&channel->lock, NULL);
    channel->waker = waker_open();
    if (channel->waker < 0 || make_nonblocking(channel->native->fd) != 0) {
        throw_errno(env, errno, "can't prepare an event channel");
    } else {
        handle = publish(env, KIND_EVENT_CHANNEL, channel);
    }
    if (handle == 0) {
        if (channel->waker >= 0) {
            close(channel->waker);
        }
        rdma_destroy_event_channel(channel->native);
        pthread_mutex_destroy(&channel->lock);
        free(channel);
        return -1;
    }
    return handle;
}

DISPATCHER(jint, destroyEventChannel, jlong handle) {
    struct event_channel *channel = handle_retire(handle, KIND_EVENT_CHANNEL);
    if (channel == NULL) {
        throw_stale(env, KIND_EVENT_CHANNEL, handle);
        return -1;
    }
    waker_wake(channel->waker);
    handle_await_idle(handle);
    if (atomic_load(&channel->ids) != 0) {
        waker_reset(channel->waker);
        handle_revive(handle);
        throw_errno(env, EBUSY, "can't destroy an event channel with %d connection ids", atomic_load(&channel->ids));
        return -1;
    }
    rdma_destroy_event_channel(channel->native);
    close(channel->waker);
    pthread_mutex_destroy(&channel->lock);
    free(channel);
    handle_forget(handle);
    return 0;
}

// Gives an id its handle; 0 with an exception where there is none to be had, the id is the caller's then.
static jlong adopt(JNIEnv *env, struct event_channel *channel, struct rdma_cm_id *native) {
    struct cm_id *id = calloc(1, sizeof *id);
    if (id == NULL) {
        throw_errno(env, ENOMEM, "can't create a connection id");
        return 0;
    }
    id->native = native;
    id->channel = channel;
    jlong handle = publish(env, KIND_CM_ID, id);
    if (handle == 0) {
        free(id);
        return 0;
    }
    native->context = pointer(handle);
    atomic_fetch_add(&channel->ids, 1);
    return handle;
}

DISPATCHER(jlong, createId, jlong channel_handle, jshort port_space) {
    struct event_channel *channel = acquire(env, channel_handle, KIND_EVENT_CHANNEL);
    if (channel == NULL) {
        return -1;
    }
    struct rdma_cm_id *native = NULL;
    jlong handle = 0;
    if (rdma_create_id(channel->native, &native, NULL, (enum rdma_port_space)port_space) != 0) {
        throw_errno(env, errno, "can't create a connection id in port space 0x%x", port_space);
    } else {
        handle = adopt(env, channel, native);
        if (handle == 0) {
            rdma_destroy_id(native);
        }
    }
    handle_release(channel_handle);
    return handle == 0 ? -1 : handle;
}

// The caller holds the channel's lock.
static void destroy_queue_pair(struct cm_id *id) {
    // Only this function retires queue pairs, under the lock: it is there.
    (void)handle_retire(id->queue_pair, KIND_QUEUE_PAIR);
    handle_await_idle(id->queue_pair);
    rdma_destroy_qp(id->native);
    handle_forget(id->queue_pair);
    id->queue_pair = 0;
}

// Of a retired, idle id; with its queue pair where that is wanted.
static jint destroy_id(JNIEnv *env, jlong handle, struct cm_id *id, bool with_queue_pair) {
    struct event_channel *channel = id->channel;
    pthread_mutex_lock(&channel->lock);
    if (id->queue_pair != 0 && with_queue_pair) {
        destroy_queue_pair(id);
    }
    bool in_use = id->queue_pair != 0;
    int failure = in_use ? EBUSY : rdma_destroy_id(id->native) == 0 ? 0 : errno;
    pthread_mutex_unlock(&channel->lock);
    if (failure != 0) {
        handle_revive(handle);
        throw_errno(env, failure, in_use ? "can't destroy a connection id with a queue pair" : "can't destroy a connection id");
        return -1;
    }
    free(id);
    handle_forget(handle);
    // Last: without ids the channel may be destroyed.
    atomic_fetch_sub(&channel->ids, 1);
    return 0;
}

DISPATCHER(jint, destroyCmId, jlong handle) {
    struct cm_id *id = retire(env, handle, KIND_CM_ID);
    return id == NULL ? -1 : destroy_id(env, handle, id, false);
}

DISPATCHER(jint, destroyEp, jlong handle) {
    struct cm_id *id = retire(env, handle, KIND_CM_ID);
    return id == NULL ? -1 : destroy_id(env, handle, id, true);
}

DISPATCHER(jint, destroyQP, jlong id_handle) {
    struct cm_id *id = acquire(env, id_handle, KIND_CM_ID);
    if (id == NULL) {
        return -1;
    }
    pthread_mutex_lock(&id->channel->lock);
    bool there = id->queue_pair != 0;
    if (there) {
        destroy_queue_pair(id);
    }
    pthread_mutex_unlock(&id->channel->lock);
    handle_release(id_handle);
    if (!there) {
        throw_errno(env, ENOENT, "this connection id has no queue pair");
        return -1;
    }
    return 0;
}

static jlong create_queue_pair(JNIEnv *env, struct cm_id *id, struct ibv_pd *domain, struct ibv_qp_init_attr *wanted) {
    if (id->queue_pair != 0) {
        throw_errno(env, EBUSY, "this connection id has a queue pair already");
        return -1;
    }
    if (rdma_create_qp(id->native, domain, wanted) != 0) {
        throw_errno(env, errno,
                    "can't create a queue pair for %u send and %u receive requests of %d elements and %u bytes inline",
                    wanted->cap.max_send_wr, wanted->cap.max_recv_wr, SGES_PER_REQUEST, wanted->cap.max_inline_data);
        return -1;
    }
    jlong handle = publish(env, KIND_QUEUE_PAIR, id->native->qp);
    if (handle == 0) {
        rdma_destroy_qp(id->native);
        return -1;
    }
    id->queue_pair = handle;
    return handle;
}

DISPATCHER(jlong, createQP, jlong id_handle, jlong domain_handle, jlong send_queue, jlong receive_queue, jint type,
           jint max_send, jint max_receive, jint max_inline) {
    if (type != IBV_QPT_RC || max_send < 0 || max_receive < 0 || max_inline < 0) {
        throw_errno(env, EINVAL,
                    "can't create a queue pair of type %d, expected %d (reliable connection), for %d send and %d receive "
                    "requests and %d bytes inline",
                    type, IBV_QPT_RC, max_send, max_receive, max_inline);
        return -1;
    }
    jlong handle = -1;
    struct cm_id *id = acquire(env, id_handle, KIND_CM_ID);
    struct ibv_pd *domain = id == NULL ? NULL : acquire(env, domain_handle, KIND_PROTECTION_DOMAIN);
    void *sends = domain == NULL ? NULL : acquire(env, send_queue, KIND_COMPLETION_QUEUE);
    void *receives = sends == NULL ? NULL : acquire(env, receive_queue, KIND_COMPLETION_QUEUE);
    if (receives != NULL) {
        struct ibv_qp_init_attr wanted = {
            .send_cq = native_completion_queue(sends),
            .recv_cq = native_completion_queue(receives),
            .cap = {.max_send_wr = (uint32_t)max_send,
                    .max_recv_wr = (uint32_t)max_receive,
                    .max_send_sge = SGES_PER_REQUEST,
                    .max_recv_sge = SGES_PER_REQUEST,
                    .max_inline_data = (uint32_t)max_inline},
            .qp_type = IBV_QPT_RC,
        };
        pthread_mutex_lock(&id->channel->lock);
        handle = create_queue_pair(env, id, domain, &wanted);
        pthread_mutex_unlock(&id->channel->lock);
        handle_release(receive_queue);
    }
    if (sends != NULL) {
        handle_release(send_queue);
    }
    if (domain != NULL) {
        handle_release(domain_handle);
    }
    if (id != NULL) {
        handle_release(id_handle);
    }
    return handle;
}

// Runs one of the connection manager's calls on an id, which are short and look at its queue pair; errno where it failed,
// -1 with an exception where there is no such id.
#define ON_ID(env, handle, id, call)                              \
    ({                                                            \
        int failure_ = -1;                                        \
        struct cm_id *id = acquire(env, handle, KIND_CM_ID);      \
        if (id != NULL) {                                         \
            pthread_mutex_lock(&id->channel->lock);                        \
            failure_ = (call) == 0 ? 0 : errno;                   \
            pthread_mutex_unlock(&id->channel->lock);                      \
            handle_release(handle);                               \
        }                                                         \
        failure_;                                                 \
    })

static void address_text(const struct sockaddr_in *address, char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)&address->sin_addr;
    snprintf(text, length, "%d.%d.%d.%d:%d", bytes[0], bytes[1], bytes[2], bytes[3], ntohs(address->sin_port));
}

DISPATCHER(void, bindAddr, jlong handle, jlong address) {
    struct sockaddr_in local = *(struct sockaddr_in *)pointer(address);
    int failure = ON_ID(env, handle, id, rdma_bind_addr(id->native, (struct sockaddr *)&local));
    if (failure > 0) {
        char text[32];
        address_text(&local, text, sizeof text);
        throw_errno(env, failure, "can't bind to %s", text);
    }
}

DISPATCHER(void, listen, jlong handle, jint backlog) {
    int failure = ON_ID(env, handle, id, rdma_listen(id->native, backlog));
    if (failure > 0) {
        throw_errno(env, failure, "can't listen");
    }
}

DISPATCHER(void, resolveAddr, jlong handle, jlong source, jlong destination, jint timeout_ms) {
    struct sockaddr_in remote = *(struct sockaddr_in *)pointer(destination);
    int failure = ON_ID(env, handle, id,
                        rdma_resolve_addr(id->native, pointer(source), (struct sockaddr *)&remote, timeout_ms));
    if (failure > 0) {
        char text[32];
        address_text(&remote, text, sizeof text);
        throw_errno(env, failure, "can't find the way to %s", text);
    }
}

DISPATCHER(void, resolveRoute, jlong handle, jint timeout_ms) {
    int failure = ON_ID(env, handle, id, rdma_resolve_route(id->native, timeout_ms));
    if (failure > 0) {
        throw_errno(env, failure, "can't find a route");
    }
}

// As many reads under way as the device can do: each side gets what both can.
static struct rdma_conn_param parameters(jint retries, jint receiver_retries) {
    return (struct rdma_conn_param){
        .responder_resources = RDMA_MAX_RESP_RES,
        .initiator_depth = RDMA_MAX_INIT_DEPTH,
        .retry_count = (uint8_t)retries,
        .rnr_retry_count = (uint8_t)receiver_retries,
    };
}

static bool are_retries(JNIEnv *env, jint retries, jint receiver_retries) {
    if (retries >= 0 && retries <= MAX_RETRY_COUNT && receiver_retries >= 0 && receiver_retries <= MAX_RETRY_COUNT) {
        return true;
    }
    throw_errno(env, EINVAL, "retry_count=%d, rnr_retry_count=%d, expected each from 0 to %d", retries, receiver_retries,
                MAX_RETRY_COUNT);
    return false;
}

DISPATCHER(void, connect, jlong handle, jint retries, jint receiver_retries, jlong data, jbyte data_length) {
    if (!are_retries(env, retries, receiver_retries)) {
        return;
    }
    if (data_length < 0 || data_length > MAX_PRIVATE_DATA || (data_length > 0 && data == 0)) {
        throw_errno(env, EINVAL, "private data of %d bytes, expected from 0 to %d", data_length, MAX_PRIVATE_DATA);
        return;
    }
    struct rdma_conn_param wanted = parameters(retries, receiver_retries);
    wanted.private_data = pointer(data);
    wanted.private_data_len = (uint8_t)data_length;
    int failure = ON_ID(env, handle, id, rdma_connect(id->native, &wanted));
    if (failure > 0) {
        throw_errno(env, failure, "can't connect");
    }
}

DISPATCHER(void, accept, jlong handle, jint retries, jint receiver_retries) {
    if (!are_retries(env, retries, receiver_retries)) {
        return;
    }
    struct rdma_conn_param wanted = parameters(retries, receiver_retries);
    int failure = ON_ID(env, handle, id, rdma_accept(id->native, &wanted));
    if (failure > 0) {
        throw_errno(env, failure, "can't accept");
    }
}

// Its failure is a status, the negative of errno: the peer may always be the first to disconnect.
DISPATCHER(jint, disconnect, jlong handle) {
    int failure = ON_ID(env, handle, id, rdma_disconnect(id->native));
    return failure > 0 ? -failure : failure;
}

static int copy_address(const struct sockaddr *address, jlong target) {
    if (address == NULL || address->sa_family != AF_INET) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    memcpy(pointer(target), address, sizeof(struct sockaddr_in));
    return 0;
}

DISPATCHER(jint, getSrcAddr, jlong handle, jlong target) {
    int failure = ON_ID(env, handle, id, copy_address(rdma_get_local_addr(id->native), target));
    return failure > 0 ? -failure : failure;
}

DISPATCHER(jint, getDstAddr, jlong handle, jlong target) {
    int failure = ON_ID(env, handle, id, copy_address(rdma_get_peer_addr(id->native), target));
    return failure > 0 ? -failure : failure;
}

// The handle of an event's id; a connection request comes with a new id. 0 with an exception where that got none.
static jlong handle_of_event(JNIEnv *env, struct event_channel *channel, const struct rdma_cm_event *event) {
    if (event->event == RDMA_CM_EVENT_CONNECT_REQUEST) {
        return adopt(env, channel, event->id);
    }
    return (jlong)(uintptr_t)event->id->context;
}

// The caller holds the channel's lock.
static jint take_event(JNIEnv *env, struct event_channel *channel, jlong *listener, jlong *id) {
    struct rdma_cm_event *event;
    if (rdma_get_cm_event(channel->native, &event) != 0) {
        // Another thread was faster.
        if (errno == EAGAIN) {
            return -1;
        }
        throw_errno(env, errno, "can't take a connection event");
        return -1;
    }
    jint type = (jint)event->event;
    *listener = event->listen_id == NULL ? -1 : (jlong)(uintptr_t)event->listen_id->context;
    *id = handle_of_event(env, channel, event);
    struct rdma_cm_id *homeless = *id == 0 ? event->id : NULL;
    // Frees the event, not the ids.
    rdma_ack_cm_event(event);
    if (homeless != NULL) {
        rdma_destroy_id(homeless);
        return -1;
    }
    return type;
}

DISPATCHER(jint, getCmEvent, jlong handle, jlong listener, jlong id, jint timeout_ms) {
    struct event_channel *channel = acquire(env, handle, KIND_EVENT_CHANNEL);
    if (channel == NULL) {
        return -1;
    }
    jint event = -1;
    switch (wait_readable(channel->native->fd, channel->waker, timeout_ms)) {
        case WAIT_READY:
            pthread_mutex_lock(&channel->lock);
            event = take_event(env, channel, pointer(listener), pointer(id));
            pthread_mutex_unlock(&channel->lock);
            break;
        case WAIT_WOKEN:
            throw_stale(env, KIND_EVENT_CHANNEL, handle);
            break;
        case WAIT_FAILED:
            throw_errno(env, errno, "can't wait for connection events");
            break;
        case WAIT_TIMED_OUT:
            break;
    }
    handle_release(handle);
    return event;
}

// getCmEvent() has acknowledged it.
DISPATCHER(jint, ackCmEvent, jint event __attribute__((unused))) {
    return 0;
}

DISPATCHER(jlong, getContext, jlong id_handle) {
    struct cm_id *id = acquire(env, id_handle, KIND_CM_ID);
    if (id == NULL) {
        return -1;
    }
    struct ibv_context *context = id->native->verbs;
    jlong handle = -1;
    if (context == NULL) {
        throw_errno(env, ENODEV, "this connection id is on no device yet: bind it to, or resolve, an address of one");
    } else {
        // librdmacm keeps a device's context until the process ends, so its handle has no end either.
        static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        pthread_mutex_lock(&lock);
        handle = handle_find(KIND_CONTEXT, context);
        if (handle == 0) {
            handle = publish(env, KIND_CONTEXT, context);
        }
        pthread_mutex_unlock(&lock);
    }
    handle_release(id_handle);
    return handle == 0 ? -1 : handle;
}
