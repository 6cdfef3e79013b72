// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.compaction.document.Documents;
import io.sluice.compaction.document.HosterDocument;
import io.sluice.compaction.document.JobDocument;
import io.sluice.compaction.document.Progress;
import io.sluice.compaction.document.Progress.State;
import io.sluice.compaction.mount.Mounts;
import io.sluice.store.compaction.CompactionProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several owners of stores who share a worker. */
class TenantTest extends WorkerScenario {
    private static final String OWNERS = "the secret of the owner";
    private static final String ANNS = "the secret of ann......";
    private static final String BOBS = "the secret of bob......";

    private WorkerSettings.Builder shared() {
        return settings()
                .secret(OWNERS)
                .tenants(List.of(
                        new Tenant("ann", ANNS, List.of(root.resolve("ann").toString())),
                        new Tenant("bob", BOBS, List.of(root.resolve("bob").toString()))));
    }

    private JobDocument job(Path directory, String instance, int number) throws IOException {
        TestStore store = new TestStore(directory, instance);
        return store.attempt(
                store.job(number, 1, 1),
                CompactionProgress.NONE,
                600_000,
                new HosterDocument("db", instance, null, null));
    }

    private JobDocument withInstance(JobDocument job, String instance) {
        return Jobs.with(job, job.storageUri(), new HosterDocument("db", instance, null, null));
    }

    @Test
    void shouldLetEachTenantUseItsOwnStorageAlone() throws Exception {
        JobDocument anns = job(Files.createDirectories(root.resolve("ann")).resolve("db"), "ann", 1);
        JobDocument bobs = job(Files.createDirectories(root.resolve("bob")).resolve("db"), "bob", 1);
        String url = start(shared()).url();
        Client ann = new Client(url).withSecret(ANNS);
        Client bob = new Client(url).withSecret(BOBS);
        for (JobDocument foreign : List.of(bobs, withInstance(anns, "bob"), withInstance(anns, "ann2"))) {
            assertThat(Client.error(ann.trySubmit(foreign), 403).code()).isEqualTo("compaction.worker.tenant");
        }
        assertThat(Client.error(ann.trySubmit(withInstance(bobs, "ann")), 403).code())
                .isEqualTo("compaction.worker.root");
        assertThat(ann.awaitEnd(ann.submit(anns).token()).state()).isEqualTo(State.FINISHED);
        assertThat(bob.awaitEnd(bob.submit(bobs).token()).state()).isEqualTo(State.FINISHED);
    }

    @Test
    void shouldHideATenantsJobsFromTheOthers() throws Exception {
        Gate gate = new Gate();
        JobDocument anns = job(Files.createDirectories(root.resolve("ann")).resolve("db"), "ann", 1);
        CompactionWorker worker = start(shared(), gate);
        Client ann = new Client(worker.url()).withSecret(ANNS);
        Client bob = new Client(worker.url()).withSecret(BOBS);
        String token = ann.submit(anns).token();
        for (String path : List.of("/probe?token=" + token, "/wait?token=" + token)) {
            assertThat(Client.error(bob.get(path), 404).code()).isEqualTo("compaction.worker.token");
        }
        assertThat(Client.error(bob.post("/shutdown?token=" + token, new byte[0], "text/plain"), 404)
                        .code())
                .isEqualTo("compaction.worker.token");
        // The same database, epoch, job and attempt, of another instance: not the attempt that is known by these.
        Files.createDirectories(root.resolve("bob"));
        assertThat(Client.error(bob.trySubmit(withInstance(anns, "bob")), 403).code())
                .isEqualTo("compaction.worker.root");
        assertThat(worker.status().running() + worker.status().waiting()).isEqualTo(1);
        gate.open();
        Client owner = new Client(worker.url()).withSecret(OWNERS);
        assertThat(owner.awaitEnd(token).state()).isEqualTo(State.FINISHED);
    }

    @Test
    void shouldLetNobodyInWithoutASecretThatItKnows() throws Exception {
        JobDocument anns = job(Files.createDirectories(root.resolve("ann")).resolve("db"), "ann", 1);
        WorkerSettings.Builder onlyTenants = settings()
                .tenants(List.of(
                        new Tenant("ann", ANNS, List.of(root.resolve("ann").toString()))));
        for (WorkerSettings.Builder settings : List.of(shared(), onlyTenants)) {
            String url = start(settings).url();
            for (Client stranger : List.of(new Client(url), new Client(url).withSecret(ANNS + "x"))) {
                assertThat(stranger.trySubmit(anns).statusCode()).isEqualTo(401);
                assertThat(stranger.get("/probe?token=x").statusCode()).isEqualTo(401);
            }
            for (String page : List.of("/", "/list", "/stat", "/metrics")) {
                assertThat(new Client(url).withSecret(ANNS).get(page).statusCode())
                        .as("of all jobs: " + page)
                        .isEqualTo(401);
            }
            assertThat(settings.build().toString()).doesNotContain(ANNS, OWNERS);
            assertThat(settings.build().tenants().toString()).doesNotContain(ANNS);
        }
    }

