// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import io.sluice.store.cache.OffHeapBlock;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * A parser under attack. Whatever the bytes are, it parses them or refuses them by a named error; it ends soon, takes no
 * more memory than they justify, gives back all that it took off the heap, and leaves them as they were.
 *
 * <p>A subclass is one target. Its corpus is the files in the directory {@code <class>Inputs/fuzz} of its resources and
 * what {@link #seeds()} makes. The suite parses the corpus and, for a moment, random damage to it; {@code ./sluice fuzz}
 * lets Jazzer go on, guided by the code that inputs reach.
 */
public abstract class FuzzTarget {
    private static final long MILLIS = Long.getLong("sluice.fuzz.millis", 250);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(10);

    private long allowance;

    /** Parses the input and checks what must hold then. Throws to refuse it. */
    protected abstract void parse(byte[] input) throws IOException;

    /** Inputs to begin with, beside the files. */
    protected List<byte[]> seeds() throws IOException {
        return List.of();
    }

    /** What may be thrown to refuse an input. */
    protected Set<Kind> refusals() {
        return EnumSet.of(Kind.CORRUPTION, Kind.NOT_SUPPORTED);
    }

    /** For Jazzer, which calls it again and again. */
    @ArgumentsSource(FuzzSeeds.class)
    @FuzzTest
    public void fuzz(byte[] input) {
        check(input);
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    public void shouldParseOrRefuseDamagedInputs() throws IOException {
        List<byte[]> corpus = corpus();
        assertThat(corpus).isNotEmpty();
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Mutator mutator = new Mutator(new SplittableRandom(seed), corpus);
        long began = System.nanoTime();
        int round = 0;
        while (round < corpus.size() || System.nanoTime() - began < TimeUnit.MILLISECONDS.toNanos(MILLIS)) {
            byte[] input = round < corpus.size() ? corpus.get(round).clone() : mutator.next();
            byte[] original = input.clone();
            try {
                check(input);
            } catch (RuntimeException | Error e) {
                Path kept = keep(original);
                throw new AssertionError(
                        "round " + round + " of -Dsluice.seed=" + seed
                                + " (longer with -Dsluice.fuzz.millis): the input is in " + kept,
                        e);
            }
            round++;
        }
    }

    final List<byte[]> corpus() throws IOException {
        List<byte[]> corpus = new ArrayList<>(seeds());
        Path resources = Path.of("src", "test", "resources");
        Path directory = resources.resolve(getClass().getName().replace('.', '/') + "Inputs");
        if (Files.isDirectory(directory)) {
            try (var files = Files.walk(directory)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    corpus.add(Files.readAllBytes(file));
                }
            }
        }
        return corpus;
    }

    /** Lets the input under way take so many bytes more of heap. */
    protected final void allow(long bytes) {
        allowance += bytes;
    }

    /** A part of the parsing that may be refused while others go on. */
    @FunctionalInterface
    protected interface Part {
        /** Parses; throws to refuse the input. */
        void run() throws IOException;
    }

    /** Runs a part: false where it refuses the input. */
    protected final boolean attempt(Part part) {
        try {
            part.run();
            return true;
        } catch (IOException e) {
            checkRefusal(e);
            allow(16 << 10);
            return false;
        }
    }

    /** Fails unless this holds. */
    protected static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private void check(byte[] input) {
        byte[] original = input.clone();
        long live = OffHeapBlock.liveBytes();
        long excess = parseMeasured(input);
        if (excess > 0) {
            excess = parseMeasured(input); // the first time, classes may have been loaded
        }
        require(excess <= 0, "allocated " + excess + " bytes more than the allowance of " + allowance);
        require(OffHeapBlock.liveBytes() <= live, "off-heap blocks are left");
        require(Arrays.equals(input, original), "the input was changed");
    }

    /** Parses the input; bytes that this took beyond what is allowed. */
    private long parseMeasured(byte[] input) {
        allowance = (1 << 20) + 64L * input.length;
        long began = System.nanoTime();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        attempt(() -> parse(input));
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        require(System.nanoTime() - began < MAX_NANOS, "one input takes more than 10 s");
        return allocated - allowance;
    }

    /** Fails unless an error is one by which this target refuses inputs. */
    protected void checkRefusal(IOException refusal) {
        if (!(refusal instanceof StoreException named)) {
            throw new AssertionError("refused by an error without kind and code", refusal);
        }
        if (!refusals().contains(named.kind()) || named.code().isEmpty()) {
            throw new AssertionError("refused by " + named.kind() + " " + named.code(), refusal);
        }
    }

    private Path keep(byte[] input) throws IOException {
        Path file = Path.of(
                "target", "fuzz", getClass().getSimpleName() + "-" + Integer.toHexString(Arrays.hashCode(input)));
        Files.createDirectories(file.getParent());
        return Files.write(file, input).toAbsolutePath();
    }
}
