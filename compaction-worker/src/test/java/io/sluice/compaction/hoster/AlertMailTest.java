// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sluice.compaction.TestCertificates;
import io.sluice.config.ConfigException;
import io.sluice.store.base.StoreException;
import io.sluice.store.base.StoreException.Kind;
import jakarta.mail.Message;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;

/** Alerts by mail, to an SMTP server. */
@Timeout(120)
class AlertMailTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String PASSWORD = "a password of the mail server";

    @TempDir
    private Path directory;

    private final List<SMTPServer> servers = new ArrayList<>();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final List<String> logins = new CopyOnWriteArrayList<>();

    private record Received(String from, String to, String data) {
        MimeMessage message() throws Exception {
            return new MimeMessage(
                    Session.getInstance(new Properties()), new ByteArrayInputStream(data.getBytes(UTF_8)));
        }
    }

    @AfterEach
    void stopServers() {
        servers.forEach(SMTPServer::stop);
    }

    /** A server; with TLS it takes nothing without, and with a login it asks for one. */
    private String server(@Nullable SSLContext tls, boolean asksLogin) {
        SMTPServer.Builder builder = SMTPServer.port(0)
                .bindAddress(InetAddress.getLoopbackAddress())
                .messageHandler(
                        (context, from, to, data) -> received.add(new Received(from, to, new String(data, UTF_8))));
        if (tls != null) {
            builder.enableTLS(true).requireTLS(true).startTlsSocketFactory(tls);
        }
        if (asksLogin) {
            builder.requireAuth(true)
                    .authenticationHandlerFactory(new EasyAuthenticationHandlerFactory((user, password, context) -> {
                        logins.add(user + "/" + password);
                        if (!password.equals(PASSWORD)) {
                            throw new LoginFailedException("wrong");
                        }
                    }));
        }
        SMTPServer server = builder.build();
        server.start();
        servers.add(server);
        return "smtp://localhost:" + server.getPortAllocated();
    }

    private RemoteCompactionSettings.Builder settings(String server) {
        return RemoteCompactionSettings.builder()
                .httpWorkers(List.of(RemoteWorker.of("http://worker1:8080")))
                .alertSmtp(server)
                .alertEmail("ops@example.org");
    }

    private Path password(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("password"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private RemoteCompactionSettings.Builder withLogin(RemoteCompactionSettings.Builder settings, String password)
            throws IOException {
        return settings.alertSmtpUser("sluice")
                .alertSmtpPasswordFile(password(password).toString());
    }

    private static RemoteCompaction fail(RemoteCompactionSettings.Builder settings, String instance, String error) {
        RemoteCompaction remote = new RemoteCompaction(settings.build());
        fail(remote, instance, error);
        return remote;
    }

    private static void fail(RemoteCompaction remote, String instance, String error) {
        AttemptException failure = new AttemptException(
                FallbackReason.WORKER_LOST, new StoreException(Kind.REMOTE, "compaction.remote.unreachable", error));
        remote.alert(instance, failure, RemoteWorker.of("http://worker1:8080"));
    }

    private Received awaitOne() {
        await().atMost(LIMIT).until(() -> !received.isEmpty());
        return received.get(0);
    }

    @Tag("B49")
    @Test
    void shouldMailOneAlertInAnIntervalOverVerifiedTls() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        String server = server(ours.context(ours.here()), true);
        RemoteCompaction remote = fail(
                withLogin(settings(server), PASSWORD)
                        .alertEmail("ops@example.org, Night Shift <night@example.com>")
                        .alertSmtpCaFile(ours.authority().toString()),
                "db-1",
                "no answer — überhaupt keine");
        assertThat(awaitOne().from()).isEqualTo("sluice@example.org");
        fail(remote, "db-1", "again");
        assertThat(logins).containsExactly("sluice/" + PASSWORD);
        MimeMessage message = received.get(0).message();
        assertThat(message.getSubject()).isEqualTo("Remote compaction of db-1 failed");
        assertThat(message.getAllRecipients())
                .extracting(address -> ((InternetAddress) address).getAddress())
                .containsExactly("ops@example.org", "night@example.com");
        assertThat(message.getFrom()[0]).hasToString("sluice@example.org");
        assertThat((String) message.getContent())
                .contains("WORKER_LOST: no answer — überhaupt keine", "Worker: http://worker1:8080", "Instance: db-1");
        awaitNoMailer();
        assertThat(received).hasSize(1);
    }

    @Tag("B49")
    @ParameterizedTest
    @ValueSource(strings = {"another host", "another authority", "no TLS"})
    void shouldHandNeitherMailNorPasswordToAServerThatDoesNotProveItself(String what) throws Exception {
        TestCertificates ours = TestCertificates.ours();
        TestCertificates theirs = TestCertificates.theirs();
        String server = server(
                switch (what) {
                    case "another host" -> ours.context(ours.elsewhere());
                    case "another authority" -> theirs.context(theirs.here());
                    default -> null;
                },
                true);
        fail(
                withLogin(settings(server), PASSWORD)
                        .alertSmtpCaFile(ours.authority().toString()),
                "db-1",
                "no answer");
        awaitNoMailer();
        assertThat(received).isEmpty();
        assertThat(logins).isEmpty();
    }

    /** Until the thread of the mail has ended, which it does within the time-outs of SMTP. */
    private static void awaitNoMailer() {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("sluice-alert-mail")));
    }

    @Test
    void shouldDoWithoutTlsAndLoginOnThisMachineOnly() throws Exception {
        fail(settings(server(null, false)).alertFrom("store@example.net"), "db-1", "no answer");
        assertThat(awaitOne().from()).isEqualTo("store@example.net");
        assertThat(awaitOne().to()).isEqualTo("ops@example.org");
        assertThat(awaitOne().message().getHeader("MIME-Version")).containsExactly("1.0");
    }

    @Test
    void shouldSurviveAWrongPassword() throws Exception {
        TestCertificates ours = TestCertificates.ours();
        String server = server(ours.context(ours.here()), true);
        RemoteCompaction remote = fail(
                withLogin(settings(server), "wrong")
                        .alertInterval(Duration.ofMillis(1))
                        .alertSmtpCaFile(ours.authority().toString()),
                "db-1",
                "no answer");
        awaitNoMailer();
        assertThat(logins).containsOnly("sluice/wrong");
        assertThat(received).isEmpty();
        fail(remote, "db-1", "no answer");
        awaitNoMailer();
        assertThat(logins).hasSizeGreaterThan(1);
    }

    @Test
    void shouldLetNothingBeginAnotherHeaderOrCommand() throws Exception {
        String evil = "db\r\nBcc: all@example.org\r\n\r\n.\r\nMAIL FROM:<evil@example.org>";
        fail(settings(server(null, false)), evil, evil);
        MimeMessage message = awaitOne().message();
        assertThat(message.getHeader("Bcc")).isNull();
        assertThat(message.getRecipients(Message.RecipientType.TO)).hasSize(1);
        assertThat(message.getSubject()).startsWith("Remote compaction of db??Bcc: all@example.org");
        assertThat(awaitOne().data()).doesNotContain("\r\n.\r\nMAIL");
        awaitNoMailer();
        assertThat(received).hasSize(1);
    }

    @Test
    void shouldRefuseWhatIsNoServerNoAddressAndHalfALogin() {
        for (String server : List.of(
                "mail.example.org",
                "http://x",
                "smtp://",
                "smtp://u:secret@x",
                "smtp://x/y",
                "smtp://x:0",
                "smtp://x:99999")) {
            assertThatThrownBy(() -> settings(server))
                    .as(server)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected smtp://")
                    .hasMessageNotContaining("secret");
        }
        for (String address : List.of("ops", "@example.org", "a b@c")) {
            assertThatThrownBy(() -> settings("smtp://x").alertEmail(address))
                    .as(address)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected mail addresses");
        }
        assertThatThrownBy(() -> settings("smtp://x").alertSmtpUser("u").build())
                .hasMessageContaining("alert_smtp_password_file");
        assertThatThrownBy(() -> new RemoteCompaction(settings("smtp://x")
                        .alertSmtpUser("u")
                        .alertSmtpPasswordFile(directory.resolve("none").toString())
                        .build()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("none");
        assertThatThrownBy(() -> new RemoteCompaction(settings("smtp://x").build())
                        .set("alert_smtp_password_file", "/etc/passwd", "a test"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("can't be changed");
    }

    @Test
    void shouldKnowTheUsualPorts() {
        assertThat(MailServer.parse("smtp://localhost")).hasToString("smtp://localhost:25");
        assertThat(MailServer.parse("smtp://mail.example.org")).hasToString("smtp://mail.example.org:587");
        assertThat(MailServer.parse("SMTPS://mail.example.org/")).hasToString("smtps://mail.example.org:465");
        assertThat(MailServer.parse("smtp://[::1]:2525").isHere()).isTrue();
    }
}
