// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.base;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * What the store throws. The {@link #kind()} tells a program what to do; the {@link #code()} is stable across versions
 * and names the one check that failed; the message tells a person what happened, where, what was expected, what was
 * found, and what to do.
 */
public final class StoreException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String code;

    /** What a program can do about an error. */
    public enum Kind {
        /** Stored bytes are not what was written: do not retry, restore the file. */
        CORRUPTION,
        /** Storage failed; the cause has its error. */
        IO,
        /** Storage has no room left. */
        NO_SPACE,
        /** The caller's argument, option or state is wrong. */
        INVALID_ARGUMENT,
        /** A file, store or column family does not exist. */
        NOT_FOUND,
        /** A format or feature that this version does not read. */
        NOT_SUPPORTED,
        /** Another process holds the store. */
        LOCKED,
        /** A newer owner has taken the store: this one can commit nothing more. */
        FENCED,
        /** A bounded resource is used up for the moment: try again later. */
        BUSY,
        /** The answer needs storage, and the call must not ask it. */
        INCOMPLETE,
        /** A deadline passed. */
        TIMED_OUT,
        /** The store is closed or closing. */
        CLOSED,
        /** A remote peer failed or answered nonsense. */
        REMOTE
    }

    /**
     * Creates an error.
     *
     * @param kind what a program can do about it
     * @param code stable dotted name of the failed check, such as {@code sst.block.checksum}
     * @param message what, where, expected, found, what to do
     */
    public StoreException(Kind kind, String code, String message) {
        this(kind, code, message, null);
    }

    /** As {@link #StoreException(Kind, String, String)}, with its cause. */
    public StoreException(Kind kind, String code, String message, @Nullable Throwable cause) {
        super(message + " [" + code + "]", cause);
        this.kind = kind;
        this.code = code;
    }

    /** What a program can do about it. */
    public Kind kind() {
        return kind;
    }

    /** Stable dotted name of the check that failed. */
    public String code() {
        return code;
    }

    /** A {@link Kind#CORRUPTION} error. */
    public static StoreException corruption(String code, String message) {
        return new StoreException(Kind.CORRUPTION, code, message);
    }

    /** A {@link Kind#INVALID_ARGUMENT} error. */
    public static StoreException invalid(String code, String message) {
        return new StoreException(Kind.INVALID_ARGUMENT, code, message);
    }

    /** {@code e} itself where it is a store error, else an {@link Kind#IO} error around it. */
    public static StoreException wrap(String code, IOException e) {
        return e instanceof StoreException s ? s : new StoreException(Kind.IO, code, String.valueOf(e.getMessage()), e);
    }
}
