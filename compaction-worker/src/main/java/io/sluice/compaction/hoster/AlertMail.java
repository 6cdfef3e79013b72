// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME;

import io.sluice.config.ConfigException;
import io.sluice.config.PemTls;
import io.sluice.config.SecretFile;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends alerts by SMTP: over TLS with a server that proves its name, but for one on this machine that asks no password. One
 * mail at a time, on a thread that ends with it. Safe for concurrent use.
 */
final class AlertMail {
    private static final Logger LOG = LoggerFactory.getLogger(AlertMail.class);
    private static final String TIMEOUT_MS = "10000";
    private static final int MAX_SUBJECT = 200;
    private static final int MAX_TEXT = 16 << 10;

    private final MailServer server;
    private final Properties properties;
    private final String user;
    private final @Nullable String password;
    private final String from;
    private final AtomicBoolean isSending = new AtomicBoolean();

    /**
     * By the settings' {@code alert_smtp...}, which hold for good.
     *
     * @throws ConfigException where the file of the password or of the authorities can't be used
     */
    AlertMail(RemoteCompactionSettings settings) {
        this.server = MailServer.parse(settings.alertSmtp());
        this.user = settings.alertSmtpUser();
        this.password = settings.alertSmtpPasswordFile().isEmpty()
                ? null
                : new String(SecretFile.readPassword(Path.of(settings.alertSmtpPasswordFile())), UTF_8);
        this.from = settings.alertFrom();
        this.properties = properties(settings);
    }

    private Properties properties(RemoteCompactionSettings settings) {
        String caFile = settings.alertSmtpCaFile();
        boolean startsTls = !server.isTls() && (!server.isHere() || !user.isEmpty() || !caFile.isEmpty());
        String prefix = "mail." + server.protocol() + ".";
        Properties made = new Properties();
        made.put(prefix + "host", server.host());
        made.put(prefix + "port", String.valueOf(server.port()));
        made.put(prefix + "auth", String.valueOf(!user.isEmpty()));
        made.put(prefix + "starttls.enable", String.valueOf(startsTls));
        made.put(prefix + "starttls.required", String.valueOf(startsTls));
        made.put(prefix + "ssl.checkserveridentity", "true");
        made.put(prefix + "ssl.protocols", "TLSv1.3 TLSv1.2");
        made.put(prefix + "connectiontimeout", TIMEOUT_MS);
        made.put(prefix + "timeout", TIMEOUT_MS);
        made.put(prefix + "writetimeout", TIMEOUT_MS);
        if (!caFile.isEmpty()) {
            made.put(
                    prefix + "ssl.socketFactory",
                    PemTls.believing(Path.of(caFile)).getSocketFactory());
        }
        return made;
    }

    /**
     * Checks a list of addresses.
     *
     * @throws IllegalArgumentException where it is none
     */
    static void check(String addresses) {
        try {
            if (InternetAddress.parse(addresses, true).length > 0) {
                for (InternetAddress address : InternetAddress.parse(addresses, true)) {
                    address.validate();
                }
                return;
            }
        } catch (AddressException e) {
            throw new IllegalArgumentException(
                    "expected mail addresses such as ops@example.org, found '" + addresses + "'", e);
        }
        throw new IllegalArgumentException("expected mail addresses such as ops@example.org, found none");
    }

    /** Sends a mail and waits for nothing. Where one is being sent still, this one is not. */
    void send(String addresses, String title, List<String> lines) {
        if (!isSending.compareAndSet(false, true)) {
            LOG.warn("alert_email: {} is slow, so an alert is not mailed", server);
            return;
        }
        Thread thread = new Thread(
                () -> {
                    try {
                        deliver(addresses, title, lines);
                    } catch (MessagingException | RuntimeException e) {
                        LOG.warn(
                                "alert_email: {} did not take an alert: {}", server, printable(e.toString(), MAX_TEXT));
                    } finally {
                        isSending.set(false);
                    }
                },
                "sluice-alert-mail");
        thread.setDaemon(true);
        thread.start();
    }

    private void deliver(String addresses, String title, List<String> lines) throws MessagingException {
        Session session = Session.getInstance(properties);
        InternetAddress[] to = InternetAddress.parse(addresses, true);
        MimeMessage message = new MimeMessage(session);
        message.setFrom(new InternetAddress(from.isEmpty() ? sender(to[0]) : from, true));
        message.setRecipients(Message.RecipientType.TO, to);
        message.setSubject(printable(title, MAX_SUBJECT), UTF_8.name());
        message.setHeader("Date", RFC_1123_DATE_TIME.format(OffsetDateTime.now(ZoneOffset.UTC)));
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(printable(line, MAX_TEXT)).append("\r\n"));
        message.setText(text.toString(), UTF_8.name());
        message.saveChanges();
        try (Transport transport = session.getTransport(server.protocol())) {
            transport.connect(server.host(), server.port(), user.isEmpty() ? null : user, password);
            transport.sendMessage(message, to);
        }
    }

    /** At the addressee's own domain, whose servers should take it. */
    private static String sender(InternetAddress to) {
        String address = to.getAddress();
        return "sluice" + address.substring(Math.max(0, address.lastIndexOf('@')));
    }

    /** One line, without what could begin another header. */
    private static String printable(String text, int maxLength) {
        return text.substring(0, Math.min(text.length(), maxLength)).replaceAll("\\p{Cntrl}", "?");
    }
}
