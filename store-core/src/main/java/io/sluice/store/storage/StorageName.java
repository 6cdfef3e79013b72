// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;

/** The rule for names within a {@link Storage}: relative, in its tree, and the same on every implementation. */
public final class StorageName {
    /** The longest name, in characters. */
    public static final int MAX_LENGTH = 1024;

    private StorageName() {}

    /** {@code name} itself where it names a file or directory below the root; else {@code storage.bad-name}. */
    public static String check(String name) throws StoreException {
        if (name.isEmpty()) {
            throw bad(name, "is empty");
        }
        if (name.length() > MAX_LENGTH) {
            throw bad(name.substring(0, 64) + "…", "is longer than " + MAX_LENGTH + " characters");
        }
        int start = 0;
        for (int i = 0; i <= name.length(); i++) {
            if (i == name.length() || name.charAt(i) == '/') {
                checkPart(name, name.substring(start, i));
                start = i + 1;
            }
        }
        return name;
    }

    /** As {@link #check}, with the empty string for the root. */
    public static String checkDirectory(String name) throws StoreException {
        return name.isEmpty() ? name : check(name);
    }

    private static void checkPart(String name, String part) throws StoreException {
        if (part.isEmpty()) {
            throw bad(name, "has an empty part or is absolute");
        }
        if (part.equals(".") || part.equals("..")) {
            throw bad(name, "has a part " + part);
        }
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (c < ' ' || c == 0x7f || c == '\\' || c == ':') {
                throw bad(name, String.format("has the character U+%04X", (int) c));
            }
        }
    }

    private static StoreException bad(String name, String problem) {
        StringBuilder shown = new StringBuilder(name.length());
        name.chars().forEach(c -> shown.append(c < ' ' || c == 0x7f ? '?' : (char) c));
        return StoreException.invalid(
                "storage.bad-name",
                "the name \"" + shown + "\" " + problem + "; expected relative parts joined by /, none . or ..");
    }
}
