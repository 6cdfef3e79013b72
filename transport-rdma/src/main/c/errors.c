// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "errors.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MESSAGE_LENGTH = 1024 };

static bool is_empty(const char *directory) {
    DIR *opened = opendir(directory);
    if (opened == NULL) {
        return true;
    }
    int entries = 0;
    struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        entries += entry->d_name[0] != '.';
    }
    closedir(opened);
    return entries == 0;
}

static const char *why_no_device(void) {
    if (access("/sys/class/infiniband_verbs", F_OK) != 0) {
        return "the kernel has no RDMA: load the adapter's driver, or for soft-RoCE `modprobe rdma_rxe`, then "
               "`modprobe ib_uverbs rdma_ucm`; in a container, load them on its host";
    }
    if (is_empty("/sys/class/infiniband")) {
        return "the kernel has RDMA, but no device: look at `rdma link`; soft-RoCE gets one by `rdma link add rxe0 type "
               "rxe netdev eth0`";
    }
    if (access("/dev/infiniband/rdma_cm", F_OK) != 0) {
        return "/dev/infiniband/rdma_cm is missing: `modprobe rdma_ucm`; in a container, pass --device=/dev/infiniband";
    }
    return "no device has this address: `rdma link` shows each device's network interface, `ip address` that one's "
           "addresses";
}

static const char *memory_limit(char *text, size_t length) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return "the machine or the device is out of memory for this: ask for less, or close others";
    }
    snprintf(text, length,
             "this process may lock %llu bytes of memory (RLIMIT_MEMLOCK), and what is registered is locked: raise it "
             "(ulimit -l, LimitMEMLOCK=infinity in a systemd unit, memlock in /etc/security/limits.conf, --ulimit "
             "memlock=-1 of docker), or ask for less",
             (unsigned long long)limit.rlim_cur);
    return text;
}

const char *error_remedy(int error, char *text, size_t length) {
    switch (error) {
        case ENODEV:
        case ENOENT:
        case ENXIO:
        case ENOSYS:
            return why_no_device();
        case EADDRNOTAVAIL:
            return "the address is not one of an RDMA device here: `rdma link` and `ip address` show which are";
        case EADDRINUSE:
            return "another program listens there: choose another port";
        case EACCES:
        case EPERM:
            return "this process may not use /dev/infiniband or not lock memory: look at `ls -l /dev/infiniband`; in a "
                   "container, pass --device=/dev/infiniband and --cap-add=IPC_LOCK";
        case ENOMEM:
        case EAGAIN:
            return memory_limit(text, length);
        case EMFILE:
        case ENFILE:
            return "raise the limit of open files (ulimit -n), or close connections";
        case EBUSY:
            return "something made from it is still there: destroy that first";
        case EINVAL:
            return "a value is beyond what the device takes (ibv_devinfo -v), or this is not the time for it: address, "
                   "then route, then queue pair, then connection";
        case EFAULT:
            return "the memory is not mapped, or not writable";
        case EOPNOTSUPP:
            return "this device, or this library, does not do that";
        default:
            return "look at `dmesg` and `rdma resource`";
    }
}

static void throw_new(JNIEnv *env, const char *name, const char *message) {
    if ((*env)->ExceptionCheck(env)) {
        return;
    }
    jclass type = (*env)->FindClass(env, name);
    if (type != NULL) {
        (*env)->ThrowNew(env, type, message);
    }
}

static void throw_io(JNIEnv *env, const char *message) {
    throw_new(env, "java/io/IOException", message);
}

void throw_illegal(JNIEnv *env, const char *format, ...) {
    char message[MESSAGE_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    throw_new(env, "java/lang/IllegalArgumentException", message);
}

static void throw_parts(JNIEnv *env, int error, const char *remedy, const char *format, va_list arguments) {
    char what[MESSAGE_LENGTH / 4];
    vsnprintf(what, sizeof what, format, arguments);
    char reason[128];
    char message[MESSAGE_LENGTH];
    snprintf(message, sizeof message, "%s: errno %d, %s: %s", what, error, strerror_r(error, reason, sizeof reason), remedy);
    throw_io(env, message);
}

void throw_errno(JNIEnv *env, int error, const char *format, ...) {
    char remedy[MESSAGE_LENGTH / 2];
    va_list arguments;
    va_start(arguments, format);
    throw_parts(env, error, error_remedy(error, remedy, sizeof remedy), format, arguments);
    va_end(arguments);
}

void throw_remedied(JNIEnv *env, int error, const char *remedy, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    throw_parts(env, error, remedy, format, arguments);
    va_end(arguments);
}

void throw_stale(JNIEnv *env, enum handle_kind kind, jlong handle) {
    char message[MESSAGE_LENGTH];
    snprintf(message, sizeof message,
             "0x%llx is no %s that is alive: errno %d, stale handle: it was destroyed, is being destroyed, or never was "
             "one; use nothing after its close",
             (unsigned long long)handle, handle_kind_name(kind), EBADF);
    throw_io(env, message);
}

void *acquire(JNIEnv *env, jlong handle, enum handle_kind kind) {
    void *object = handle_acquire(handle, kind);
    if (object == NULL) {
        throw_stale(env, kind, handle);
    }
    return object;
}

jlong publish(JNIEnv *env, enum handle_kind kind, void *object) {
    int64_t handle = handle_publish(kind, object);
    if (handle == 0) {
        char message[MESSAGE_LENGTH];
        snprintf(message, sizeof message,
                 "no handle for one more %s: errno %d: %d RDMA objects are alive in this process, the most there can be; "
                 "close some",
                 handle_kind_name(kind), EMFILE, HANDLE_CAPACITY);
        throw_io(env, message);
    }
    return handle;
}

void *retire(JNIEnv *env, jlong handle, enum handle_kind kind) {
    void *object = handle_retire(handle, kind);
    if (object == NULL) {
        throw_stale(env, kind, handle);
        return NULL;
    }
    handle_await_idle(handle);
    return object;
}
