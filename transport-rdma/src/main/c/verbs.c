// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// Protection domains, memory regions, completion channels and queues, and what is posted and polled.
//
// Completion events: libibverbs waits, in destroying a queue, until each event taken of it was acknowledged. So that it
// never waits for Java, taken ones are counted, and destroying acknowledges those that Java did not. A channel's lock
// orders taking against destroying.
#include <errno.h>
#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatcher.h"

struct completion_channel {
    struct ibv_comp_channel *native;
    int waker;
    pthread_mutex_t lock;
    _Atomic int queues;
};

struct completion_queue {
    struct ibv_cq *native;
    struct completion_channel *channel;
    unsigned unacknowledged; // under the channel's lock
};

// Protection domains.

DISPATCHER(jlong, allocPd, jlong context_handle) {
    struct ibv_context *context = acquire(env, context_handle, KIND_CONTEXT);
    if (context == NULL) {
        return -1;
    }
    jlong handle = 0;
    struct ibv_pd *domain = ibv_alloc_pd(context);
    if (domain == NULL) {
        throw_errno(env, errno, "can't allocate a protection domain on %s", ibv_get_device_name(context->device));
    } else {
        handle = publish(env, KIND_PROTECTION_DOMAIN, domain);
        if (handle == 0) {
            ibv_dealloc_pd(domain);
        }
    }
    handle_release(context_handle);
    return handle == 0 ? -1 : handle;
}

// Ends a retired handle as its object's destruction ended.
static jint retired(JNIEnv *env, jlong handle, int failure, const char *what) {
    if (failure != 0) {
        handle_revive(handle);
        throw_errno(env, failure, "can't destroy a %s", what);
        return -1;
    }
    handle_forget(handle);
    return 0;
}

DISPATCHER(jint, deallocPd, jlong handle) {
    struct ibv_pd *domain = retire(env, handle, KIND_PROTECTION_DOMAIN);
    return domain == NULL ? -1 : retired(env, handle, ibv_dealloc_pd(domain), "protection domain");
}

DISPATCHER(jint, getPdHandle, jlong handle) {
    struct ibv_pd *domain = acquire(env, handle, KIND_PROTECTION_DOMAIN);
    if (domain == NULL) {
        return -1;
    }
    jint number = (jint)domain->handle;
    handle_release(handle);
    return number;
}

// Memory regions.

DISPATCHER(jlong, regMr, jlong domain_handle, jlong address, jint length, jint rights, jlong lkey, jlong rkey,
           jlong number) {
    if (address == 0 || length <= 0) {
        throw_errno(env, EINVAL, "can't register %d bytes at 0x%llx, expected at least one of memory outside the heap",
                    length, (unsigned long long)address);
        return -1;
    }
    struct ibv_pd *domain = acquire(env, domain_handle, KIND_PROTECTION_DOMAIN);
    if (domain == NULL) {
        return -1;
    }
    jlong handle = 0;
    struct ibv_mr *region = ibv_reg_mr(domain, pointer(address), (size_t)length, (unsigned)rights);
    if (region == NULL) {
        throw_errno(env, errno, "can't register %d bytes of memory with rights 0x%x", length, rights);
    } else {
        handle = publish(env, KIND_MEMORY_REGION, region);
        if (handle == 0) {
            ibv_dereg_mr(region);
        } else {
            *(uint32_t *)pointer(lkey) = region->lkey;
            *(uint32_t *)pointer(rkey) = region->rkey;
            *(uint32_t *)pointer(number) = region->handle;
        }
    }
    handle_release(domain_handle);
    return handle == 0 ? -1 : handle;
}

DISPATCHER(void, deregMr, jlong handle) {
    struct ibv_mr *region = retire(env, handle, KIND_MEMORY_REGION);
    if (region != NULL) {
        retired(env, handle, ibv_dereg_mr(region), "memory region");
    }
}

