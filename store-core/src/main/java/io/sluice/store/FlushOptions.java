// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How an explicit flush is done. A value. */
public final class FlushOptions {
    /** Waits for the flush, without a deadline. */
    public static final FlushOptions DEFAULT = builder().build();

    private final boolean waitForFlush;
    private final @Nullable Duration timeout;

    private FlushOptions(Builder builder) {
        this.waitForFlush = builder.waitForFlush;
        this.timeout = builder.timeout;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether the call returns only when the SSTs are installed. */
    public boolean waitForFlush() {
        return waitForFlush;
    }

    /** The longest wait, or null for no deadline. */
    public @Nullable Duration timeout() {
        return timeout;
    }

    /** Builds {@link FlushOptions}. */
    public static final class Builder {
        private boolean waitForFlush = true;
        private @Nullable Duration timeout;

        private Builder() {}

        /** {@code wait}; true. */
        public Builder waitForFlush(boolean value) {
            waitForFlush = value;
            return this;
        }

        /**
         * The longest wait; none by default. When it passes, the call fails with {@code TIMED_OUT}; the flush itself
         * goes on.
         */
        public Builder timeout(Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException("timeout=" + value + " is not above 0");
            }
            timeout = value;
            return this;
        }

        /** The options. */
        public FlushOptions build() {
            return new FlushOptions(this);
        }
    }
}
