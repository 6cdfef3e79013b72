// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.flush.scenario;

import io.sluice.transport.Connection;
import io.sluice.transport.Transport;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Sits on a transport's own connections, and does something of a test's before a one-sided operation or at the end. */
final class Tap {
    private final String operation;
    private final Before before;
    private final AtomicInteger count = new AtomicInteger();

    /** What happens before an operation. */
    @FunctionalInterface
    interface Before {
        /**
         * Called on the submitting thread.
         *
         * @param number counts the operations from 1
         * @return whether it is carried out; else it is accepted and never ends
         */
        boolean isCarriedOut(int number);
    }

    private Tap(String operation, Before before) {
        this.operation = operation;
        this.before = before;
    }

    static Transport onWrites(Transport transport, Before before) {
        return new Tap("write", before).around(transport);
    }

    static Transport onReads(Transport transport, Before before) {
        return new Tap("read", before).around(transport);
    }

    /** Tells of the end of each connection, those whom it told itself having run before. */
    static Transport onEnds(Transport transport, Runnable ended) {
        return around(transport, connection -> {
            var unused = connection.closed().thenRun(ended);
            return connection;
        });
    }

    private Transport around(Transport transport) {
        return around(transport, this::around);
    }

    private static Transport around(Transport transport, UnaryOperator<Connection> change) {
        return proxy(Transport.class, (proxy, method, arguments) -> {
            Object result = invoke(transport, method, arguments);
            return method.getName().equals("connect")
                    ? ((CompletableFuture<?>) result).thenApply(made -> change.apply((Connection) made))
                    : result;
        });
    }

    private Connection around(Connection connection) {
        return proxy(
                Connection.class,
                (proxy, method, arguments) ->
                        method.getName().equals(operation) && !before.isCarriedOut(count.incrementAndGet())
                                ? (Object) 0L
                                : invoke(connection, method, arguments));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Tap.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
