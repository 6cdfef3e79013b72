// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

/**
 * A worker's answer to a job that it took, now or before.
 *
 * @param version {@link #VERSION}
 * @param codeVersion the worker's release
 * @param token names the attempt in all further requests: 1 to 128 letters, digits, {@code -} and {@code _}
 * @param worker the worker's id, as it stands in the outputs' properties
 * @param address the URL of the worker itself, where these requests reach it behind whatever proxy
 */
public record Submitted(int version, String codeVersion, String token, String worker, String address)
        implements Document {
    /** Checks the ranges. */
    public Submitted {
        Check.version(version);
        Check.name("code_version", codeVersion);
        Check.token(token);
        Check.name("worker", worker);
        Check.name("address", address);
    }

    /** This release's answer. */
    public static Submitted of(String token, String worker, String address) {
        return new Submitted(VERSION, CodeVersions.current(), token, worker, address);
    }
}
