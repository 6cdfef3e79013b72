// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
//
// A JVM that takes exceptions and nothing else, and the native methods as it would call them.
#ifndef SLUICE_FAKE_JVM_H
#define SLUICE_FAKE_JVM_H

#include <jni.h>

// One for each thread.
JNIEnv *fake_jvm(void);

// The message of this thread's exception, or "". Clears it.
const char *fake_thrown(void);

#define METHOD(result, name, ...) \
    result Java_com_ibm_disni_verbs_impl_NativeDispatcher__1##name(JNIEnv *, jobject __VA_OPT__(, ) __VA_ARGS__);
#define CALL(name, ...) \
    Java_com_ibm_disni_verbs_impl_NativeDispatcher__1##name(fake_jvm(), NULL __VA_OPT__(, ) __VA_ARGS__)

METHOD(jlong, createEventChannel)
METHOD(jint, destroyEventChannel, jlong)
METHOD(jlong, createId, jlong, jshort)
METHOD(jint, destroyCmId, jlong)
METHOD(jint, destroyEp, jlong)
METHOD(jlong, createQP, jlong, jlong, jlong, jlong, jint, jint, jint, jint)
METHOD(jint, destroyQP, jlong)
METHOD(void, bindAddr, jlong, jlong)
METHOD(void, listen, jlong, jint)
METHOD(void, resolveAddr, jlong, jlong, jlong, jint)
METHOD(void, resolveRoute, jlong, jint)
METHOD(void, connect, jlong, jint, jint, jlong, jbyte)
METHOD(void, accept, jlong, jint, jint)
METHOD(jint, disconnect, jlong)
METHOD(jint, getSrcAddr, jlong, jlong)
METHOD(jint, getDstAddr, jlong, jlong)
METHOD(jint, getCmEvent, jlong, jlong, jlong, jint)
METHOD(jlong, getContext, jlong)
METHOD(jlong, allocPd, jlong)
METHOD(jint, deallocPd, jlong)
METHOD(jlong, regMr, jlong, jlong, jint, jint, jlong, jlong, jlong)
METHOD(void, deregMr, jlong)
METHOD(jint, queryOdpSupport, jlong)
METHOD(jint, expPrefetchMr, jlong, jlong, jint)
METHOD(jlong, createCompChannel, jlong)
METHOD(jint, destroyCompChannel, jlong)
METHOD(jint, getCqEvent, jlong, jint)
METHOD(jlong, createCQ, jlong, jlong, jint, jint)
METHOD(jint, destroyCQ, jlong)
METHOD(jint, ackCqEvent, jlong, jint)
METHOD(jint, reqNotifyCQ, jlong, jint)
METHOD(jint, pollCQ, jlong, jint, jlong)
METHOD(void, postSend, jlong, jlong)
METHOD(void, postRecv, jlong, jlong)
METHOD(jint, modifyQP, jlong, jlong)
METHOD(jint, getQpNum, jlong)
METHOD(jint, getContextFd, jlong)
METHOD(jint, getContextNumCompVectors, jlong)

#endif
