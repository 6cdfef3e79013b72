// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The bytes of the protocol: frames, negotiation, challenge. Described for other languages in docs/protocol.md. */
@NullMarked
package io.sluice.transport.wire;

import org.jspecify.annotations.NullMarked;
