// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.store.storage;

import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A storage that fails when told to. It counts the calls to it and to its files, so that a test can run once to learn
 * how many there are, and then fail each in turn. Safe for concurrent use; closing it closes what it wraps.
 */
public final class FaultInjectingStorage implements Storage {
    private final Storage inner;
    private final AtomicLong calls = new AtomicLong();
    private volatile Plan plan = call -> null;
    /** Held shared while a call takes effect, so that a crash falls between calls and never into one. */
    private final ReadWriteLock effects = new ReentrantReadWriteLock();

    private volatile @Nullable Crash crash;

    private record Crash(long index, Runnable action) {}

    /** What a call does. */
    public enum Operation {
        CREATE,
        OPEN,
        EXISTS,
        LENGTH,
        LIST,
        CREATE_DIRECTORY,
        CREATE_ROOT,
        RENAME,
        REPLACE,
        DELETE,
        DELETE_RECURSIVELY,
        SYNC_DIRECTORY,
        SEAL,
        LOCK,
        CRC32C,
        USABLE_SPACE,
        READ,
        APPEND,
        FLUSH,
        SYNC,
        CLOSE
    }

    /** How a call fails. */
    public enum Fault {
        /** With {@code IO} {@code storage.injected}; nothing happens. */
        ERROR,
        /** Everything happens, then the same error is reported. */
        ERROR_AFTER,
        /** An append writes half of its bytes, then fails; others fail as with {@link #ERROR}. */
        SHORT_WRITE,
        /** With {@code NO_SPACE}; nothing happens. */
        NO_SPACE,
        /** As a rename to another device does; nothing happens. */
        CROSS_DEVICE
    }

    /**
     * A call about to be made.
     *
     * @param index of all calls, from 0
     * @param name the file's or directory's; a rename's source
     */
    public record Call(long index, Operation operation, String name) {}

    /** Decides on each call, on the caller's thread: it may wait here to delay the call. */
    @FunctionalInterface
    public interface Plan {
        /** How the call fails, or null where it does not. */
        @Nullable
        Fault decide(Call call);
    }

    /** A storage that fails nothing yet. */
    public FaultInjectingStorage(Storage inner) {
        this.inner = inner;
    }

    /** Calls made so far. */
    public long calls() {
        return calls.get();
    }

    /** Decides from here on by {@code next}. */
    public void plan(Plan next) {
        plan = next;
    }

    /** Fails the call with this index only. */
    public void failOnly(long index, Fault fault) {
        plan = call -> call.index() == index ? fault : null;
    }

    /** Fails this call and all after it, as a storage that is gone. */
    public void failFrom(long index, Fault fault) {
        plan = call -> call.index() == index ? fault : call.index() > index ? Fault.ERROR : null;
    }

    /**
     * Crashes at this call: {@code action}, which may clone what is left, runs once while no call takes effect; then this
     * call fails and every other that had not taken effect. A call that was let through just before the crash, and would
     * have synced just after it, is among them: its caller never hears of success.
     */
    public void crashAt(long index, Runnable action) {
        crash = new Crash(index, action);
    }

    /** Fails all calls that match. */
    public void failWhen(Predicate<Call> match, Fault fault) {
        plan = call -> match.test(call) ? fault : null;
    }

    /** Fails nothing more. */
    public void heal() {
        plan = call -> null;
    }

    @Override
    public String uri() {
        return inner.uri();
    }

    @Override
    public WritableFile create(String name) throws IOException {
        return call(Operation.CREATE, name, () -> new Writer(name, inner.create(name)));
    }

    @Override
    public ReadableFile open(String name) throws IOException {
        return call(Operation.OPEN, name, () -> new Reader(inner.open(name)));
    }

    @Override
    public boolean exists(String name) throws IOException {
        return call(Operation.EXISTS, name, () -> inner.exists(name));
    }

    @Override
    public long length(String name) throws IOException {
        return call(Operation.LENGTH, name, () -> inner.length(name));
    }

    @Override
    public List<String> list(String directory) throws IOException {
        return call(Operation.LIST, directory, () -> inner.list(directory));
    }

    @Override
    public boolean createDirectory(String name) throws IOException {
        return call(Operation.CREATE_DIRECTORY, name, () -> inner.createDirectory(name));
    }

    @Override
    public void createRoot() throws IOException {
        run(Operation.CREATE_ROOT, "", inner::createRoot);
    }

    @Override
    public void rename(String from, String to) throws IOException {
        run(Operation.RENAME, from, () -> inner.rename(from, to));
    }

