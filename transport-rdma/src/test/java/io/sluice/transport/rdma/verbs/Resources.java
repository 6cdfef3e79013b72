// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.transport.rdma.verbs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the kernel counts of the device: queue pairs, completion queues, regions, domains, ids. */
final class Resources {
    private static final Pattern COUNT = Pattern.compile("\\b(qp|cq|pd|cm_id|mr) (\\d+)");

    private Resources() {}

    static Map<String, Integer> now() throws IOException {
        Process process = new ProcessBuilder("rdma", "resource", "show", "rxe0")
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, Integer> counts = new TreeMap<>();
        Matcher found = COUNT.matcher(text);
        while (found.find()) {
            counts.put(found.group(1), Integer.parseInt(found.group(2)));
        }
        if (!counts.keySet().containsAll(java.util.List.of("qp", "cq", "pd", "cm_id", "mr"))) {
            throw new IOException("rdma resource said: " + text);
        }
        return counts;
    }
}
