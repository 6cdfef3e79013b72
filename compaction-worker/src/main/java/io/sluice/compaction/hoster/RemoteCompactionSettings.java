// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0
package io.sluice.compaction.hoster;

import io.sluice.compaction.web.WebDomain;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The settings of remote compaction on the store's side, by the names of the parameters that they have in a
 * configuration file. A value, made by {@link Builder}.
 */
public final class RemoteCompactionSettings {
    /** The longest time that any setting may have. */
    public static final Duration MAX_TIME = Duration.ofDays(1);

    /** The most attempts at a job. */
    public static final int MAX_RETRY = 1000;

    static final String NO_PLACE_OF_COPIES = "needs hoster_root, to which files are copied";

    /** One path component that names nothing but itself. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

    private final Builder values;

    private RemoteCompactionSettings(Builder builder) {
        this.values = new Builder(builder);
    }

    /** The defaults; workers must be added. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that begins with these values. */
    public Builder toBuilder() {
        return new Builder(values);
    }

    /** {@code allow_fallback_to_local}: whether this process compacts what no worker did. */
    public boolean allowFallbackToLocal() {
        return values.allowFallbackToLocal;
    }

    /** {@code hoster_root}: the directory here that is mounted on workers, or empty where they reach the same URIs. */
    public String hosterRoot() {
        return values.hosterRoot;
    }

    /** {@code copy_sst_files}: whether jobs are copied to {@link #hosterRoot()}, since workers don't see the store. */
    public boolean copySstFiles() {
        return values.copySstFiles;
    }

    /** {@code instance_name}: the directory of this store's on workers, one path component, or empty. */
    public String instanceName() {
        return values.instanceName;
    }

    /** {@code nfs_type}: the file system's type for a worker that mounts on demand. */
    public String nfsType() {
        return values.nfsType;
    }

    /** {@code nfs_mnt_src}: what a worker mounts, or empty. */
    public String nfsMountSource() {
        return values.nfsMountSource;
    }

    /** {@code nfs_mnt_opt}: how a worker mounts it, or empty. */
    public String nfsMountOptions() {
        return values.nfsMountOptions;
    }

    /** {@code http_max_retry}: attempts at a job. */
    public int httpMaxRetry() {
        return values.httpMaxRetry;
    }

    /** {@code retry_sleep_time}: the pause before workers that were busy are asked again. */
    public Duration retrySleepTime() {
        return values.retrySleepTime;
    }

    /** {@code overall_timeout}: what an attempt may take at least. */
    public Duration overallTimeout() {
        return values.overallTimeout;
    }

    /** {@code http_timeout}: the longest wait for the answer to a request; what an attempt may take at least. */
    public Duration httpTimeout() {
        return values.httpTimeout;
    }

    /** {@code timeout_multiplier}: how many times longer than estimated an attempt may take. */
    public double timeoutMultiplier() {
        return values.timeoutMultiplier;
    }

    /** {@code estimate_speed}: bytes of input that a worker compacts in a second, before any was measured. */
    public double estimateSpeed() {
        return values.estimateSpeed;
    }

    /** {@code load_balance}: how workers are chosen. */
    public LoadBalance loadBalance() {
        return values.loadBalance;
    }

    /** {@code max_book_dbcf}: the most column families whose figures are kept for the page. */
    public int maxBookDbcf() {
        return values.maxBookDbcf;
    }

    /** {@code http_workers}: at least one. */
    public List<RemoteWorker> httpWorkers() {
        return values.httpWorkers;
    }

    /** {@code dcompact_min_level}: the lowest output level of a compaction that goes out. */
    public int dcompactMinLevel() {
        return values.dcompactMinLevel;
    }

    /** {@code secret_file}: where the secret is that workers ask for, or empty. */
    public String secretFile() {
        return values.secretFile;
    }

    /** {@code tls_ca_file}: the authorities of workers' certificates, or empty for those that the JVM believes. */
    public String tlsCaFile() {
        return values.tlsCaFile;
    }

    /** {@code tls_certificate_file}: the certificate that is shown to workers, or empty. */
    public String tlsCertificateFile() {
        return values.tlsCertificateFile;
    }

    /** {@code tls_key_file}: its key, or empty. */
    public String tlsKeyFile() {
        return values.tlsKeyFile;
    }

    /** {@code alert_email}: whom failures are told by mail, or empty. */
    public String alertEmail() {
        return values.alertEmail;
    }

