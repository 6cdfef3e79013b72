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
import io.sluice.config.TimeSpan;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The parameters of remote compaction in a configuration file, by name; each is checked where it stands. */
final class Parameters {
    private static final Duration MIN_TIME = Duration.ofMillis(1);
    private static final String WORKERS = "http_workers";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * Where jobs lie, how workers are asked and mail is sent: jobs that are out rely on it, and files are read at the start. Who
     * may set parameters could else have a file sent to a server of his own.
     */
    private static final Set<String> FIXED = Set.of(
            "hoster_root",
            "instance_name",
            "nfs_type",
            "nfs_mnt_src",
            "nfs_mnt_opt",
            "secret_file",
            "tls_ca_file",
            "tls_certificate_file",
            "tls_key_file",
            "alert_smtp",
            "alert_smtp_user",
            "alert_smtp_password_file",
            "alert_smtp_ca_file",
            "alert_from",
            "web_listen",
            "web_secret_file",
            "copy_sst_files");

    private static final Map<String, Parameter> ALL = all();

    /** How one is read into settings, and how it stands in JSON. */
    private record Parameter(
            BiConsumer<RemoteCompactionSettings.Builder, ConfigValue> read,
            Function<RemoteCompactionSettings, Object> write) {}

    private Parameters() {}

    private static Map<String, Parameter> all() {
        Map<String, Parameter> all = new TreeMap<>();
        all.put(
                "allow_fallback_to_local",
                new Parameter((b, v) -> b.allowFallbackToLocal(v.bool()), s -> s.allowFallbackToLocal()));
        all.put("hoster_root", new Parameter((b, v) -> b.hosterRoot(v.text()), s -> s.hosterRoot()));
        all.put("instance_name", new Parameter((b, v) -> b.instanceName(v.text()), s -> s.instanceName()));
        all.put("nfs_type", new Parameter((b, v) -> b.nfsType(v.text()), s -> s.nfsType()));
        all.put("nfs_mnt_src", new Parameter((b, v) -> b.nfsMountSource(v.text()), s -> s.nfsMountSource()));
        all.put("nfs_mnt_opt", new Parameter((b, v) -> b.nfsMountOptions(v.text()), s -> s.nfsMountOptions()));
        all.put(
                "http_max_retry",
                new Parameter(
                        (b, v) -> b.httpMaxRetry(v.integer(1, RemoteCompactionSettings.MAX_RETRY)),
                        s -> s.httpMaxRetry()));
        all.put("retry_sleep_time", new Parameter((b, v) -> b.retrySleepTime(time(v)), s -> text(s.retrySleepTime())));
        all.put("overall_timeout", new Parameter((b, v) -> b.overallTimeout(time(v)), s -> text(s.overallTimeout())));
        all.put("http_timeout", new Parameter((b, v) -> b.httpTimeout(time(v)), s -> text(s.httpTimeout())));
        all.put(
                "timeout_multiplier",
                new Parameter((b, v) -> b.timeoutMultiplier(v.number(1, 1e6)), s -> s.timeoutMultiplier()));
        all.put("estimate_speed", new Parameter((b, v) -> b.estimateSpeed(speed(v)), s -> s.estimateSpeed()));
        all.put(
                "load_balance",
                new Parameter(
                        (b, v) -> b.loadBalance(v.constant(LoadBalance.class)),
                        s -> s.loadBalance().toString()));
        all.put("max_book_dbcf", new Parameter((b, v) -> b.maxBookDbcf(v.integer(1, 10_000)), s -> s.maxBookDbcf()));
        all.put(
                WORKERS,
                new Parameter(
                        (b, v) -> b.httpWorkers(workers(v)),
                        s -> s.httpWorkers().stream().map(Parameters::text).toList()));
        all.put(
                "dcompact_min_level",
                new Parameter((b, v) -> b.dcompactMinLevel(v.integer(0, 100)), s -> s.dcompactMinLevel()));
        all.put("secret_file", new Parameter((b, v) -> b.secretFile(v.text()), s -> s.secretFile()));
        all.put("tls_ca_file", new Parameter((b, v) -> b.tlsCaFile(v.text()), s -> s.tlsCaFile()));
        all.put(
                "tls_certificate_file",
                new Parameter((b, v) -> b.tlsCertificateFile(v.text()), s -> s.tlsCertificateFile()));
        all.put("tls_key_file", new Parameter((b, v) -> b.tlsKeyFile(v.text()), s -> s.tlsKeyFile()));
        all.put("alert_smtp", new Parameter((b, v) -> b.alertSmtp(v.text()), s -> s.alertSmtp()));
        all.put("alert_smtp_user", new Parameter((b, v) -> b.alertSmtpUser(v.text()), s -> s.alertSmtpUser()));
        all.put(
                "alert_smtp_password_file",
                new Parameter((b, v) -> b.alertSmtpPasswordFile(v.text()), s -> s.alertSmtpPasswordFile()));
        all.put("alert_smtp_ca_file", new Parameter((b, v) -> b.alertSmtpCaFile(v.text()), s -> s.alertSmtpCaFile()));
        all.put("alert_from", new Parameter((b, v) -> b.alertFrom(v.text()), s -> s.alertFrom()));
        all.put("alert_email", new Parameter((b, v) -> b.alertEmail(v.text()), s -> s.alertEmail()));
        all.put("alert_http", new Parameter((b, v) -> b.alertHttp(v.text()), s -> withoutSecrets(s.alertHttp())));
        all.put("alert_interval", new Parameter((b, v) -> b.alertInterval(time(v)), s -> text(s.alertInterval())));
        all.put("web_domain", new Parameter((b, v) -> b.webDomain(v.text()), s -> s.webDomain()));
        all.put("copy_sst_files", new Parameter((b, v) -> b.copySstFiles(v.bool()), s -> s.copySstFiles()));
        all.put("web_listen", new Parameter((b, v) -> b.webListen(v.text()), s -> s.webListen()));
        all.put("web_secret_file", new Parameter((b, v) -> b.webSecretFile(v.text()), s -> s.webSecretFile()));
        return all;
    }