// The transport operations that can page memory in on demand (IBV_ODP_SUPPORT_*), or -1 where there is none.
DISPATCHER(jint, queryOdpSupport, jlong handle) {
    struct ibv_context *context = acquire(env, handle, KIND_CONTEXT);
    if (context == NULL) {
        return -1;
    }
    struct ibv_device_attr_ex attributes;
    bool known = ibv_query_device_ex(context, NULL, &attributes) == 0;
    handle_release(handle);
    bool supported = known && (attributes.odp_caps.general_caps & IBV_ODP_SUPPORT) != 0;
    return supported ? (jint)attributes.odp_caps.per_transport_caps.rc_odp_caps : -1;
}

DISPATCHER(jint, expPrefetchMr, jlong handle, jlong address, jint length) {
    struct ibv_mr *region = acquire(env, handle, KIND_MEMORY_REGION);
    if (region == NULL) {
        return -1;
    }
    struct ibv_sge range = {.addr = (uint64_t)address, .length = (uint32_t)length, .lkey = region->lkey};
    int failure = ibv_advise_mr(region->pd, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, &range, 1);
    handle_release(handle);
    return failure == 0 ? 0 : -1;
}

// Completion channels.

DISPATCHER(jlong, createCompChannel, jlong context_handle) {
    struct ibv_context *context = acquire(env, context_handle, KIND_CONTEXT);
    if (context == NULL) {
        return -1;
    }
    jlong handle = 0;
    struct completion_channel *channel = calloc(1, sizeof *channel);
    int waker = channel == NULL ? -1 : waker_open();
    struct ibv_comp_channel *native = waker < 0 ? NULL : ibv_create_comp_channel(context);
    if (native == NULL || make_nonblocking(native->fd) != 0) {
        throw_errno(env, errno, "can't create a completion channel");
    } else {
        channel->native = native;
        channel->waker = waker;
        pthread_mutex_init(&channel->lock, NULL);
        handle = publish(env, KIND_COMPLETION_CHANNEL, channel);
    }
    if (handle == 0) {
        if (native != NULL) {
            ibv_destroy_comp_channel(native);
        }
        if (waker >= 0) {
            close(waker);
        }
        free(channel);
    }
    handle_release(context_handle);
    return handle == 0 ? -1 : handle;
}

DISPATCHER(jint, destroyCompChannel, jlong handle) {
    struct completion_channel *channel = handle_retire(handle, KIND_COMPLETION_CHANNEL);
    if (channel == NULL) {
        throw_stale(env, KIND_COMPLETION_CHANNEL, handle);
        return -1;
    }
    waker_wake(channel->waker);
    handle_await_idle(handle);
    int failure = atomic_load(&channel->queues) != 0 ? EBUSY : ibv_destroy_comp_channel(channel->native);
    if (failure != 0) {
        waker_reset(channel->waker);
    } else {
        close(channel->waker);
        pthread_mutex_destroy(&channel->lock);
        free(channel);
    }
    return retired(env, handle, failure, "completion channel");
}

static int take_completion_event(struct completion_channel *channel) {
    struct ibv_cq *native;
    void *queue;
    pthread_mutex_lock(&channel->lock);
    int failure = ibv_get_cq_event(channel->native, &native, &queue) == 0 ? 0 : errno;
    if (failure == 0) {
        ((struct completion_queue *)queue)->unacknowledged++;
    }
    pthread_mutex_unlock(&channel->lock);
    return failure;
}

// 0 where an event was taken, -1 where none came in time. Java acknowledges it.
DISPATCHER(jint, getCqEvent, jlong handle, jint timeout_ms) {
    struct completion_channel *channel = acquire(env, handle, KIND_COMPLETION_CHANNEL);
    if (channel == NULL) {
        return -1;
    }
    int failure = EAGAIN;
    switch (wait_readable(channel->native->fd, channel->waker, timeout_ms)) {
        case WAIT_READY:
            failure = take_completion_event(channel);
            break;
        case WAIT_WOKEN:
            throw_stale(env, KIND_COMPLETION_CHANNEL, handle);
            break;
        case WAIT_FAILED:
            failure = errno;
            break;
        case WAIT_TIMED_OUT:
            break;
    }
    handle_release(handle);
    // EAGAIN: none, or another thread was faster.
    if (failure != 0 && failure != EAGAIN) {
        throw_errno(env, failure, "can't wait for completion events");
    }
    return failure == 0 ? 0 : -1;
}

