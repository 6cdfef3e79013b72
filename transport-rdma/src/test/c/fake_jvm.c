// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
#include "fake_jvm.h"

#include <stdio.h>

static _Thread_local char pending[2048];
static _Thread_local char taken[2048];

static jclass find_class(JNIEnv *env, const char *name) {
    (void)env;
    return (jclass)(void *)name;
}

static jint throw_new(JNIEnv *env, jclass type, const char *message) {
    (void)env;
    snprintf(pending, sizeof pending, "%s: %s", (const char *)type, message);
    return 0;
}

static jboolean exception_check(JNIEnv *env) {
    (void)env;
    return pending[0] != '\0';
}

static const struct JNINativeInterface_ functions = {
    .FindClass = find_class, .ThrowNew = throw_new, .ExceptionCheck = exception_check};

JNIEnv *fake_jvm(void) {
    static _Thread_local JNIEnv env;
    env = &functions;
    return &env;
}

const char *fake_thrown(void) {
    snprintf(taken, sizeof taken, "%s", pending);
    pending[0] = '\0';
    return taken;
}