    /** {@code alert_smtp}: where mail is handed in. */
    public String alertSmtp() {
        return values.alertSmtp;
    }

    /** {@code alert_smtp_user}: as whom, or empty. */
    public String alertSmtpUser() {
        return values.alertSmtpUser;
    }

    /** {@code alert_smtp_password_file}: where his password is, or empty. */
    public String alertSmtpPasswordFile() {
        return values.alertSmtpPasswordFile;
    }

    /** {@code alert_smtp_ca_file}: the authorities of that server's certificate, or empty for those that the JVM believes. */
    public String alertSmtpCaFile() {
        return values.alertSmtpCaFile;
    }

    /** {@code alert_from}: who sends it, or empty for {@code sluice} at the first addressee's domain. */
    public String alertFrom() {
        return values.alertFrom;
    }

    /** {@code alert_http}: where failures are posted, or empty. */
    public String alertHttp() {
        return values.alertHttp;
    }

    /** {@code alert_interval}: the time in which there is one alert at most. */
    public Duration alertInterval() {
        return values.alertInterval;
    }

    /** {@code web_domain}: whose pages may hold the pages of this store in frames, or empty. */
    public String webDomain() {
        return values.webDomain;
    }

    /** {@code web_listen}: where this process shows its parameters and pages, {@code HOST:PORT}, or empty for nowhere. */
    public String webListen() {
        return values.webListen;
    }

    /** {@code web_secret_file}: where the secret is that requests there must carry, or empty. */
    public String webSecretFile() {
        return values.webSecretFile;
    }

    /**
     * Sets them one by one; each setter throws {@link IllegalArgumentException} where the value is out of range. For one
     * thread.
     */
    public static final class Builder {
        private boolean allowFallbackToLocal;
        private String hosterRoot = "";
        private String instanceName = "";
        private String nfsType = "nfs";
        private String nfsMountSource = "";
        private String nfsMountOptions = "";
        private int httpMaxRetry = 3;
        private Duration retrySleepTime = Duration.ofSeconds(1);
        private Duration overallTimeout = Duration.ofSeconds(5);
        private Duration httpTimeout = Duration.ofSeconds(3);
        private double timeoutMultiplier = 10;
        private double estimateSpeed = 10e6;
        private LoadBalance loadBalance = LoadBalance.ROUND_ROBIN;
        private int maxBookDbcf = 20;
        private List<RemoteWorker> httpWorkers = List.of();
        private int dcompactMinLevel = 2;
        private String secretFile = "";
        private String tlsCaFile = "";
        private String tlsCertificateFile = "";
        private String tlsKeyFile = "";
        private String alertEmail = "";
        private String alertSmtp = "smtp://localhost";
        private String alertSmtpUser = "";
        private String alertSmtpPasswordFile = "";
        private String alertSmtpCaFile = "";
        private String alertFrom = "";
        private String alertHttp = "";
        private Duration alertInterval = Duration.ofSeconds(60);
        private String webDomain = "";
        private String webListen = "";
        private String webSecretFile = "";
        private boolean copySstFiles;

        private Builder() {}

        private Builder(Builder from) {
            allowFallbackToLocal = from.allowFallbackToLocal;
            hosterRoot = from.hosterRoot;
            instanceName = from.instanceName;
            nfsType = from.nfsType;
            nfsMountSource = from.nfsMountSource;
            nfsMountOptions = from.nfsMountOptions;
            httpMaxRetry = from.httpMaxRetry;
            retrySleepTime = from.retrySleepTime;
            overallTimeout = from.overallTimeout;
            httpTimeout = from.httpTimeout;
            timeoutMultiplier = from.timeoutMultiplier;
            estimateSpeed = from.estimateSpeed;
            loadBalance = from.loadBalance;
            maxBookDbcf = from.maxBookDbcf;
            httpWorkers = from.httpWorkers;
            dcompactMinLevel = from.dcompactMinLevel;
            secretFile = from.secretFile;
            tlsCaFile = from.tlsCaFile;
            tlsCertificateFile = from.tlsCertificateFile;
            tlsKeyFile = from.tlsKeyFile;
            alertEmail = from.alertEmail;
            alertSmtp = from.alertSmtp;
            alertSmtpUser = from.alertSmtpUser;
            alertSmtpPasswordFile = from.alertSmtpPasswordFile;
            alertSmtpCaFile = from.alertSmtpCaFile;
            alertFrom = from.alertFrom;
            alertHttp = from.alertHttp;
            alertInterval = from.alertInterval;
            webDomain = from.webDomain;
            webListen = from.webListen;
            webSecretFile = from.webSecretFile;
            copySstFiles = from.copySstFiles;
        }

