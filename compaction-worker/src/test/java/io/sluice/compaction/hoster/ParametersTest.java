// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.config.ConfigException;
import io.sluice.config.ConfigFile;
import io.sluice.config.StoreConfiguration;
import io.sluice.store.compaction.CompactionExecutorFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
    @TempDir
    private Path directory;

    private RemoteCompactionSettings read(String params) throws IOException {
        Path file = Files.writeString(
                directory.resolve("store.yaml"),
                "CompactionExecutorFactory: {dc: {class: RemoteCompaction, params: {" + params + "}}}\n");
        CompactionExecutorFactory factory = StoreConfiguration.load(file).compactionExecutorFactory(null);
        assertThat(factory).isInstanceOf(RemoteCompaction.class);
        return factory instanceof RemoteCompaction remote ? remote.settings() : read("");
    }

    @Tag("B2")
    @Test
    void shouldHaveTheDocumentedDefaults() throws IOException {
        RemoteCompactionSettings settings = read("http_workers: 'http://h:1'");
        assertThat(settings.allowFallbackToLocal()).isFalse();
        assertThat(settings.hosterRoot()).isEmpty();
        assertThat(settings.instanceName()).isEmpty();
        assertThat(settings.nfsType()).isEqualTo("nfs");
        assertThat(settings.nfsMountSource()).isEmpty();
        assertThat(settings.nfsMountOptions()).isEmpty();
        assertThat(settings.httpMaxRetry()).isEqualTo(3);
        assertThat(settings.retrySleepTime()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.overallTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.httpTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(settings.timeoutMultiplier()).isEqualTo(10);
        assertThat(settings.estimateSpeed()).isEqualTo(10e6);
        assertThat(settings.loadBalance()).isEqualTo(LoadBalance.ROUND_ROBIN);
        assertThat(settings.maxBookDbcf()).isEqualTo(20);
        assertThat(settings.httpWorkers()).containsExactly(RemoteWorker.of("http://h:1"));
        assertThat(settings.httpWorkers().get(0).weight()).isEqualTo(100);
        assertThat(settings.dcompactMinLevel()).isEqualTo(2);
        assertThat(settings.secretFile()).isEmpty();
        assertThat(settings.alertEmail()).isEmpty();
        assertThat(settings.alertHttp()).isEmpty();
        assertThat(settings.alertInterval()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.webDomain()).isEmpty();
    }

    @Tag("B2")
    @Test
    void shouldReadEveryParameter() throws IOException {
        RemoteCompactionSettings settings =
                read("allow_fallback_to_local: true, hoster_root: /a//b/, instance_name: db.1,"
                        + " nfs_type: nfs4, nfs_mnt_src: ':/x', nfs_mnt_opt: 'nolock', http_max_retry: 7, retry_sleep_time: 0.5,"
                        + " overall_timeout: 2m, http_timeout: 4, timeout_multiplier: 2.5, estimate_speed: 20M,"
                        + " load_balance: kWeight, max_book_dbcf: 5, dcompact_min_level: 0, alert_email: 'a@b',"
                        + " alert_http: 'http://alert/x', alert_interval: 5, web_domain: d.org,"
                        + " http_workers: [{base_url: 'http://h:1', weight: 3}]");
        assertThat(settings.allowFallbackToLocal()).isTrue();
        assertThat(settings.hosterRoot()).isEqualTo("/a/b");
        assertThat(settings.instanceName()).isEqualTo("db.1");
        assertThat(settings.nfsType()).isEqualTo("nfs4");
        assertThat(settings.nfsMountSource()).isEqualTo(":/x");
        assertThat(settings.nfsMountOptions()).isEqualTo("nolock");
        assertThat(settings.httpMaxRetry()).isEqualTo(7);
        assertThat(settings.retrySleepTime()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings.overallTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(settings.httpTimeout()).isEqualTo(Duration.ofSeconds(4));
        assertThat(settings.timeoutMultiplier()).isEqualTo(2.5);
        assertThat(settings.estimateSpeed()).isEqualTo(20 << 20);
        assertThat(settings.loadBalance()).isEqualTo(LoadBalance.WEIGHT);
        assertThat(settings.maxBookDbcf()).isEqualTo(5);
        assertThat(settings.dcompactMinLevel()).isZero();
        assertThat(settings.alertEmail()).isEqualTo("a@b");
        assertThat(settings.alertHttp()).isEqualTo("http://alert/x");
        assertThat(settings.alertInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.webDomain()).isEqualTo("d.org");
        assertThat(settings.httpWorkers())
                .singleElement()
                .satisfies(worker -> assertThat(worker.weight()).isEqualTo(3));
        assertThat(settings.toBuilder().build().hosterRoot()).isEqualTo("/a/b");
    }

    @Test
    void shouldReadTheSecretOnceAndRefuseOneThatOthersCanRead() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "0123456789abcdef");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        String params = "http_workers: 'http://h:1', secret_file: " + secret;
        assertThat(read(params).secretFile()).isEqualTo(secret.toString());
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> read(params))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("chmod 600")
                .hasMessageNotContaining("0123456789abcdef");
    }

    @Tag("B2")
    @Test
    void shouldNameAnUnknownKey() {
        assertThatThrownBy(() -> read("http_workers: 'http://h:1', http_timeuot: 3"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(directory.resolve("store.yaml") + ": CompactionExecutorFactory.dc.params")
                .hasMessageContaining(".http_timeuot: unknown key; expected one of [alert_email,");
    }

    @Tag("B3")
    @Tag("B4")
    @Test
    void shouldLoadTheOriginalsExample() throws IOException {
        Path file = directory.resolve("dcompact.json");
        try (var example = ParametersTest.class.getResourceAsStream("dcompact.json")) {
            assertThat(example).isNotNull();
            Files.copy(example, file);
        }
        var object = ConfigFile.load(file, StoreConfiguration.NAMESPACES)
                .object("CompactionExecutorFactory", "dcompact", Set.of("DcompactEtcd"));
        RemoteCompactionSettings settings = Parameters.read(object);
        assertThat(settings.httpTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.hosterRoot()).isEqualTo("/nvmepool/shared/db1");
        // those that begin with // are skipped
        assertThat(settings.httpWorkers())
                .containsExactly(
                        RemoteWorker.of("http://active-host:8080"),
                        RemoteWorker.of(
                                "http://worker.for.submit.compact.job",
                                "http://worker.for.probe.and.shutdown.compact.job",
                                "https://web.page.proxy",
                                100));
        assertThat(StoreConfiguration.load(file).compactionExecutorFactory("dcompact"))
                .isInstanceOf(RemoteCompaction.class);
    }

    @Tag("B4")
    @Test
    void shouldSkipCommentedWorkersInEitherForm() throws IOException {
        assertThat(read("http_workers: ['//http://a:1', {url: '//http://b:1'}, {base_url: '//c'}, 'http://d:1']")
                        .httpWorkers())
                .containsExactly(RemoteWorker.of("http://d:1"));
    }

    @Tag("B5")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "http_max_retry: 3",
                "http_workers: []",
                "http_workers: ['//http://a:1', '//end_http_workers']"
            })
    void shouldRefuseAnEmptyWorkerListBeforeAStoreIsOpened(String params) {
        assertThatThrownBy(() -> read(params))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("CompactionExecutorFactory.dc.params.http_workers: expected at least one worker");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http_workers: ['http://a:1', 'http://a:1']|params.http_workers: http://a:1 is there twice",
                "http_workers: [7]|params.http_workers[0]: expected a text, found the number 7",
                "http_workers: ['http://a', 'x']|params.http_workers[1]: expected a URL",
                "http_workers: [{url: 'http://a', wait: 1}]|params.http_workers[0].wait: unknown key",
                "http_workers: [{weight: 1}]|params.http_workers[0]: expected a url or a base_url",
                "http_workers: [{url: 'http://a', weight: 0}]|params.http_workers[0].weight: expected a whole number from 1",
                "http_max_retry: 0|params.http_max_retry: expected a whole number from 1 to 1000",
                "http_timeout: 0|params.http_timeout: expected seconds",
                "load_balance: kBest|params.load_balance: expected one of [kRoundRobin, kWeight]",
                "hoster_root: db1|params.hoster_root: expected an absolute path",
                "hoster_root: /a/../b|params.hoster_root: expected a path without '.' and '..'",
                "instance_name: ..|params.instance_name: expected a name",
                "instance_name: a/b|params.instance_name: expected a name",
                "instance_name: '/etc'|params.instance_name: expected a name",
                "instance_name: '.ssh'|params.instance_name: expected a name",
                "instance_name: '-o'|params.instance_name: expected a name",
                "alert_http: nowhere|params.alert_http: expected a URL",
                "timeout_multiplier: 0.5|params.timeout_multiplier: expected a number from 1.0"
            })
    void shouldRefuseWhatIsWrongWhereItStands(String params, String message) {
        assertThatThrownBy(() -> read(params))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void shouldRefuseAnotherClass() throws IOException {
        Path file = Files.writeString(
                directory.resolve("a.json"), "{\"CompactionExecutorFactory\": {\"x\": {\"class\": \"Dcompact\"}}}");
        StoreConfiguration configuration = StoreConfiguration.load(file);
        assertThatThrownBy(() -> configuration.compactionExecutorFactory(null))
                .hasMessageContaining("x.class: expected one of [DcompactEtcd, RemoteCompaction], found 'Dcompact'");
    }

    @Test
    void shouldLeaveCompactionsHereWhereTheFileSaysNothing() throws IOException {
        Path file = Files.writeString(directory.resolve("a.yaml"), "Worker: {w: {class: FlushWorker}}\n");
        assertThat(StoreConfiguration.load(file).compactionExecutorFactory(null))
                .isNull();
    }
}
