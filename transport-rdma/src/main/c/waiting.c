// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
#include "waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int waker_open(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void waker_wake(int waker) {
    // Fails only where the counter is full: it is awake then.
    (void)eventfd_write(waker, 1);
}

void waker_reset(int waker) {
    eventfd_t count;
    (void)eventfd_read(waker, &count);
}

int make_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum wait_result wait_readable(int descriptor, int waker, int timeout_ms) {
    struct pollfd watched[2] = {{.fd = descriptor, .events = POLLIN}, {.fd = waker, .events = POLLIN}};
    int64_t deadline_ms = now_ms() + timeout_ms;
    int left_ms = timeout_ms;
    int ready;
    while ((ready = poll(watched, 2, left_ms)) < 0 && errno == EINTR) {
        if (timeout_ms >= 0) {
            int64_t left = deadline_ms - now_ms();
            left_ms = left > 0 ? (int)left : 0;
        }
    }
    if (ready < 0) {
        return WAIT_FAILED;
    }
    if (watched[1].revents != 0) {
        return WAIT_WOKEN;
    }
    return ready == 0 ? WAIT_TIMED_OUT : WAIT_READY;
}
