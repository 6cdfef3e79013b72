// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Random;

/** Draws of a seed. Keys and values are strings of one byte a character, which are ordered as their bytes are. */
final class Draw {
    private final Random random;

    Draw(Random random) {
        this.random = random;
    }

    /** One of {@code many} times. */
    boolean once(int many) {
        return random.nextInt(many) == 0;
    }

    boolean coin() {
        return random.nextBoolean();
    }

    /** From {@code low} to {@code high}, both included. */
    int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    @SafeVarargs
    @SuppressWarnings("varargs") // only read
    final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** Bytes that are drawn of those in {@code alphabet}. */
    String text(String alphabet, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    /** Any bytes. */
    String bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return string(bytes);
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static String string(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }
}
