// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What {@link Store#waitForCompact} waits for. A value; names and defaults are RocksDB's. */
public final class WaitForCompactOptions {
    /** The defaults. */
    public static final WaitForCompactOptions DEFAULT = builder().build();

    private final boolean flush;
    private final boolean abortOnPause;
    private final @Nullable Duration timeout;

    private WaitForCompactOptions(Builder builder) {
        this.flush = builder.flush;
        this.abortOnPause = builder.abortOnPause;
        this.timeout = builder.timeout;
    }

    /** A builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether all column families are flushed first. */
    public boolean flush() {
        return flush;
    }

    /** Whether the call fails while background work is paused. */
    public boolean abortOnPause() {
        return abortOnPause;
    }

    /** The longest wait, or null for no deadline. */
    public @Nullable Duration timeout() {
        return timeout;
    }

    /** Builds {@link WaitForCompactOptions}. */
    public static final class Builder {
        private boolean flush;
        private boolean abortOnPause;
        private @Nullable Duration timeout;

        private Builder() {}

        /** {@code flush}; false. */
        public Builder flush(boolean value) {
            flush = value;
            return this;
        }

        /** {@code abort_on_pause}; false: the call returns when nothing runs any more. */
        public Builder abortOnPause(boolean value) {
            abortOnPause = value;
            return this;
        }

        /** {@code timeout}, above 0; none by default. */
        public Builder timeout(Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException("timeout=" + value + " is not above 0");
            }
            timeout = value;
            return this;
        }

        /** The options. */
        public WaitForCompactOptions build() {
            return new WaitForCompactOptions(this);
        }
    }
}
