// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// What stands for librdmacm, libibverbs and a device in the native library's test. It holds callers to the rules of the
// true ones: what others were made from is not destroyed (EBUSY), and a completion queue whose events were not
// acknowledged ends the test, where the true one would wait for ever. As the true one, taking an event touches the queue
// pair of its id.
#ifndef SLUICE_FAKE_RDMA_H
#define SLUICE_FAKE_RDMA_H

#include <rdma/rdma_cma.h>

// The next call of this name fails with this errno.
void fake_fail(const char *call, int error);

// An event on a channel, as the kernel would give it.
void fake_event(struct rdma_cm_id *listener, struct rdma_cm_id *id, enum rdma_cm_event_type type);

// The id that was created last.
struct rdma_cm_id *fake_last_id(void);

// A completion event of the queue that was created last.
void fake_completion_event(void);

// Objects that are alive.
int fake_alive(void);

#endif