// Completion queues.

struct ibv_cq *native_completion_queue(void *object) {
    return ((struct completion_queue *)object)->native;
}

DISPATCHER(jlong, createCQ, jlong context_handle, jlong channel_handle, jint entries, jint vector) {
    struct ibv_context *context = acquire(env, context_handle, KIND_CONTEXT);
    if (context == NULL) {
        return -1;
    }
    jlong handle = 0;
    struct completion_channel *channel = acquire(env, channel_handle, KIND_COMPLETION_CHANNEL);
    if (channel != NULL) {
        struct completion_queue *queue = calloc(1, sizeof *queue);
        struct ibv_cq *native = queue == NULL ? NULL : ibv_create_cq(context, entries, queue, channel->native, vector);
        if (native == NULL) {
            throw_errno(env, errno, "can't create a completion queue of %d entries on vector %d", entries, vector);
        } else {
            queue->native = native;
            queue->channel = channel;
            handle = publish(env, KIND_COMPLETION_QUEUE, queue);
        }
        if (handle != 0) {
            atomic_fetch_add(&channel->queues, 1);
        } else {
            if (native != NULL) {
                ibv_destroy_cq(native);
            }
            free(queue);
        }
        handle_release(channel_handle);
    }
    handle_release(context_handle);
    return handle == 0 ? -1 : handle;
}

DISPATCHER(jint, destroyCQ, jlong handle) {
    struct completion_queue *queue = retire(env, handle, KIND_COMPLETION_QUEUE);
    if (queue == NULL) {
        return -1;
    }
    struct completion_channel *channel = queue->channel;
    pthread_mutex_lock(&channel->lock);
    ibv_ack_cq_events(queue->native, queue->unacknowledged);
    queue->unacknowledged = 0;
    int failure = ibv_destroy_cq(queue->native);
    pthread_mutex_unlock(&channel->lock);
    if (failure == 0) {
        free(queue);
        atomic_fetch_sub(&channel->queues, 1);
    }
    return retired(env, handle, failure, "completion queue");
}

DISPATCHER(jint, ackCqEvent, jlong handle, jint events) {
    struct completion_queue *queue = acquire(env, handle, KIND_COMPLETION_QUEUE);
    if (queue == NULL) {
        return -1;
    }
    pthread_mutex_lock(&queue->channel->lock);
    unsigned taken = queue->unacknowledged;
    bool valid = events >= 0 && (unsigned)events <= taken;
    if (valid) {
        queue->unacknowledged -= (unsigned)events;
        ibv_ack_cq_events(queue->native, (unsigned)events);
    }
    pthread_mutex_unlock(&queue->channel->lock);
    handle_release(handle);
    if (!valid) {
        throw_errno(env, EINVAL, "can't acknowledge %d events of a completion queue, of which %u were taken", events, taken);
        return -1;
    }
    return 0;
}

DISPATCHER(jint, reqNotifyCQ, jlong handle, jint solicited_only) {
    struct completion_queue *queue = acquire(env, handle, KIND_COMPLETION_QUEUE);
    if (queue == NULL) {
        return -1;
    }
    int failure = ibv_req_notify_cq(queue->native, solicited_only);
    handle_release(handle);
    if (failure != 0) {
        throw_errno(env, failure, "can't ask a completion queue for an event");
        return -1;
    }
    return 0;
}

