// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import io.sluice.config.ConfigException;
import io.sluice.config.ConfigObject;
import io.sluice.config.ConfigValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The parameters of remote compaction in a configuration file, by name; each is checked where it stands. */
final class Parameters {
    private static final Duration MIN_TIME = Duration.ofMillis(1);
    private static final String WORKERS = "http_workers";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Where jobs lie and how workers are asked: jobs that are out rely on it. */
    private static final Set<String> FIXED =
            Set.of("hoster_root", "instance_name", "nfs_type", "nfs_mnt_src", "nfs_mnt_opt", "secret_file");

    private static final Map<String, BiConsumer<RemoteCompactionSettings.Builder, ConfigValue>> READERS = readers();

    private Parameters() {}

    private static Map<String, BiConsumer<RemoteCompactionSettings.Builder, ConfigValue>> readers() {
        Map<String, BiConsumer<RemoteCompactionSettings.Builder, ConfigValue>> readers = new TreeMap<>();
        readers.put("allow_fallback_to_local", (b, v) -> b.allowFallbackToLocal(v.bool()));
        readers.put("hoster_root", (b, v) -> b.hosterRoot(v.text()));
        readers.put("instance_name", (b, v) -> b.instanceName(v.text()));
        readers.put("nfs_type", (b, v) -> b.nfsType(v.text()));
        readers.put("nfs_mnt_src", (b, v) -> b.nfsMountSource(v.text()));
        readers.put("nfs_mnt_opt", (b, v) -> b.nfsMountOptions(v.text()));
        readers.put("http_max_retry", (b, v) -> b.httpMaxRetry(v.integer(1, RemoteCompactionSettings.MAX_RETRY)));
        readers.put("retry_sleep_time", (b, v) -> b.retrySleepTime(time(v)));
        readers.put("overall_timeout", (b, v) -> b.overallTimeout(time(v)));
        readers.put("http_timeout", (b, v) -> b.httpTimeout(time(v)));
        readers.put("timeout_multiplier", (b, v) -> b.timeoutMultiplier(v.number(1, 1e6)));
        readers.put("estimate_speed", (b, v) -> b.estimateSpeed(speed(v)));
        readers.put("load_balance", (b, v) -> b.loadBalance(v.constant(LoadBalance.class)));
        readers.put("max_book_dbcf", (b, v) -> b.maxBookDbcf(v.integer(1, 10_000)));
        readers.put(WORKERS, (b, v) -> b.httpWorkers(workers(v)));
        readers.put("dcompact_min_level", (b, v) -> b.dcompactMinLevel(v.integer(0, 100)));
        readers.put("secret_file", (b, v) -> b.secretFile(v.text()));
        readers.put("alert_email", (b, v) -> b.alertEmail(v.text()));
        readers.put("alert_http", (b, v) -> b.alertHttp(v.text()));
        readers.put("alert_interval", (b, v) -> b.alertInterval(time(v)));
        readers.put("web_domain", (b, v) -> b.webDomain(v.text()));
        return readers;
    }

    /** Their names. */
    static Set<String> names() {
        return READERS.keySet();
    }

    /**
     * Reads all parameters of an object.
     *
     * @throws ConfigException that names the place of what is unknown or wrong
     */
    static RemoteCompactionSettings read(ConfigObject object) {
        RemoteCompactionSettings.Builder builder = RemoteCompactionSettings.builder();
        ConfigValue params = object.params();
        if (!params.isMissing()) {
            params.expectKeys(READERS.keySet());
            params.entries().forEach((name, value) -> set(builder, name, value));
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw params.get(WORKERS).error(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The same settings but for one.
     *
     * @param value JSON; what is none counts as a text, so that {@code 2m} needs no quotation marks
     * @throws ConfigException that names what is unknown, wrong, or fixed while a store is open
     */
    static RemoteCompactionSettings with(RemoteCompactionSettings settings, String name, String value) {
        JsonNode node;
        try {
            node = MAPPER.readTree(value);
        } catch (JsonProcessingException noJson) {
            node = TextNode.valueOf(value);
        }
        ConfigValue given = ConfigValue.root("parameter " + name, node);
        if (FIXED.contains(name)) {
            throw given.error("can't be changed while the store is open");
        }
        RemoteCompactionSettings.Builder builder = settings.toBuilder();
        set(builder, name, given);
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw given.error(String.valueOf(e.getMessage()));
        }
    }

    private static void set(RemoteCompactionSettings.Builder builder, String name, ConfigValue value) {
        BiConsumer<RemoteCompactionSettings.Builder, ConfigValue> reader = READERS.get(name);
        if (reader == null) {
            throw value.error("unknown key; expected one of " + READERS.keySet());
        }
        try {
            reader.accept(builder, value);
        } catch (IllegalArgumentException e) {
            throw value.error(String.valueOf(e.getMessage()));
        }
    }

    private static Duration time(ConfigValue value) {
        return value.duration(MIN_TIME, RemoteCompactionSettings.MAX_TIME);
    }

    /** The original's is a floating-point number; a size is easier to read. */
    private static double speed(ConfigValue value) {
        return value.node().isNumber() ? value.number(1, 1e12) : value.size(1, 1_000_000_000_000L);
    }

    private static List<RemoteWorker> workers(ConfigValue value) {
        List<RemoteWorker> workers = new ArrayList<>();
        for (ConfigValue element : value.elements()) {
            RemoteWorker worker = worker(element);
            if (worker != null) {
                workers.add(worker);
            }
        }
        return workers;
    }

    /** Null for one that is commented out. */
    private static @Nullable RemoteWorker worker(ConfigValue value) {
        String url;
        String baseUrl = "";
        String webUrl = "";
        int weight = RemoteWorker.DEFAULT_WEIGHT;
        if (value.isObject()) {
            value.expectKeys(Set.of("url", "base_url", "web_url", "weight"));
            url = optional(value.get("url"));
            baseUrl = optional(value.get("base_url"));
            webUrl = optional(value.get("web_url"));
            weight = value.get("weight").isMissing()
                    ? weight
                    : value.get("weight").integer(1, RemoteWorker.MAX_WEIGHT);
        } else {
            url = value.text();
        }
        if (url.startsWith("//") || (url.isEmpty() && baseUrl.startsWith("//"))) {
            return null;
        }
        try {
            return RemoteWorker.of(url, baseUrl, webUrl, weight);
        } catch (IllegalArgumentException e) {
            throw value.error(String.valueOf(e.getMessage()));
        }
    }

    private static String optional(ConfigValue value) {
        return value.isMissing() ? "" : value.text();
    }
}