    @Test
    void shouldRefuseTenantsThatCannotBeToldApart() {
        Tenant ann = new Tenant("ann", ANNS, List.of("/a"));
        assertThatThrownBy(() -> settings()
                        .tenants(List.of(ann, new Tenant("bob", ANNS, List.of("/b"))))
                        .build())
                .hasMessageContaining("same name or secret");
        assertThatThrownBy(() -> settings()
                        .tenants(List.of(ann, new Tenant("ann", BOBS, List.of("/b"))))
                        .build())
                .hasMessageContaining("same name or secret");
        assertThatThrownBy(() -> settings().secret(ANNS).tenants(List.of(ann)).build())
                .hasMessageContaining("same name or secret");
        assertThatThrownBy(() -> new Tenant("ann", "short", List.of("/a"))).hasMessageContaining("16");
        assertThatThrownBy(() -> new Tenant("ann", ANNS, List.of())).hasMessageContaining("root");
        assertThatThrownBy(() -> start(settings().tenants(List.of(new Tenant("ann", ANNS, List.of("nowhere"))))))
                .hasMessageContaining("no URI");
    }

    @Test
    @Tag("B14")
    void shouldKeepAnInstanceInItsDirectoryBelowTheMountRoot() throws Exception {
        Path ann = Files.createDirectories(root.resolve("ann"));
        Path bob = Files.createDirectories(root.resolve("bob"));
        JobDocument bobs = job(bob.resolve("db"), "bob", 1);
        Files.createSymbolicLink(ann.resolve("link"), bob);
        Client client = new Client(start(settings().mountRoot(root.toString())).url());
        HosterDocument hoster = new HosterDocument("db", "ann", "/shared", null);
        for (String uri : List.of("/shared/link/db", "/shared/../bob/db", "file:///shared/%2e%2e/bob/db")) {
            assertThat(client.trySubmit(Jobs.with(bobs, uri, hoster)).statusCode())
                    .as(uri)
                    .isEqualTo(403);
        }
        HosterDocument own = new HosterDocument("db", "bob", "/shared", null);
        String token = client.submit(Jobs.with(bobs, "/shared/db", own)).token();
        assertThat(client.awaitEnd(token).state()).isEqualTo(State.FINISHED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../bob", "/", "bob/db", "a\\\\b", "a\\u0000b"})
    @Tag("B14")
    void shouldRefuseAnInstanceNameThatIsAPath(String name) throws Exception {
        JobDocument anns = job(Files.createDirectories(root.resolve("ann")).resolve("db"), "ann", 1);
        String json = new String(Documents.write(anns), UTF_8);
        String key = "\"instance_name\":\"";
        assertThat(json).contains(key + "ann\"");
        byte[] changed = json.replace(key + "ann\"", key + name + "\"").getBytes(UTF_8);
        Client client = new Client(start(settings().mountRoot(root.toString())).url());
        assertThat(Client.error(client.post("/dcompact", changed, "application/json"), 400)
                        .code())
                .isEqualTo("compaction.document.value");
    }

    @Test
    @Tag("B14")
    void shouldKeepMountsOnDemandOutOfReachOfInstances() throws Exception {
        JobDocument job =
                job(Files.createDirectories(root.resolve(Mounts.DIRECTORY)).resolve("db"), "ann", 1);
        Client client = new Client(start(settings().mountRoot(root.toString())).url());
        HosterDocument hoster = new HosterDocument("db", Mounts.DIRECTORY, "/shared", null);
        assertThat(client.trySubmit(Jobs.with(job, "/shared/db", hoster)).statusCode())
                .isEqualTo(403);
    }

    @Test
    @Tag("B14")
    void shouldLookForTheStorageAnewWhenTheAttemptBegins() throws Exception {
        Path ann = Files.createDirectories(root.resolve("ann"));
        Path elsewhere = Files.createDirectories(temporary.resolve("elsewhere"));
        JobDocument first = job(ann.resolve("first"), "ann", 1);
        JobDocument second = job(ann.resolve("second"), "ann", 2);
        Gate gate = new Gate();
        CompactionWorker worker = start(settings().maxParallel(1), gate);
        Client client = new Client(worker.url());
        String running = client.submit(first).token();
        String waiting = client.submit(second).token();
        assertThat(client.probe(waiting).state()).isEqualTo(State.WAITING);
        Files.move(ann.resolve("second"), elsewhere.resolve("second"));
        Files.createSymbolicLink(ann.resolve("second"), elsewhere.resolve("second"));
        gate.open();
        assertThat(client.awaitEnd(running).state()).isEqualTo(State.FINISHED);
        Progress end = client.awaitEnd(waiting);
        assertThat(end.state()).isEqualTo(State.FAILED);
        assertThat(String.valueOf(end.error())).contains("compaction.worker.root");
    }
}