DISPATCHER(jint, pollCQ, jlong handle, jint entries, jlong completions) {
    struct completion_queue *queue = acquire(env, handle, KIND_COMPLETION_QUEUE);
    if (queue == NULL) {
        return -1;
    }
    int count = ibv_poll_cq(queue->native, entries, pointer(completions));
    handle_release(handle);
    if (count < 0) {
        throw_remedied(env, EIO, "it overflowed, or its device is gone: close what uses it", "can't poll a completion queue");
        return -1;
    }
    return count;
}

// Work requests. DiSNI fills in only what these operations read, the rest of a request may be anything.

#define FULL_QUEUE "its queue is full, or it is not connected: poll completions before posting more"

static bool is_postable(const struct ibv_send_wr *request) {
    switch (request->opcode) {
        case IBV_WR_RDMA_WRITE:
        case IBV_WR_RDMA_WRITE_WITH_IMM:
        case IBV_WR_SEND:
        case IBV_WR_SEND_WITH_IMM:
        case IBV_WR_RDMA_READ:
            return request->num_sge >= 0 && request->num_sge <= SGES_PER_REQUEST;
        default:
            return false;
    }
}

DISPATCHER(void, postSend, jlong handle, jlong requests) {
    for (struct ibv_send_wr *request = pointer(requests); request != NULL; request = request->next) {
        if (!is_postable(request)) {
            throw_errno(env, EINVAL, "can't post operation %d with %d elements, expected a send, write or read with up to %d",
                        request->opcode, request->num_sge, SGES_PER_REQUEST);
            return;
        }
    }
    struct ibv_qp *queue_pair = acquire(env, handle, KIND_QUEUE_PAIR);
    if (queue_pair == NULL) {
        return;
    }
    struct ibv_send_wr *refused = NULL;
    int failure = ibv_post_send(queue_pair, pointer(requests), &refused);
    uint32_t number = queue_pair->qp_num;
    handle_release(handle);
    if (failure != 0) {
        throw_remedied(env, failure, FULL_QUEUE, "queue pair %u refused send request %llu", number,
                       refused == NULL ? 0ULL : (unsigned long long)refused->wr_id);
    }
}

DISPATCHER(void, postRecv, jlong handle, jlong requests) {
    struct ibv_qp *queue_pair = acquire(env, handle, KIND_QUEUE_PAIR);
    if (queue_pair == NULL) {
        return;
    }
    struct ibv_recv_wr *refused = NULL;
    int failure = ibv_post_recv(queue_pair, pointer(requests), &refused);
    uint32_t number = queue_pair->qp_num;
    handle_release(handle);
    if (failure != 0) {
        throw_remedied(env, failure, FULL_QUEUE, "queue pair %u refused receive request %llu", number,
                       refused == NULL ? 0ULL : (unsigned long long)refused->wr_id);
    }
}

// DiSNI passes no attributes, so there is nothing it could be changed to.
DISPATCHER(jint, modifyQP, jlong handle, jlong attributes __attribute__((unused))) {
    if (acquire(env, handle, KIND_QUEUE_PAIR) != NULL) {
        handle_release(handle);
        throw_remedied(env, EOPNOTSUPP, "disconnecting brings it into the error state",
                       "can't modify a queue pair through DiSNI");
    }
    return -1;
}

// Fields.

DISPATCHER(jint, getQpNum, jlong handle) {
    struct ibv_qp *queue_pair = acquire(env, handle, KIND_QUEUE_PAIR);
    if (queue_pair == NULL) {
        return -1;
    }
    jint number = (jint)queue_pair->qp_num;
    handle_release(handle);
    return number;
}

DISPATCHER(jint, getContextFd, jlong handle) {
    struct ibv_context *context = acquire(env, handle, KIND_CONTEXT);
    if (context == NULL) {
        return -1;
    }
    jint descriptor = context->cmd_fd;
    handle_release(handle);
    return descriptor;
}

DISPATCHER(jint, getContextNumCompVectors, jlong handle) {
    struct ibv_context *context = acquire(env, handle, KIND_CONTEXT);
    if (context == NULL) {
        return -1;
    }
    jint vectors = context->num_comp_vectors;
    handle_release(handle);
    return vectors;
}
