// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// What DiSNI asks of structures it writes and reads itself; and which processors a thread may run on.
#define _GNU_SOURCE
#include <errno.h>
#include <infiniband/verbs.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>

#include "dispatcher.h"

enum { DISNI_VERSION = 32 };

// DiSNI takes these for granted and does not ask.
_Static_assert(offsetof(struct ibv_send_wr, next) == 8, "send request");
_Static_assert(offsetof(struct ibv_send_wr, sg_list) == 16, "send request");
_Static_assert(offsetof(struct ibv_send_wr, num_sge) == 24, "send request");
_Static_assert(offsetof(struct ibv_send_wr, opcode) == 28, "send request");
_Static_assert(offsetof(struct ibv_send_wr, send_flags) == 32, "send request");
_Static_assert(offsetof(struct ibv_send_wr, imm_data) == 36, "send request");
_Static_assert(offsetof(struct ibv_recv_wr, next) == 8, "receive request");
_Static_assert(offsetof(struct ibv_recv_wr, sg_list) == 16, "receive request");
_Static_assert(offsetof(struct ibv_recv_wr, num_sge) == 24, "receive request");
_Static_assert(offsetof(struct ibv_sge, length) == 8, "scatter-gather element");
_Static_assert(offsetof(struct ibv_sge, lkey) == 12, "scatter-gather element");
_Static_assert(offsetof(struct ibv_wc, status) == 8, "completion");
_Static_assert(offsetof(struct ibv_wc, opcode) == 12, "completion");
_Static_assert(offsetof(struct ibv_wc, byte_len) == 20, "completion");
_Static_assert(offsetof(struct ibv_wc, imm_data) == 24, "completion");
_Static_assert(offsetof(struct ibv_wc, qp_num) == 28, "completion");
_Static_assert(offsetof(struct ibv_wc, wc_flags) == 36, "completion");

DISPATCHER(jint, getVersion) {
    return DISNI_VERSION;
}

DISPATCHER(jint, getSockAddrInSize) {
    return sizeof(struct sockaddr_in);
}

DISPATCHER(jint, getIbvRecvWRSize) {
    return sizeof(struct ibv_recv_wr);
}

DISPATCHER(jint, getIbvSendWRSize) {
    return sizeof(struct ibv_send_wr);
}

DISPATCHER(jint, getIbvSgeSize) {
    return sizeof(struct ibv_sge);
}

DISPATCHER(jint, getIbvWCSize) {
    return sizeof(struct ibv_wc);
}

DISPATCHER(jint, getRemoteAddressOffset) {
    return offsetof(struct ibv_send_wr, wr.rdma.remote_addr);
}

DISPATCHER(jint, getRKeyOffset) {
    return offsetof(struct ibv_send_wr, wr.rdma.rkey);
}

// Bit i of an affinity is processor i; processors from 64 on can't be told.
enum { TOLD_PROCESSORS = 64 };

JNIEXPORT void JNICALL Java_com_ibm_disni_util_NativeAffinity__1setAffinity(
    JNIEnv *env, jclass type __attribute__((unused)), jlong affinity) {
    cpu_set_t processors;
    CPU_ZERO(&processors);
    for (unsigned i = 0; i < TOLD_PROCESSORS; i++) {
        if (((uint64_t)affinity >> i & 1) != 0) {
            CPU_SET(i, &processors);
        }
    }
    if (sched_setaffinity(0, sizeof processors, &processors) != 0) {
        throw_illegal(env, "affinity=0x%llx: errno %d: name at least one processor that this process may run on (`taskset -p` shows them)",
                      (unsigned long long)affinity, errno);
    }
}

JNIEXPORT jlong JNICALL Java_com_ibm_disni_util_NativeAffinity__1getAffinity(
    JNIEnv *env, jclass type __attribute__((unused))) {
    cpu_set_t processors;
    CPU_ZERO(&processors);
    if (sched_getaffinity(0, sizeof processors, &processors) != 0) {
        throw_illegal(env, "affinity: errno %d: this machine has more processors than can be told", errno);
        return 0;
    }
    uint64_t affinity = 0;
    for (unsigned i = 0; i < TOLD_PROCESSORS; i++) {
        affinity |= (uint64_t)(CPU_ISSET(i, &processors) != 0) << i;
    }
    return (jlong)affinity;
}
