// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.bench.stress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Holds what a store shows after its process ended against what docs/guarantees.md promises of the round's writes:
 *
 * <ul>
 *   <li>a logged write that returned is there; with {@code manual_wal_flush} it is once it was synced or {@code flushWal}
 *       returned; one with {@code disable_wal} once its column family was flushed;
 *   <li>what is lost is lost from the newest back: no logged write is there that began after a lost one returned, and the
 *       same holds of the unlogged ones of each column family;
 *   <li>a logged batch is there whole or not at all, an unlogged one so in each column family;
 *   <li>a write that had not returned is there or not.
 * </ul>
 *
 * The writes of a key come one after the other (its thread holds the key's lock meanwhile), so what a key shows tells how
 * many of them there are; where several numbers show the same, all of these are taken to be possible.
 */
final class SurvivalCheck {
    private final Baseline baseline;
    private final List<Journal.Entry> entries;
    private final boolean closed;
    private final long[] flushed;
    private final long logFlushed;
    private final List<String> findings = new ArrayList<>();
    /** By entry and column family. */
    private final Fate[][] fates;

    /** What the keys tell of a write. */
    private enum Fate {
        UNKNOWN,
        SURVIVED,
        LOST
    }

    /** An entry's changes to one key. */
    private record Touch(int entry, boolean unlogged, boolean certain, List<Change> changes) {}

    /**
     * A check.
     *
     * @param entries of the round, by start
     * @param closed whether the round ended by closing the store
     */
    SurvivalCheck(Baseline baseline, List<Journal.Entry> entries, boolean closed) {
        this.baseline = baseline;
        this.entries = entries;
        this.closed = closed;
        this.flushed = new long[baseline.states().length];
        this.fates = new Fate[entries.size()][flushed.length];
        long newest = 0;
        for (Journal.Entry entry : entries) {
            if (entry.returned() && entry.kind() == Journal.Kind.FLUSH) {
                int family = entry.changes().get(0).family();
                flushed[family] = Math.max(flushed[family], entry.start());
            } else if (entry.returned()
                    && (entry.kind() == Journal.Kind.LOG_FLUSH || entry.kind() == Journal.Kind.SYNCED)) {
                newest = Math.max(newest, entry.start());
            }
        }
        this.logFlushed = newest;
        for (Fate[] fate : fates) {
            Arrays.fill(fate, Fate.UNKNOWN);
        }
    }

    /** All that is wrong with what was found, by column family and key. */
    List<String> findings(long[][][] found) {
        for (int family = 0; family < found.length; family++) {
            List<List<Touch>> touches = touches(family, found[family].length);
            for (int key = 0; key < found[family].length; key++) {
                checkKey(family, key, touches.get(key), found[family][key]);
            }
        }
        checkBatches();
        checkOrder(-1);
        for (int family = 0; family < found.length; family++) {
            checkOrder(family);
        }
        return findings;
    }

    /** Writes of which a key tells that they are not there. */
    long lost() {
        return Arrays.stream(fates)
                .filter(fate -> Arrays.asList(fate).contains(Fate.LOST))
                .count();
    }

    private List<List<Touch>> touches(int family, int keys) {
        List<List<Touch>> touches = new ArrayList<>();
        for (int key = 0; key < keys; key++) {
            touches.add(new ArrayList<>());
        }
        for (int i = 0; i < entries.size(); i++) {
            Journal.Entry entry = entries.get(i);
            if (!entry.isWrite()) {
                continue;
            }
            for (Change change : entry.changes()) {
                for (int key = change.key(); change.family() == family && key < change.endKey(); key++) {
                    add(touches.get(key), i, family, change);
                }
            }
        }
        return touches;
    }

    private void add(List<Touch> touches, int index, int family, Change change) {
        if (touches.isEmpty() || touches.get(touches.size() - 1).entry() != index) {
            Journal.Entry entry = entries.get(index);
            touches.add(new Touch(
                    index, entry.kind() == Journal.Kind.UNLOGGED, isCertain(entry, family), new ArrayList<>()));
        }
        touches.get(touches.size() - 1).changes().add(change);
    }

    /** Whether an entry must be there, as far as a column family goes. */
    private boolean isCertain(Journal.Entry entry, int family) {
        if (!entry.returned()) {
            return false;
        }
        boolean inTable = entry.end() < flushed[family];
        return closed
                || switch (entry.kind()) {
                    case UNLOGGED -> inTable;
                    case LOGGED -> !baseline.manualWalFlush() || entry.end() < logFlushed || inTable;
                    default -> true;
                };
    }

    private void checkKey(int family, int key, List<Touch> touches, long[] found) {
        int[] unlogged = cuts(touches, true);
        int[] logged = cuts(touches, false);
        boolean[] survived = new boolean[touches.size()];
        boolean[] lost = new boolean[touches.size()];
        boolean possible = false;
        for (int u = unlogged[0]; u <= unlogged[1]; u++) {
            for (int l = logged[0]; l <= logged[1]; l++) {
                if (Arrays.equals(replay(family, key, touches, u, l), found)) {
                    possible = true;
                    for (int i = 0; i < touches.size(); i++) {
                        boolean there = i < (touches.get(i).unlogged() ? u : l);
                        survived[i] |= there;
                        lost[i] |= !there;
                    }
                }
            }
        }
        if (!possible) {
            findings.add(name(family, key) + " has " + text(found) + ", which none of what it may have is: "
                    + history(family, key, touches));
            return;
        }
        for (int i = 0; i < touches.size(); i++) {
            if (survived[i] != lost[i]) {
                settle(touches.get(i).entry(), family, survived[i] ? Fate.SURVIVED : Fate.LOST, key);
            }
        }
    }

    /** From the first to the last position at which what was lost of a key's unlogged or logged writes may begin. */
    private static int[] cuts(List<Touch> touches, boolean unlogged) {
        int first = 0;
        for (int i = 0; i < touches.size(); i++) {
            if (touches.get(i).unlogged() == unlogged && touches.get(i).certain()) {
                first = i + 1;
            }
        }
        int last = touches.size();
        // positions that lose the same are tried once
        while (last > first && touches.get(last - 1).unlogged() != unlogged) {
            last--;
        }
        return new int[] {first, last};
    }

    private long[] replay(int family, int key, List<Touch> touches, int unloggedCut, int loggedCut) {
        long[] state = baseline.states()[family][key];
        for (int i = 0; i < touches.size(); i++) {
            if (i < (touches.get(i).unlogged() ? unloggedCut : loggedCut)) {
                for (Change change : touches.get(i).changes()) {
                    state = change.apply(state);
                }
            }
        }
        return state;
    }

    private void settle(int index, int family, Fate fate, int key) {
        Fate known = fates[index][family];
        if (known != Fate.UNKNOWN && known != fate) {
            findings.add("a batch is torn within a column family: by " + name(family, key) + " it is " + fate
                    + ", by another key " + known + ": " + entries.get(index));
        }
        fates[index][family] = fate;
    }

    private void checkBatches() {
        for (int i = 0; i < fates.length; i++) {
            List<Fate> known = Arrays.asList(fates[i]);
            if (entries.get(i).kind() != Journal.Kind.UNLOGGED
                    && known.contains(Fate.SURVIVED)
                    && known.contains(Fate.LOST)) {
                findings.add("a batch is torn between column families: " + known + ": " + entries.get(i));
            }
        }
    }

    /** Of the unlogged writes of a column family, or of all logged ones (-1). */
    private void checkOrder(int family) {
        int newestSurvivor = -1;
        int oldestLost = -1;
        for (int i = 0; i < fates.length; i++) {
            Journal.Entry entry = entries.get(i);
            if ((entry.kind() == Journal.Kind.UNLOGGED) != (family >= 0)) {
                continue;
            }
            List<Fate> known = family >= 0 ? List.of(fates[i][family]) : Arrays.asList(fates[i]);
            if (known.contains(Fate.SURVIVED)) {
                newestSurvivor = i; // by start
            }
            boolean older =
                    oldestLost < 0 || entry.end() < entries.get(oldestLost).end();
            if (known.contains(Fate.LOST) && entry.returned() && older) {
                oldestLost = i;
            }
        }
        if (newestSurvivor >= 0
                && oldestLost >= 0
                && entries.get(oldestLost).end() < entries.get(newestSurvivor).start()) {
            findings.add((family < 0 ? "a logged write" : "an unlogged write to column family " + family)
                    + " is lost, and one that began after it returned is there: " + entries.get(oldestLost) + "; "
                    + entries.get(newestSurvivor));
        }
    }

    private String history(int family, int key, List<Touch> touches) {
        StringBuilder text = new StringBuilder("before the round " + text(baseline.states()[family][key]));
        for (Touch touch : touches) {
            Journal.Entry entry = entries.get(touch.entry());
            text.append("; ")
                    .append(entry.start())
                    .append("..")
                    .append(entry.end())
                    .append(' ');
            text.append(entry.kind()).append(touch.certain() ? " (certain) " : " ");
            for (Change change : touch.changes()) {
                text.append(change);
            }
        }
        return text.toString();
    }

    private static String name(int family, int key) {
        return "column family " + family + ", key " + key;
    }

    /** The ids of a state, as its values have them. */
    static String text(long[] ids) {
        return ids.length == 0
                ? "nothing"
                : String.join(
                        ",", Arrays.stream(ids).mapToObj(Long::toHexString).toList());
    }
}