    /** Their names. */
    static Set<String> names() {
        return ALL.keySet();
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
            params.expectKeys(ALL.keySet());
            params.entries().forEach((name, value) -> set(builder, name, value));
        }
        if (builder.lacksPlaceOfCopies()) {
            throw params.get("copy_sst_files").error(RemoteCompactionSettings.NO_PLACE_OF_COPIES);
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw params.get(WORKERS).error(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The same settings but for some: all of them are taken, or none.
     *
     * @param changes an object, by name
     * @throws ConfigException that names what is unknown, wrong, or fixed while a store is open
     */
    static RemoteCompactionSettings with(RemoteCompactionSettings settings, ConfigValue changes) {
        RemoteCompactionSettings.Builder builder = settings.toBuilder();
        changes.entries().forEach((name, value) -> {
            if (FIXED.contains(name)) {
                throw value.error("can't be changed while the store is open");
            }
            set(builder, name, value);
        });
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw changes.get(WORKERS).error(String.valueOf(e.getMessage()));
        }
    }

    /**
     * One change.
     *
     * @param value JSON; what is none counts as a text, so that {@code 2m} needs no quotation marks
     */
    static ConfigValue change(String name, String value) {
        JsonNode node;
        try {
            node = MAPPER.readTree(value);
        } catch (JsonProcessingException noJson) {
            node = TextNode.valueOf(value);
        }
        return changes(MAPPER.createObjectNode().set(name, node));
    }

    /** Changes that somebody asks for. */
    static ConfigValue changes(JsonNode asked) {
        return ConfigValue.root("parameters", asked);
    }

    /** What can be changed while a store is open, or what can't, as it stands in JSON; no secrets. */
    static Map<String, Object> values(RemoteCompactionSettings settings, boolean changeable) {
        Map<String, Object> values = new LinkedHashMap<>();
        ALL.forEach((name, parameter) -> {
            if (FIXED.contains(name) != changeable) {
                values.put(name, parameter.write().apply(settings));
            }
        });
        return values;
    }

    private static String text(Duration time) {
        return new TimeSpan(time).toString();
    }

    private static Map<String, Object> text(RemoteWorker worker) {
        Map<String, Object> text = new LinkedHashMap<>();
        text.put("url", worker.url().toString());
        text.put("base_url", worker.baseUrl().toString());
        text.put("web_url", worker.webUrl().toString());
        text.put("weight", worker.weight());
        return text;
    }

    /** A URL without what in it may give access: user, query and fragment. */
    static String withoutSecrets(String url) {
        if (url.isEmpty()) {
            return url;
        }
        URI uri = URI.create(url);
        boolean isPlain = uri.getRawUserInfo() == null && uri.getRawQuery() == null && uri.getRawFragment() == null;
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        return isPlain ? url : uri.getScheme() + "://" + uri.getHost() + port + uri.getRawPath() + "?…";
    }

    private static void set(RemoteCompactionSettings.Builder builder, String name, ConfigValue value) {
        Parameter parameter = ALL.get(name);
        if (parameter == null) {
            throw value.error("unknown key; expected one of " + ALL.keySet());
        }
        try {
            parameter.read().accept(builder, value);
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
