// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sluice.store.base.InternalKey;
import io.sluice.store.base.Slice;
import io.sluice.store.base.ValueType;
import org.agrona.concurrent.UnsafeBuffer;

/** Files for manifests. */
final class TestFiles {
    private TestFiles() {}

    static FileMetadata file(long number, String smallest, String largest, long first, long last, long epochNumber) {
        return new FileMetadata(
                number,
                1000 + number,
                key(smallest, last),
                key(largest, first),
                first,
                last,
                epochNumber,
                1700000000,
                1700000001);
    }

    static Slice key(String userKey, long sequence) {
        return Slice.wrap(InternalKey.encode(
                new UnsafeBuffer(userKey.getBytes(UTF_8)), InternalKey.trailer(sequence, ValueType.VALUE)));
    }
}
