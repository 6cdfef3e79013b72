// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

/** The transport's contract over TCP, by NIO. */
@NullMarked
package io.sluice.transport.tcp;

import org.jspecify.annotations.NullMarked;
