// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
#include "fake_rdma.h"

#include <errno.h>
#include <infiniband/verbs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#undef ibv_reg_mr

static const char *failing_call;
static int failing_error;
static atomic_int alive;
static struct rdma_cm_id *last_id;
static struct ibv_cq *last_queue;

void fake_fail(const char *call, int error) {
    failing_call = call;
    failing_error = error;
}

struct rdma_cm_id *fake_last_id(void) {
    return last_id;
}

int fake_alive(void) {
    return atomic_load(&alive);
}

static int fails(const char *call) {
    if (failing_call == NULL || strcmp(failing_call, call) != 0) {
        return 0;
    }
    failing_call = NULL;
    errno = failing_error;
    return 1;
}

static void *make(size_t size) {
    atomic_fetch_add(&alive, 1);
    return calloc(1, size);
}

static int unmake(void *object) {
    atomic_fetch_sub(&alive, 1);
    free(object);
    return 0;
}

// The device.

static int poll_queue(struct ibv_cq *queue, int entries, struct ibv_wc *completions) {
    (void)queue;
    for (int i = 0; i < entries; i++) {
        completions[i] = (struct ibv_wc){.wr_id = (uint64_t)i + 1};
    }
    return fails("poll_cq") ? -1 : entries;
}

static int notify(struct ibv_cq *queue, int solicited_only) {
    (void)queue;
    (void)solicited_only;
    return fails("req_notify_cq") ? errno : 0;
}

static int post_send(struct ibv_qp *pair, struct ibv_send_wr *requests, struct ibv_send_wr **refused) {
    (void)pair;
    *refused = requests;
    return fails("post_send") ? errno : 0;
}

static int post_receive(struct ibv_qp *pair, struct ibv_recv_wr *requests, struct ibv_recv_wr **refused) {
    (void)pair;
    *refused = requests;
    return fails("post_recv") ? errno : 0;
}

static struct ibv_device device = {.name = "fake0"};
static struct ibv_context context = {
    .device = &device,
    .ops = {.poll_cq = poll_queue, .req_notify_cq = notify, .post_send = post_send, .post_recv = post_receive},
    .cmd_fd = 77,
    .num_comp_vectors = 3,
};

// The connection manager. An event channel's descriptor is an eventfd that counts its events.

struct channel {
    struct rdma_event_channel base;
    struct rdma_cm_event *events[64];
    int count;
};

struct rdma_event_channel *rdma_create_event_channel(void) {
    if (fails("create_event_channel")) {
        return NULL;
    }
    struct channel *channel = make(sizeof *channel);
    channel->base.fd = eventfd(0, EFD_SEMAPHORE);
    return &channel->base;
}

void rdma_destroy_event_channel(struct rdma_event_channel *channel) {
    close(channel->fd);
    unmake(channel);
}

int rdma_create_id(struct rdma_event_channel *channel, struct rdma_cm_id **id, void *own, enum rdma_port_space space) {
    if (fails("create_id")) {
        return -1;
    }
    *id = make(sizeof **id);
    **id = (struct rdma_cm_id){.channel = channel, .context = own, .ps = space};
    last_id = *id;
    return 0;
}

int rdma_destroy_id(struct rdma_cm_id *id) {
    if (fails("destroy_id")) {
        return -1;
    }
    return unmake(id);
}

void fake_event(struct rdma_cm_id *listener, struct rdma_cm_id *id, enum rdma_cm_event_type type) {
    struct rdma_cm_id *on = listener == NULL ? id : listener;
    struct channel *channel = (struct channel *)on->channel;
    struct rdma_cm_event *event = make(sizeof *event);
    event->listen_id = listener;
    event->id = id;
    event->event = type;
    if (type == RDMA_CM_EVENT_CONNECT_REQUEST) {
        rdma_create_id(on->channel, &event->id, NULL, RDMA_PS_TCP);
        event->id->verbs = &context;
    }
    channel->events[channel->count++] = event;
    eventfd_write(channel->base.fd, 1);
}

int rdma_get_cm_event(struct rdma_event_channel *base, struct rdma_cm_event **event) {
    struct channel *channel = (struct channel *)base;
    eventfd_t one;
    if (eventfd_read(base->fd, &one) != 0) {
        return -1;
    }
    *event = channel->events[0];
    memmove(channel->events, channel->events + 1, sizeof *channel->events * (size_t)--channel->count);
    struct rdma_cm_id *id = (*event)->id;
    if (id != NULL && id->qp != NULL) {
        id->qp->state = IBV_QPS_RTS;
    }
    return 0;
}

int rdma_ack_cm_event(struct rdma_cm_event *event) {
    return unmake(event);
}

int rdma_bind_addr(struct rdma_cm_id *id, struct sockaddr *address) {
    if (fails("bind_addr")) {
        return -1;
    }
    id->verbs = &context;
    memcpy(&id->route.addr.src_addr, address, sizeof(struct sockaddr_in));
    return 0;
}

int rdma_listen(struct rdma_cm_id *id, int backlog) {
    (void)id;
    (void)backlog;
    return fails("listen") ? -1 : 0;
}

