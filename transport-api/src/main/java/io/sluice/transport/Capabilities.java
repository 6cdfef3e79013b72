// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport;

/**
 * What a transport can do.
 *
 * @param name the transport: {@code tcp}, {@code memory}
 * @param kernelBypass whether one-sided operations are done by hardware, without the peer's CPU
 * @param maxMessageLength longest message it takes, in bytes; the peer's may be lower, see
 *     {@link Connection#maxMessageLength()}
 * @param maxOperations one-sided operations that may be under way on a connection
 */
public record Capabilities(String name, boolean kernelBypass, int maxMessageLength, int maxOperations) {}
