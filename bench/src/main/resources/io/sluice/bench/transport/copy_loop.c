// Copyright the Sluice authors. SPDX-License-Identifier: Apache-2.0

// Blocks over a TCP connection, chunk by chunk, each behind a header with its CRC32C, which both sides compute: what
// "bench transport --mode block" is measured against. The block is as large as there and is read, and written, in its
// place. One byte answers each block.
//
// copy_loop server|client HOST BLOCK_LENGTH CHUNK_LENGTH WARM_UP_MS MEASURED_MS
// The lines on stdin and stdout are those of SideCommand.java.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nmmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// CRC32C in three lanes, since the instruction gives its result after three cycles and can be begun in each. The lanes'
// results are joined by tables that say what a lane's length of zeros makes of a checksum: it is linear.
#define LANE 4096

static uint32_t past_lane[4][256];

static uint32_t crc_words(uint32_t crc, const uint8_t *from, size_t words) {
  uint64_t sum = crc;
  for (size_t i = 0; i < words; i++) {
    uint64_t word;
    memcpy(&word, from + 8 * i, 8);
    sum = _mm_crc32_u64(sum, word);
  }
  return (uint32_t)sum;
}

static void make_tables(void) {
  static const uint8_t zeros[LANE];
  for (int byte = 0; byte < 4; byte++) {
    for (int bit = 0; bit < 8; bit++) {
      past_lane[byte][1 << bit] = crc_words(1u << (8 * byte + bit), zeros, LANE / 8);
    }
    for (int i = 0; i < 256; i++) {
      uint32_t joined = 0;
      for (int bit = 0; bit < 8; bit++) {
        if (i & (1 << bit)) joined ^= past_lane[byte][1 << bit];
      }
      past_lane[byte][i] = joined;
    }
  }
}

static uint32_t zeros_behind(uint32_t crc) {
  return past_lane[0][crc & 255] ^ past_lane[1][crc >> 8 & 255] ^ past_lane[2][crc >> 16 & 255] ^ past_lane[3][crc >> 24];
}

