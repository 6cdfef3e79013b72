// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.protocol;

import io.sluice.store.base.StoreException;

/** Errors about a peer's bytes: the sender is broken or hostile, its connection should go. */
final class ProtocolError {
    private ProtocolError() {}

    /** Says what is wrong with the bytes. */
    static StoreException malformed(String problem) {
        return new StoreException(
                StoreException.Kind.REMOTE, "flush.protocol.malformed", "flush message refused: " + problem);
    }

    /** A message of another schema, or of a version that this code doesn't speak. */
    static StoreException schema(int schemaId, int version) {
        return new StoreException(
                StoreException.Kind.REMOTE,
                "flush.protocol.version",
                "flush message refused: schema=" + schemaId + " version=" + version + ", expected schema="
                        + ProtocolLimits.SCHEMA_ID + " version>=" + ProtocolLimits.MIN_VERSION
                        + "; run the same release on both sides");
    }
}
