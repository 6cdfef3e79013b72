// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BoundedBodyTest {
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final BoundedBody body = new BoundedBody(8);

    private void begin() {
        body.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long count) {
                assertThat(count).isPositive();
            }

            @Override
            public void cancel() {
                cancelled.set(true);
            }
        });
    }

    private static ByteBuffer bytes(int length) {
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) length);
        return ByteBuffer.wrap(bytes);
    }

    @Test
    void shouldTakeWhatFits() {
        begin();
        body.onNext(List.of(bytes(1), bytes(2)));
        body.onNext(List.of(bytes(5)));
        assertThat(body.getBody().toCompletableFuture()).isNotDone();
        body.onComplete();
        assertThat(body.getBody().toCompletableFuture().join()).containsExactly(1, 2, 2, 5, 5, 5, 5, 5);
        assertThat(cancelled).isFalse();
    }

    @Test
    void shouldEndTheRequestWhereTheAnswerIsTooLong() {
        begin();
        body.onNext(List.of(bytes(5), bytes(4)));
        assertThat(cancelled).isTrue();
        body.onNext(List.of(bytes(1)));
        body.onComplete();
        assertThatThrownBy(() -> body.getBody().toCompletableFuture().join())
                .hasCauseInstanceOf(BoundedBody.TooLongException.class)
                .hasMessageContaining("longer than 8 bytes");
    }

    @Test
    void shouldPassAFailureOn() {
        begin();
        body.onError(new IOException("reset"));
        assertThatThrownBy(() -> body.getBody().toCompletableFuture().join()).hasMessageContaining("reset");
    }
}
