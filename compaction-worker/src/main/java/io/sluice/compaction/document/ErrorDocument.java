// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.document;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;

/**
 * Why a request was refused or an attempt failed: a {@link StoreException}.
 *
 * @param version {@link #VERSION}
 * @param kind what a program can do about it
 * @param code stable dotted name of the failed check
 * @param message for people, without the code; at most 65,536 characters
 * @param retryable whether another attempt may succeed, on another worker or later
 */
public record ErrorDocument(int version, Kind kind, String code, String message, boolean retryable)
        implements Document {
    private static final int MAX_MESSAGE_LENGTH = 1 << 16;

    /** Checks the ranges. */
    public ErrorDocument {
        Check.version(version);
        Check.name("code", code);
        Check.text("message", message, MAX_MESSAGE_LENGTH);
    }

    /** This release's document of an error. */
    public static ErrorDocument of(StoreException error) {
        String message = String.valueOf(error.getMessage());
        String end = " [" + error.code() + "]";
        String told = message.endsWith(end) ? message.substring(0, message.length() - end.length()) : message;
        return new ErrorDocument(
                VERSION,
                error.kind(),
                error.code(),
                told.substring(0, Math.min(told.length(), MAX_MESSAGE_LENGTH)),
                isRetryable(error.kind()));
    }

    /** The error, as if it had been thrown here. */
    public StoreException exception() {
        return new StoreException(kind, code, message);
    }

    /** Damaged inputs, a wrong job and a new owner are the same everywhere. */
    private static boolean isRetryable(Kind kind) {
        return switch (kind) {
            case CORRUPTION, INVALID_ARGUMENT, FENCED -> false;
            case IO, NO_SPACE, NOT_FOUND, NOT_SUPPORTED, LOCKED, BUSY, INCOMPLETE, TIMED_OUT, CLOSED, REMOTE -> true;
        };
    }
}
