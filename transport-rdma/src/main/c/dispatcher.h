// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// How a native method of DiSNI's is named, and what several files of them share.
#ifndef SLUICE_DISPATCHER_H
#define SLUICE_DISPATCHER_H

#include <infiniband/verbs.h>
#include <jni.h>
#include <stdatomic.h>
#include <stdint.h>

#include "errors.h"
#include "handles.h"
#include "waiting.h"

// A method of com.ibm.disni.verbs.impl.NativeDispatcher. Its object plays no part.
#define DISPATCHER(result, name, ...)                                                              \
    JNIEXPORT result JNICALL Java_com_ibm_disni_verbs_impl_NativeDispatcher__1##name(              \
        JNIEnv *env __attribute__((unused)), jobject self __attribute__((unused))__VA_OPT__(, ) __VA_ARGS__)

// DiSNI can't say how many: each work request carries up to so many.
enum { SGES_PER_REQUEST = 4 };

// Java passes addresses as numbers.
static inline void *pointer(jlong address) {
    return (void *)(uintptr_t)address;
}

// The verbs' own of a completion queue's object.
struct ibv_cq *native_completion_queue(void *object);

#endif