int rdma_resolve_addr(struct rdma_cm_id *id, struct sockaddr *from, struct sockaddr *to, int timeout_ms) {
    (void)from;
    (void)timeout_ms;
    if (fails("resolve_addr")) {
        return -1;
    }
    id->verbs = &context;
    memcpy(&id->route.addr.dst_addr, to, sizeof(struct sockaddr_in));
    return 0;
}

int rdma_resolve_route(struct rdma_cm_id *id, int timeout_ms) {
    (void)id;
    (void)timeout_ms;
    return fails("resolve_route") ? -1 : 0;
}

int rdma_connect(struct rdma_cm_id *id, struct rdma_conn_param *wanted) {
    (void)id;
    if (wanted->responder_resources == 0 || wanted->initiator_depth == 0) {
        fprintf(stderr, "connected without room for reads\n");
        abort();
    }
    return fails("connect") ? -1 : 0;
}

int rdma_accept(struct rdma_cm_id *id, struct rdma_conn_param *wanted) {
    return rdma_connect(id, wanted);
}

int rdma_disconnect(struct rdma_cm_id *id) {
    (void)id;
    return fails("disconnect") ? -1 : 0;
}

// Queues. How many were made from an object stands in a field that nothing else uses here.

int rdma_create_qp(struct rdma_cm_id *id, struct ibv_pd *domain, struct ibv_qp_init_attr *wanted) {
    if (fails("create_qp")) {
        return -1;
    }
    id->qp = make(sizeof *id->qp);
    *id->qp = (struct ibv_qp){.context = &context, .pd = domain, .send_cq = wanted->send_cq, .qp_num = 4711};
    domain->handle++;
    wanted->send_cq->handle++;
    return 0;
}

void rdma_destroy_qp(struct rdma_cm_id *id) {
    id->qp->pd->handle--;
    id->qp->send_cq->handle--;
    unmake(id->qp);
    id->qp = NULL;
}

const char *ibv_get_device_name(struct ibv_device *of) {
    return of->name;
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *on) {
    if (fails("alloc_pd")) {
        return NULL;
    }
    struct ibv_pd *domain = make(sizeof *domain);
    domain->context = on;
    return domain;
}

int ibv_dealloc_pd(struct ibv_pd *domain) {
    return domain->handle != 0 ? EBUSY : unmake(domain);
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *domain, void *address, size_t length, uint64_t iova, unsigned rights) {
    (void)iova;
    (void)rights;
    if (fails("reg_mr")) {
        return NULL;
    }
    struct ibv_mr *region = make(sizeof *region);
    *region = (struct ibv_mr){.pd = domain, .addr = address, .length = length, .lkey = 11, .rkey = 22, .handle = 33};
    domain->handle++;
    return region;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *domain, void *address, size_t length, int rights) {
    return ibv_reg_mr_iova2(domain, address, length, (uintptr_t)address, (unsigned)rights);
}

int ibv_dereg_mr(struct ibv_mr *region) {
    if (fails("dereg_mr")) {
        return errno;
    }
    region->pd->handle--;
    return unmake(region);
}

int ibv_query_device(struct ibv_context *of, struct ibv_device_attr *attributes) {
    (void)of;
    memset(attributes, 0, sizeof *attributes);
    return 0;
}

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *on) {
    if (fails("create_comp_channel")) {
        return NULL;
    }
    struct ibv_comp_channel *channel = make(sizeof *channel);
    *channel = (struct ibv_comp_channel){.context = on, .fd = eventfd(0, EFD_SEMAPHORE)};
    return channel;
}

int ibv_destroy_comp_channel(struct ibv_comp_channel *channel) {
    if (channel->refcnt != 0) {
        return EBUSY;
    }
    close(channel->fd);
    return unmake(channel);
}

struct ibv_cq *ibv_create_cq(struct ibv_context *on, int entries, void *own, struct ibv_comp_channel *channel, int vector) {
    (void)vector;
    if (fails("create_cq")) {
        return NULL;
    }
    struct ibv_cq *queue = make(sizeof *queue);
    *queue = (struct ibv_cq){.context = on, .channel = channel, .cq_context = own, .cqe = entries};
    channel->refcnt++;
    last_queue = queue;
    return queue;
}

void fake_completion_event(void) {
    eventfd_write(last_queue->channel->fd, 1);
}

int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **queue, void **own) {
    eventfd_t one;
    if (eventfd_read(channel->fd, &one) != 0) {
        return -1;
    }
    *queue = last_queue;
    *own = last_queue->cq_context;
    last_queue->async_events_completed++;
    return 0;
}

void ibv_ack_cq_events(struct ibv_cq *queue, unsigned events) {
    queue->comp_events_completed += events;
}

int ibv_destroy_cq(struct ibv_cq *queue) {
    if (queue->handle != 0) {
        return EBUSY;
    }
    if (queue->comp_events_completed != queue->async_events_completed) {
        fprintf(stderr, "a completion queue is destroyed with unacknowledged events: this would wait for ever\n");
        abort();
    }
    queue->channel->refcnt--;
    return unmake(queue);
}
