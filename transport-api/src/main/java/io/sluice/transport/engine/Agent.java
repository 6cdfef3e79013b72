// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.engine;

import io.sluice.transport.TransportContext;
import io.sluice.transport.wire.FrameFormat;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The duty cycle that runs all sessions of a transport. {@link #execute} is for any thread, the rest for the one that
 * runs it. The queue holds each session at most once, and what programs ask for otherwise.
 */
final class Agent {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final long NEVER = Long.MAX_VALUE;
    private static final int COMMANDS_PER_CYCLE = 256;
    private static final int MIN_BUFFER_LENGTH = 64 * 1024;
    /** Where all data go by paths, streams are looked at so often: a look is a system call, and rarely finds any. */
    private static final long STREAMS_NS = 1_000_000;
    /** Or in one cycle of so many, where a stream is waited for. */
    private static final int STREAMS_EACH = 64;
    /** Or in one of so many. */
    private static final int STREAMS_AT_LEAST_EACH = 1024;

    private final TransportContext context;
    private final Carrier carrier;
    private final DataPaths paths;
    private final IoBuffers buffers;
    private final MpscUnboundedVarHandleArrayQueue<Runnable> commands = new MpscUnboundedVarHandleArrayQueue<>(1024);
    private final List<Session> sessions = new ArrayList<>();
    private final ReentrantLock endLock = new ReentrantLock();
    private volatile boolean waiting;
    private volatile boolean ended;
    private volatile @Nullable Thread runner;
    private long nextTimerNs = NEVER;
    private long cycleNs;
    private long cycles;
    private long streamsAtNs;
    /** Sessions whose data go by a path. */
    private int onPath;

    Agent(TransportContext context, Carrier carrier, DataPaths paths) {
        this.context = context;
        this.carrier = carrier;
        this.paths = paths;
        int frame = FrameFormat.HEADER_LENGTH
                + FrameFormat.MAX_HEAD_LENGTH
                + Math.max(context.maxMessageLength(), FrameFormat.MAX_CONTROL_DATA);
        this.buffers = new IoBuffers(Math.max(MIN_BUFFER_LENGTH, frame));
        paths.start(carrier::wakeup);
    }

    TransportContext context() {
        return context;
    }

    DataPaths paths() {
        return paths;
    }

    String carrierName() {
        return carrier.name();
    }

    IoBuffers buffers() {
        return buffers;
    }

    long nowNs() {
        return context.nanoClock().getAsLong();
    }

    /** The time of what is being told of, which is not later than now; cheaper than {@link #nowNs} in a cycle without a wait. */
    long eventNs() {
        return waiting ? nowNs() : cycleNs;
    }

    /** Whether the calling thread is the one that ran the last cycle, and so the only one that may be in one. */
    boolean isRunner() {
        return Thread.currentThread() == runner;
    }

    /** The earlier of two times, where {@link Long#MAX_VALUE} is never. */
    static long earlier(long a, long b) {
        if (a == NEVER || b == NEVER) {
            return a == NEVER ? b : a;
        }
        return a - b <= 0 ? a : b;
    }

    /** Runs a command on the agent; any thread. After the agent's end, here and now. */
    void execute(Runnable command) {
        commands.offer(command);
        VarHandle.fullFence();
        if (waiting && !isRunner()) {
            carrier.wakeup();
        }
        if (ended) {
            runAfterEnd();
        }
    }

    /** Does what there is to do; where that is nothing, waits for something, at most so long. */
    int doWork(long maxWaitNs) throws IOException {
        Thread caller = Thread.currentThread();
        if (runner != caller) {
            runner = caller;
        }
        // Taken before reading, so that a pause of this process does not make its peers look dead.
        cycleNs = nowNs();
        int work = runCommands() + paths.poll();
        long untilTimerNs = nextTimerNs == NEVER ? NEVER : nextTimerNs - cycleNs;
        if (work == 0 && maxWaitNs > 0 && untilTimerNs > 0) {
            return await(Math.min(maxWaitNs, untilTimerNs));
        }
        if (isTimeForStreams()) {
            streamsAtNs = cycleNs;
            work += carrier.poll(0);
        }
        if (nextTimerNs != NEVER && cycleNs - nextTimerNs >= 0) {
            work++;
            runTimers(cycleNs);
        }
        return work;
    }

    private boolean isTimeForStreams() {
        if (onPath == 0 || onPath < sessions.size() || cycleNs - streamsAtNs >= STREAMS_NS) {
            return true;
        }
        cycles++;
        return cycles % STREAMS_EACH == 0 && (cycles % STREAMS_AT_LEAST_EACH == 0 || isStreamAwaited());
    }

    private boolean isStreamAwaited() {
        for (int i = 0; i < sessions.size(); i++) {
            if (sessions.get(i).awaitsStream()) {
                return true;
            }
        }
        return false;
    }

    private int await(long timeoutNs) throws IOException {
        waiting = true;
        try {
            return carrier.poll(commands.isEmpty() && paths.arm() ? timeoutNs : 0);
        } finally {
            waiting = false;
        }
    }

    private int runCommands() {
        int count = 0;
        Runnable command;
        while (count < COMMANDS_PER_CYCLE && (command = commands.poll()) != null) {
            runOne(command);
            count++;
        }
        return count;
    }

    private static void runOne(Runnable command) {
        try {
            command.run();
        } catch (RuntimeException e) {
            LOG.error("command failed", e);
        }
    }

    private void runTimers(long nowNs) {
        nextTimerNs = NEVER;
        long next = NEVER;
        for (Session session : List.copyOf(sessions)) {
            next = earlier(next, session.runTimers(nowNs));
        }
        timerAt(next);
    }

    /** Has timers looked at then. */
    void timerAt(long atNs) {
        nextTimerNs = earlier(nextTimerNs, atNs);
    }

    void add(Session session, long deadlineNs) {
        sessions.add(session);
        timerAt(deadlineNs);
    }

    /** A session's data go by a path from now on, until it is removed. */
    void onPath() {
        onPath++;
    }

    void remove(Session session) {
        if (sessions.remove(session) && session.isOnPath()) {
            onPath--;
        }
    }

    boolean hasSessions() {
        return !sessions.isEmpty();
    }

    List<Session> sessions() {
        return List.copyOf(sessions);
    }

    /** Ends everything; last of all. */
    void end() {
        sessions().forEach(Session::abort);
        paths.close();
        carrier.close();
        ended = true;
        endLock.lock();
        runAndUnlock();
        runAfterEnd();
        buffers.close();
    }

    /** Nobody waits here: the caller may hold a lock that a command wants, which runs on another thread at this moment. */
    private void runAfterEnd() {
        while (!commands.isEmpty() && !endLock.isHeldByCurrentThread() && endLock.tryLock()) {
            runAndUnlock();
        }
    }

    private void runAndUnlock() {
        try {
            Runnable command;
            while ((command = commands.poll()) != null) {
                runOne(command);
            }
        } finally {
            endLock.unlock();
        }
    }
}