        /** {@code allow_fallback_to_local}; false. */
        public Builder allowFallbackToLocal(boolean value) {
            allowFallbackToLocal = value;
            return this;
        }

        /** {@code hoster_root}, an absolute path; by default workers reach the store by its own URI. */
        public Builder hosterRoot(String path) {
            hosterRoot = HosterRoot.check(path);
            return this;
        }

        /** {@code instance_name}, one path component of letters, digits, {@code _ . -}; by default none. */
        public Builder instanceName(String name) {
            if (!name.isEmpty() && !NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "expected a name of at most 128 letters, digits, '_', '.' and '-' that begins with none of the"
                                + " last two, found '" + name + "'");
            }
            instanceName = name;
            return this;
        }

        /** {@code nfs_type}; nfs. */
        public Builder nfsType(String type) {
            nfsType = type;
            return this;
        }

        /** {@code nfs_mnt_src}; none. */
        public Builder nfsMountSource(String source) {
            nfsMountSource = source;
            return this;
        }

        /** {@code nfs_mnt_opt}; none. */
        public Builder nfsMountOptions(String options) {
            nfsMountOptions = options;
            return this;
        }

        /** {@code http_max_retry}, 1 to {@link #MAX_RETRY}; 3. */
        public Builder httpMaxRetry(int attempts) {
            if (attempts < 1 || attempts > MAX_RETRY) {
                throw new IllegalArgumentException("expected 1 to " + MAX_RETRY + ", found " + attempts);
            }
            httpMaxRetry = attempts;
            return this;
        }

        /** {@code retry_sleep_time}, 1 ms to a day; 1 s. */
        public Builder retrySleepTime(Duration time) {
            retrySleepTime = inRange(time);
            return this;
        }

        /** {@code overall_timeout}, 1 ms to a day; 5 s. */
        public Builder overallTimeout(Duration time) {
            overallTimeout = inRange(time);
            return this;
        }

        /** {@code http_timeout}, 1 ms to a day; 3 s. */
        public Builder httpTimeout(Duration time) {
            httpTimeout = inRange(time);
            return this;
        }

        /** {@code timeout_multiplier}, 1 to 1e6; 10. */
        public Builder timeoutMultiplier(double factor) {
            timeoutMultiplier = inRange(factor, 1e6);
            return this;
        }

        /** {@code estimate_speed}, 1 to 1e12 bytes a second; 10e6. */
        public Builder estimateSpeed(double bytesPerSecond) {
            estimateSpeed = inRange(bytesPerSecond, 1e12);
            return this;
        }

        /** {@code load_balance}; kRoundRobin. */
        public Builder loadBalance(LoadBalance value) {
            loadBalance = value;
            return this;
        }

        /** {@code max_book_dbcf}, 1 to 10,000; 20. */
        public Builder maxBookDbcf(int columnFamilies) {
            if (columnFamilies < 1 || columnFamilies > 10_000) {
                throw new IllegalArgumentException("expected 1 to 10000, found " + columnFamilies);
            }
            maxBookDbcf = columnFamilies;
            return this;
        }

        /** {@code http_workers}: at least one, none twice. */
        public Builder httpWorkers(List<RemoteWorker> workers) {
            Set<String> seen = new HashSet<>();
            for (RemoteWorker worker : workers) {
                if (!seen.add(worker.url().toString())) {
                    throw new IllegalArgumentException(worker + " is there twice: give it a weight");
                }
            }
            httpWorkers = List.copyOf(workers);
            return this;
        }

        /** {@code dcompact_min_level}, 0 to 100; 2. */
        public Builder dcompactMinLevel(int level) {
            if (level < 0 || level > 100) {
                throw new IllegalArgumentException("expected 0 to 100, found " + level);
            }
            dcompactMinLevel = level;
            return this;
        }

        /** {@code secret_file}, ours: a file of mode 0600 with at least 16 bytes; none. */
        public Builder secretFile(String file) {
            secretFile = file;
            return this;
        }

        /** {@code tls_ca_file}, ours: PEM; none. */
        public Builder tlsCaFile(String file) {
            tlsCaFile = file;
            return this;
        }

