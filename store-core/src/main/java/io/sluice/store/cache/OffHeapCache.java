// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Uncompressed blocks in off-heap memory, up to a bound in bytes, shared by any number of stores. Which block goes when
 * room is needed is Caffeine's choice (W-TinyLFU). Safe for concurrent use; a hit takes no lock and allocates nothing.
 *
 * <p>Invariants: each block in the map carries one reference of the cache's, given back once, when it leaves the map.
 * The bound holds for what is in the map; a block that leaves it while readers hold it is freed by the last of them. Of
 * several threads that miss the same block one loads it, the others wait for that one.
 */
public final class OffHeapCache implements AutoCloseable {
    /** What a block is to its table. */
    public enum Role {
        /** Entries. */
        DATA,
        /** An index, or a part of one. */
        INDEX,
        /** A filter, or a part of one. */
        FILTER
    }

    /** Reads a block that is not in the cache. */
    @FunctionalInterface
    public interface Loader {
        /** The block, with one reference, the caller's. */
        OffHeapBlock load() throws IOException;
    }

    private static final ThreadLocal<BlockKey> LOOKUP = ThreadLocal.withInitial(BlockKey::new);

    private final long capacity;
    private final Cache<BlockKey, OffHeapBlock> blocks;
    private final ConcurrentMap<BlockKey, CompletableFuture<OffHeapBlock>> loading = new ConcurrentHashMap<>();
    private final AtomicLong owners = new AtomicLong();
    private final LongAdder usage = new LongAdder();
    private final LongAdder evictions = new LongAdder();
    private final Map<Role, LongAdder> hits = counters();
    private final Map<Role, LongAdder> misses = counters();
    private volatile boolean closed;

    /** A cache of at most {@code capacity} bytes of blocks. */
    public OffHeapCache(long capacity) {
        this.capacity = capacity;
        // On the caller's thread, so that room is made by those who need it, before they go on.
        this.blocks = Caffeine.newBuilder()
                .maximumWeight(capacity)
                .weigher((BlockKey key, OffHeapBlock block) -> block.length())
                .executor(Runnable::run)
                .removalListener(this::removed)
                .build();
    }

    /** A number for a store whose blocks are to be kept apart from those of others. */
    public long newOwner() {
        return owners.incrementAndGet();
    }

    /** The block if it is here, with a reference for the caller; else null. */
    public @Nullable OffHeapBlock find(long owner, long file, long offset, Role role) {
        OffHeapBlock block = lookUp(owner, file, offset);
        count(block != null ? hits : misses, role).increment();
        return block;
    }

    /**
     * The block, read by {@code loader} where it is not here, with a reference for the caller. To be called after {@link
     * #find} has found nothing.
     *
     * @throws IOException the loader's, be it run by this thread or another one
     */
    public OffHeapBlock load(long owner, long file, long offset, Loader loader) throws IOException {
        BlockKey key = new BlockKey().set(owner, file, offset);
        while (true) {
            CompletableFuture<OffHeapBlock> mine = new CompletableFuture<>();
            CompletableFuture<OffHeapBlock> others = loading.putIfAbsent(key, mine);
            if (others == null) {
                return loadAlone(key, mine, loader);
            }
            OffHeapBlock block = await(others);
            if (block.tryRetain()) {
                return block;
            }
        }
    }

    /** The bound, bytes. */
    public long capacity() {
        return capacity;
    }

    /** Bytes of the blocks that are here. */
    public long usage() {
        return usage.sum();
    }

    /** Blocks that are here. */
    public long blockCount() {
        return blocks.estimatedSize();
    }

    /** Look-ups that found their block. */
    public long hits(Role role) {
        return count(hits, role).sum();
    }

    /** Look-ups that did not. */
    public long misses(Role role) {
        return count(misses, role).sum();
    }

    /** Blocks that went to make room. */
    public long evictions() {
        return evictions.sum();
    }

    /** Lets all blocks go. Those that readers hold live until they give them back; new ones are no more kept. */
    @Override
    public void close() {
        closed = true;
        blocks.invalidateAll();
        blocks.cleanUp();
    }

    private @Nullable OffHeapBlock lookUp(long owner, long file, long offset) {
        OffHeapBlock block = blocks.getIfPresent(LOOKUP.get().set(owner, file, offset));
        // One that has just left the map may be freed already.
        return block != null && block.tryRetain() ? block : null;
    }

    private OffHeapBlock loadAlone(BlockKey key, CompletableFuture<OffHeapBlock> mine, Loader loader)
            throws IOException {
        try {
            // Another thread may have brought it between this one's look and its turn.
            OffHeapBlock block = blocks.getIfPresent(key);
            if (block == null || !block.tryRetain()) {
                block = loader.load();
                keep(key, block);
            }
            mine.complete(block);
            return block;
        } catch (IOException | RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        } finally {
            loading.remove(key, mine);
        }
    }

    private void keep(BlockKey key, OffHeapBlock block) {
        if (closed || !block.tryRetain()) {
            return;
        }
        usage.add(block.length());
        blocks.put(key, block);
        if (closed) {
            blocks.invalidate(key);
        }
    }

    private void removed(@Nullable BlockKey key, @Nullable OffHeapBlock block, RemovalCause cause) {
        if (block != null) {
            if (cause == RemovalCause.SIZE) {
                evictions.increment();
            }
            usage.add(-block.length());
            block.release();
        }
    }

    private static Map<Role, LongAdder> counters() {
        Map<Role, LongAdder> counters = new EnumMap<>(Role.class);
        for (Role role : Role.values()) {
            counters.put(role, new LongAdder());
        }
        return counters;
    }

    private static LongAdder count(Map<Role, LongAdder> counters, Role role) {
        return Objects.requireNonNull(counters.get(role));
    }

    private static OffHeapBlock await(CompletableFuture<OffHeapBlock> future) throws IOException {
        try {
            return future.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException io) {
                throw io;
            }
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw e;
        }
    }
}
