// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.config;

/** A configuration that can't be used; the message names the file, the path in it and what is allowed. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Creates an error. */
    public ConfigException(String message) {
        super(message);
    }
}