        /** {@code tls_certificate_file}, ours: PEM, with {@code tls_key_file}; none. */
        public Builder tlsCertificateFile(String file) {
            tlsCertificateFile = file;
            return this;
        }

        /** {@code tls_key_file}, ours: PKCS#8 in PEM, a file of mode 0600; none. */
        public Builder tlsKeyFile(String file) {
            tlsKeyFile = file;
            return this;
        }

        /** {@code alert_email}: one address or several with commas between; none. */
        public Builder alertEmail(String addresses) {
            if (!addresses.isEmpty()) {
                AlertMail.check(addresses);
            }
            alertEmail = addresses;
            return this;
        }

        /** {@code alert_smtp}, ours: {@code smtp://HOST[:PORT]} or {@code smtps://HOST[:PORT]}; smtp://localhost. */
        public Builder alertSmtp(String url) {
            alertSmtp = MailServer.parse(url).toString();
            return this;
        }

        /** {@code alert_smtp_user}, ours, with {@code alert_smtp_password_file}; none. */
        public Builder alertSmtpUser(String user) {
            alertSmtpUser = user;
            return this;
        }

        /** {@code alert_smtp_password_file}, ours: a file of mode 0600; none. */
        public Builder alertSmtpPasswordFile(String file) {
            alertSmtpPasswordFile = file;
            return this;
        }

        /** {@code alert_smtp_ca_file}, ours: PEM; none. */
        public Builder alertSmtpCaFile(String file) {
            alertSmtpCaFile = file;
            return this;
        }

        /** {@code alert_from}, ours: a mail address; none. */
        public Builder alertFrom(String address) {
            if (!address.isEmpty()) {
                AlertMail.check(address);
            }
            alertFrom = address;
            return this;
        }

        /** {@code alert_http}, a URL; none. */
        public Builder alertHttp(String url) {
            if (!url.isEmpty()) {
                AlertPost.check(url);
            }
            alertHttp = url;
            return this;
        }

        /** {@code alert_interval}, 1 ms to a day; 60 s. */
        public Builder alertInterval(Duration time) {
            alertInterval = inRange(time);
            return this;
        }

        /** {@code web_domain}; none. */
        public Builder webDomain(String domain) {
            WebDomain unused = WebDomain.parse(domain);
            webDomain = domain;
            return this;
        }

        /** {@code web_listen}, ours: {@code HOST:PORT} of this machine's loopback, port 0 for any; none. */
        public Builder webListen(String address) {
            if (!address.isEmpty()) {
                StoreServer.address(address);
            }
            webListen = address;
            return this;
        }

        /** {@code web_secret_file}, ours: a file of mode 0600 with at least 16 bytes; none. */
        public Builder webSecretFile(String file) {
            webSecretFile = file;
            return this;
        }

        /** {@code copy_sst_files}: copies each job's files to {@link #hosterRoot}, which is needed then; false. */
        public Builder copySstFiles(boolean value) {
            copySstFiles = value;
            return this;
        }

        boolean lacksPlaceOfCopies() {
            return copySstFiles && hosterRoot.isEmpty();
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException where there is no worker, nowhere to copy to, or a certificate or user without
         *     its key or password
         */
        public RemoteCompactionSettings build() {
            if (httpWorkers.isEmpty()) {
                throw new IllegalArgumentException(
                        "expected at least one worker (those whose URL begins with // don't count), found none");
            }
            if (lacksPlaceOfCopies()) {
                throw new IllegalArgumentException(NO_PLACE_OF_COPIES);
            }
            if (tlsCertificateFile.isEmpty() != tlsKeyFile.isEmpty()) {
                throw new IllegalArgumentException("expected tls_certificate_file and tls_key_file, or neither");
            }
            if (alertSmtpUser.isEmpty() != alertSmtpPasswordFile.isEmpty()) {
                throw new IllegalArgumentException("expected alert_smtp_user and alert_smtp_password_file, or neither");
            }
            return new RemoteCompactionSettings(this);
        }

        private static Duration inRange(Duration time) {
            if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(MAX_TIME) > 0) {
                throw new IllegalArgumentException("expected 1 ms to a day, found " + time);
            }
            return time;
        }

        private static double inRange(double value, double max) {
            if (!(value >= 1 && value <= max)) {
                throw new IllegalArgumentException("expected 1 to " + max + ", found " + value);
            }
            return value;
        }
    }
}
