// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// Errors as Java sees them: java.io.IOException with what failed, errno and its text, and what to do. Methods of DiSNI's
// that declare no IOException throw it too: all its wrappers around them do declare it.
#ifndef SLUICE_ERRORS_H
#define SLUICE_ERRORS_H

#include <jni.h>
#include <stddef.h>

#include "handles.h"

// What a person can do about it, given errno; written to `text` where it depends on the machine.
const char *error_remedy(int error, char *text, size_t length);

// Throws; `format` says what failed.
void throw_errno(JNIEnv *env, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The same with a remedy of the caller's.
void throw_remedied(JNIEnv *env, int error, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Throws java.lang.IllegalArgumentException, for the two methods of NativeAffinity, around which nothing is declared.
void throw_illegal(JNIEnv *env, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Throws: the handle is not alive, or is of something else.
void throw_stale(JNIEnv *env, enum handle_kind kind, jlong handle);

// As handle_acquire(), but throws where that returns NULL.
void *acquire(JNIEnv *env, jlong handle, enum handle_kind kind);

// As handle_publish(), but throws where that returns 0.
jlong publish(JNIEnv *env, enum handle_kind kind, void *object);

// As handle_retire() and handle_await_idle(), but throws where there is nothing to retire.
void *retire(JNIEnv *env, jlong handle, enum handle_kind kind);

#endif
