// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * What a store holds for certain at the start of a round, and what the round is.
 */
final class Baseline {
    private final int round;
    private final boolean manualWalFlush;
    private final long[][][] states;

    /**
     * A state.
     *
     * @param round from 0, which holds nothing
     * @param manualWalFlush whether the round's logged writes may stay in its process
     * @param states by column family and key; see {@link Change#ABSENT}. Not copied
     */
    Baseline(int round, boolean manualWalFlush, long[][][] states) {
        this.round = round;
        this.manualWalFlush = manualWalFlush;
        this.states = states;
    }

    int round() {
        return round;
    }

    boolean manualWalFlush() {
        return manualWalFlush;
    }

    long[][][] states() {
        return states;
    }

    /** Of a store that is not made yet. */
    static Baseline empty(KeySpace space) {
        long[][][] states = new long[space.families()][space.keys()][];
        for (long[][] family : states) {
            Arrays.fill(family, Change.ABSENT);
        }
        return new Baseline(0, false, states);
    }

    /** Writes it whole or not at all. */
    void write(Path path) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + ".tmp");
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16))) {
            out.writeInt(round);
            out.writeBoolean(manualWalFlush);
            out.writeInt(states.length);
            out.writeInt(states[0].length);
            for (long[][] family : states) {
                for (long[] state : family) {
                    out.writeShort(state.length);
                    for (long id : state) {
                        out.writeLong(id);
                    }
                }
            }
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    static Baseline read(Path path, KeySpace space) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), 1 << 16))) {
            int round = in.readInt();
            boolean manualWalFlush = in.readBoolean();
            KeySpace was = new KeySpace(in.readInt(), in.readInt());
            if (!was.equals(space)) {
                throw new IOException(path + " was made with --column-families=" + was.families() + " --keys="
                        + was.keys() + ": go on with the same, or in another directory");
            }
            long[][][] states = new long[space.families()][space.keys()][];
            for (long[][] family : states) {
                for (int key = 0; key < family.length; key++) {
                    long[] state = new long[in.readUnsignedShort()];
                    for (int i = 0; i < state.length; i++) {
                        state[i] = in.readLong();
                    }
                    family[key] = state;
                }
            }
            return new Baseline(round, manualWalFlush, states);
        }
    }
}
