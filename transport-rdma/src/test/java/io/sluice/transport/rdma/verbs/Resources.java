// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel counts of the device: queue pairs, completion queues, regions, domains, ids. */
public final class Resources {
    private static final Pattern COUNT = Pattern.compile("\\b(qp|cq|pd|cm_id|mr) (\\d+)");

    private static final Pattern LISTENING = Pattern.compile("state LISTEN .*src-addr ([0-9.]+):(\\d+)");

    private Resources() {}

    private static String show(String... what) throws IOException {
        List<String> command = new ArrayList<>(List.of("rdma", "resource", "show"));
        command.addAll(List.of(what));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Where somebody waits for queue pairs. */
    public static List<InetSocketAddress> listening() throws IOException {
        return LISTENING
                .matcher(show("cm_id"))
                .results()
                .map(found -> new InetSocketAddress(found.group(1), Integer.parseInt(found.group(2))))
                .toList();
    }

    /** How many of each kind. */
    public static Map<String, Integer> now() throws IOException {
        String text = show("rxe0");
        Map<String, Integer> counts = new TreeMap<>();
        Matcher found = COUNT.matcher(text);
        while (found.find()) {
            counts.put(found.group(1), Integer.parseInt(found.group(2)));
        }
        if (!counts.keySet().containsAll(List.of("qp", "cq", "pd", "cm_id", "mr"))) {
            throw new IOException("rdma resource said: " + text);
        }
        return counts;
    }
}
