// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.memnode;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.flush.memnode.PlayedCluster.Peer;
import io.sluice.flush.placement.LoadLimits;
import io.sluice.flush.protocol.FlushMessage.Heartbeat;
import io.sluice.flush.protocol.FlushMessage.HeartbeatAck;
import io.sluice.flush.protocol.FlushMessage.Place;
import io.sluice.flush.protocol.RefusalReason;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A memnode's placement weighs by the limits that it was given. In virtual time. */
@Tag("A24")
class PlacementLimitsTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** Why one worker does not get a flush of an idle generator; null where it does. */
    private static @Nullable RefusalReason refusal(LoadLimits limits, Heartbeat worker, long generatorBytes)
            throws Exception {
        try (PlayedCluster cluster = new PlayedCluster(1, PlayedCluster.SETTINGS.withLimits(limits))) {
            Peer generator = cluster.generator("db");
            cluster.worker("w1").call(worker, HeartbeatAck.class);
            assertThat(cluster.control.status().workers())
                    .singleElement()
                    .satisfies(known ->
                            assertThat(known.load().storageBytesPerSecond()).isEqualTo(worker.storageBytesPerSecond()));
            return generator.refusalOf(new Place(1000, generatorBytes, 0, List.of()));
        }
    }

    private static Heartbeat output(long bytesPerSecond) {
        return new Heartbeat(bytesPerSecond, 0, 0);
    }

    @Test
    void shouldWeighByTheSeedsLimitsUnlessToldOtherwise() throws Exception {
        assertThat(PlayedCluster.SETTINGS.limits()).isEqualTo(new LoadLimits(100 * MIB, 32));
        // A flush is 1/32 of a full load; so are 3.125 of 100 MiB/s.
        assertThat(refusal(LoadLimits.DEFAULT, output(3 * MIB), 0)).isNull();
        assertThat(refusal(LoadLimits.DEFAULT, output(4 * MIB), 0)).isEqualTo(RefusalReason.GENERATOR_LESS_LOADED);
    }

    @Test
    void shouldWeighByTheLimitsGiven() throws Exception {
        assertThat(refusal(new LoadLimits(GIB, 32), output(4 * MIB), 0)).isNull();
        assertThat(refusal(new LoadLimits(GIB, 32), output(33 * MIB), 0))
                .isEqualTo(RefusalReason.GENERATOR_LESS_LOADED);
        assertThat(refusal(new LoadLimits(100 * MIB, 2), output(49 * MIB), 0)).isNull();
        assertThat(refusal(new LoadLimits(100 * MIB, 2), output(51 * MIB), 0))
                .isEqualTo(RefusalReason.GENERATOR_LESS_LOADED);
    }

    @Test
    void shouldCompareRatesAboveTwoGibibytesASecond() throws Exception {
        assertThat(refusal(LoadLimits.DEFAULT, output(5 * GIB), 3 * GIB))
                .isEqualTo(RefusalReason.GENERATOR_LESS_LOADED);
        assertThat(refusal(LoadLimits.DEFAULT, output(3 * GIB), 5 * GIB)).isNull();
        assertThat(refusal(new LoadLimits(8 * GIB, 32), output(5 * GIB), 0))
                .isEqualTo(RefusalReason.GENERATOR_LESS_LOADED);
    }
}
