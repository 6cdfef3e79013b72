// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// Waits for a channel's events that end when the channel is closed.
#ifndef SLUICE_WAITING_H
#define SLUICE_WAITING_H

enum wait_result { WAIT_READY, WAIT_TIMED_OUT, WAIT_WOKEN, WAIT_FAILED };

// A descriptor to wake waiters by, or -1 and errno. Closed by close().
int waker_open(void);

// Wakes all present and later waiters.
void waker_wake(int waker);

// Takes a wake back.
void waker_reset(int waker);

// Reads never block from now on; -1 and errno where that can't be had.
int make_nonblocking(int descriptor);

// Waits until the descriptor has something to read; less than 0 ms is for ever. Errno where it failed.
enum wait_result wait_readable(int descriptor, int waker, int timeout_ms);

#endif