// Without the inversions at beginning and end, so that a chunk can be taken in pieces.
static uint32_t crc32c(uint32_t crc, const uint8_t *from, size_t length) {
  while (length >= 3 * LANE) {
    uint64_t a = crc, b = 0, c = 0;
    for (size_t i = 0; i < LANE; i += 8) {
      uint64_t x, y, z;
      memcpy(&x, from + i, 8);
      memcpy(&y, from + LANE + i, 8);
      memcpy(&z, from + 2 * LANE + i, 8);
      a = _mm_crc32_u64(a, x);
      b = _mm_crc32_u64(b, y);
      c = _mm_crc32_u64(c, z);
    }
    crc = zeros_behind(zeros_behind((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
    from += 3 * LANE;
    length -= 3 * LANE;
  }
  crc = crc_words(crc, from, length / 8);
  for (from += length & ~(size_t)7, length &= 7; length > 0; length--) crc = _mm_crc32_u8(crc, *from++);
  return crc;
}

struct header {
  uint32_t length;
  uint32_t crc;
};

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void send_chunk(int to, uint8_t *chunk, size_t length) {
  struct header header = {(uint32_t)length, crc32c(0xffffffff, chunk, length) ^ 0xffffffff};
  struct iovec parts[2] = {{&header, sizeof header}, {chunk, length}};
  struct iovec *part = parts;
  for (int left = 2; left > 0;) {
    ssize_t count = writev(to, part, left);
    if (count < 0) fail("writev");
    while (left > 0 && (size_t)count >= part->iov_len) {
      count -= (ssize_t)part->iov_len;
      part++;
      left--;
    }
    if (left > 0) {
      part->iov_base = (uint8_t *)part->iov_base + count;
      part->iov_len -= (size_t)count;
    }
  }
}

// Takes so many bytes, and their checksum while they are warm; 0 at the end of the stream before the first.
static int receive(int from, uint8_t *to, size_t length, uint32_t *crc) {
  for (size_t done = 0; done < length;) {
    ssize_t count = read(from, to + done, length - done);
    if (count < 0) fail("read");
    if (count == 0 && done == 0) return 0;
    if (count == 0) fail("the stream ended within a block");
    if (crc != NULL) *crc = crc32c(*crc, to + done, (size_t)count);
    done += (size_t)count;
  }
  return 1;
}

static void no_delay(int socket) {
  int on = 1;
  if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail("TCP_NODELAY");
}

static void serve(struct sockaddr_in *address, uint8_t *block, size_t length) {
  int port = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof *address;
  address->sin_port = 0;
  if (bind(port, (struct sockaddr *)address, size) < 0 || listen(port, 1) < 0) fail("bind");
  if (getsockname(port, (struct sockaddr *)address, &size) < 0) fail("getsockname");
  printf("at %d\n", ntohs(address->sin_port));
  int from = accept(port, NULL, NULL);
  if (from < 0) fail("accept");
  no_delay(from);
  struct header header;
  size_t done = 0;
  double began = now();
  uint64_t blocks = 0;
  while (receive(from, (uint8_t *)&header, sizeof header, NULL)) {
    uint32_t crc = 0xffffffff;
    if (header.length > length - done) fail("a chunk is too long");
    if (!receive(from, block + done, header.length, &crc) || (crc ^ 0xffffffff) != header.crc) fail("damaged");
    done += header.length;
    if (done == length) {
      done = 0;
      blocks++;
      if (write(from, "", 1) != 1) fail("write");
    }
  }
  printf("done {\"operations\":%llu,\"seconds\":%f}\n", (unsigned long long)blocks, now() - began);
  close(from);
  close(port);
}

static void run(struct sockaddr_in *address, int port, uint8_t *block, size_t length, size_t chunk, double warm, double measured) {
  int to = socket(AF_INET, SOCK_STREAM, 0);
  address->sin_port = htons((uint16_t)port);
  if (connect(to, (struct sockaddr *)address, sizeof *address) < 0) fail("connect");
  no_delay(to);
  double began = now(), until = began + warm, ended;
  uint64_t blocks = 0;
  for (int counting = 0;;) {
    for (size_t at = 0; at < length; at += chunk) {
      send_chunk(to, block + at, length - at < chunk ? length - at : chunk);
    }
    uint8_t answer;
    if (!receive(to, &answer, 1, NULL)) fail("the server ended");
    blocks++;
    ended = now();
    if (ended < until) continue;
    if (counting) break;
    counting = 1;
    blocks = 0;
    began = ended;
    until = began + measured;
  }
  printf("done {\"operations\":%llu,\"seconds\":%f}\n", (unsigned long long)blocks, ended - began);
  close(to);
}

int main(int count, char **arguments) {
  if (count != 7) {
    fprintf(stderr, "copy_loop server|client HOST BLOCK_LENGTH CHUNK_LENGTH WARM_UP_MS MEASURED_MS\n");
    return 2;
  }
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (inet_pton(AF_INET, arguments[2], &address.sin_addr) != 1) {
    fprintf(stderr, "%s is no IPv4 address\n", arguments[2]);
    return 2;
  }
  size_t length = strtoull(arguments[3], NULL, 10), chunk = strtoull(arguments[4], NULL, 10);
  uint8_t *block = aligned_alloc(4096, (length + 4095) / 4096 * 4096);
  if (block == NULL) fail("no memory");
  uint64_t random = 88172645463325252u;
  for (size_t i = 0; i < length; i++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    block[i] = (uint8_t)(random >> 56);
  }
  make_tables();
  setvbuf(stdout, NULL, _IOLBF, 0);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    int port;
    if (strcmp(arguments[1], "server") == 0) {
      serve(&address, block, length);
    } else if (sscanf(line, "run %d", &port) == 1) {
      run(&address, port, block, length, chunk, atof(arguments[5]) / 1e3, atof(arguments[6]) / 1e3);
    }
  }
  return 0;
}