    @Override
    public void replace(String from, String to) throws IOException {
        run(Operation.REPLACE, from, () -> inner.replace(from, to));
    }

    @Override
    public boolean delete(String name) throws IOException {
        return call(Operation.DELETE, name, () -> inner.delete(name));
    }

    @Override
    public boolean deleteRecursively(String name) throws IOException {
        return call(Operation.DELETE_RECURSIVELY, name, () -> inner.deleteRecursively(name));
    }

    @Override
    public void syncDirectory(String directory) throws IOException {
        run(Operation.SYNC_DIRECTORY, directory, () -> inner.syncDirectory(directory));
    }

    @Override
    public void seal(String name) throws IOException {
        run(Operation.SEAL, name, () -> inner.seal(name));
    }

    @Override
    public FileLock lock(String name) throws IOException {
        return call(Operation.LOCK, name, () -> inner.lock(name));
    }

    @Override
    public OptionalLong crc32c(String name) throws IOException {
        return call(Operation.CRC32C, name, () -> inner.crc32c(name));
    }

    @Override
    public OptionalLong usableSpace() throws IOException {
        return call(Operation.USABLE_SPACE, "", inner::usableSpace);
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    private interface Action<T> {
        T run() throws IOException;
    }

    private interface VoidAction {
        void run() throws IOException;
    }

    private void run(Operation operation, String name, VoidAction action) throws IOException {
        call(operation, name, () -> {
            action.run();
            return Boolean.TRUE;
        });
    }

    private <T> T call(Operation operation, String name, Action<T> action) throws IOException {
        Call call = next(operation, name);
        effects.readLock().lock();
        try {
            Fault fault = plan.decide(call);
            if (fault == null) {
                return action.run();
            }
            if (fault == Fault.ERROR_AFTER) {
                action.run();
            }
            throw error(call, fault);
        } finally {
            effects.readLock().unlock();
        }
    }

    private Call next(Operation operation, String name) {
        Call call = new Call(calls.getAndIncrement(), operation, name);
        Crash due = crash;
        if (due != null && call.index() == due.index()) {
            effects.writeLock().lock();
            try {
                due.action().run();
                plan = later -> Fault.ERROR;
            } finally {
                effects.writeLock().unlock();
            }
        }
        return call;
    }

    private static StoreException error(Call call, Fault fault) {
        if (fault == Fault.CROSS_DEVICE) {
            return StorageErrors.crossDevice("rename", call.name(), new IOException("injected"));
        }
        return fault == Fault.NO_SPACE
                ? new StoreException(Kind.NO_SPACE, "storage.no-space", "injected: no space is left: " + call)
                : new StoreException(Kind.IO, "storage.injected", "injected " + fault + ": " + call);
    }

    private final class Reader implements ReadableFile {
        private final ReadableFile file;

        Reader(ReadableFile file) {
            this.file = file;
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long length() {
            return file.length();
        }

        @Override
        public void read(long position, MutableDirectBuffer target, int offset, int length) throws IOException {
            FaultInjectingStorage.this.run(Operation.READ, name(), () -> file.read(position, target, offset, length));
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private final class Writer implements WritableFile {
        private final String name;
        private final WritableFile file;

        Writer(String name, WritableFile file) {
            this.name = name;
            this.file = file;
        }

        @Override
        public void append(DirectBuffer source, int offset, int length) throws IOException {
            Call call = next(Operation.APPEND, name);
            effects.readLock().lock();
            try {
                Fault fault = plan.decide(call);
                if (fault == null || fault == Fault.ERROR_AFTER) {
                    file.append(source, offset, length);
                } else if (fault == Fault.SHORT_WRITE) {
                    file.append(source, offset, length / 2);
                }
                if (fault != null) {
                    throw error(call, fault);
                }
            } finally {
                effects.readLock().unlock();
            }
        }

        @Override
        public long position() {
            return file.position();
        }

        @Override
        public void flush() throws IOException {
            FaultInjectingStorage.this.run(Operation.FLUSH, name, file::flush);
        }

        @Override
        public void sync() throws IOException {
            FaultInjectingStorage.this.run(Operation.SYNC, name, file::sync);
        }

        /** {@inheritDoc} The file is closed also where this fails. */
        @Override
        public void close() throws IOException {
            try {
                FaultInjectingStorage.this.run(Operation.CLOSE, name, () -> {});
            } finally {
                file.close();
            }
        }
    }
}
