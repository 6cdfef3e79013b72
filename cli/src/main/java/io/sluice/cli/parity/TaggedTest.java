// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.cli.parity;

/**
 * A test method that shows a capability, and how it went in the last run.
 *
 * @param tag the row's id
 * @param test class and method
 * @param result of all its invocations, the worst
 */
record TaggedTest(String tag, String test, Result result) {
    /** How a test went, best first. */
    enum Result {
        PASSED,
        /** Skipped or aborted, for want of something. */
        SKIPPED,
        /** In the sources, but not in the last run. */
        NOT_RUN,
        FAILED;

        Result worst(Result other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    /** The same, where this and another run of it are one. */
    TaggedTest worst(TaggedTest other) {
        return new TaggedTest(tag, test, result.worst(other.result));
    }

    String className() {
        return test.substring(0, test.lastIndexOf('.'));
    }

    String methodName() {
        return test.substring(test.lastIndexOf('.') + 1);
    }
}
