/* A window of SNMP requests kept full: snmp_load ADDRESS PORT WINDOW SECONDS < requests

   Standard input: for each request its length (4 bytes, big endian) and its bytes. Request number i carries the id FIRST + i in
   four bytes: request-id in v2c, msgID in v3. The answers carry it back, in any order.
   Prints: answers a second, cells a second (variable bindings of v2c answers), p99 of the answer's time in µs, lost, bad.
   bad: an error status, or a v3 answer without privacy (a Report). lost: not answered within a second.
   Exit 1: nothing is answered. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUESTS 8192
#define MAX_WINDOW 64
#define MAX_TIMES 8000000
#define FIRST 0x01000000
#define SECOND 1000000000LL

struct request { uint8_t *bytes; uint32_t length; int64_t sent_at_ns; };
struct part { const uint8_t *at, *end; int tag; };

static struct request requests[MAX_REQUESTS];
static uint32_t count, next_one, in_flight[MAX_WINDOW];
static int64_t answers, cells, lost, bad;
static int32_t *times_ns;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

/* The next element from *at on; tag -1: there is none. */
static struct part element(const uint8_t **at, const uint8_t *end) {
    struct part none = {0, 0, -1}, found;
    const uint8_t *p = *at;
    if (end - p < 2) return none;
    found.tag = *p++;
    size_t length = *p++;
    if (length & 0x80) {
        int bytes = length & 0x7f;
        if (bytes > 4 || end - p < bytes) return none;
        for (length = 0; bytes; bytes--) length = length << 8 | *p++;
    }
    if ((size_t)(end - p) < length) return none;
    found.at = p;
    found.end = *at = p + length;
    return found;
}

static int64_t number(struct part p) {
    int64_t value = 0;
    for (; p.at < p.end; p.at++) value = value << 8 | *p.at;
    return value;
}

/* The id of a v2c answer; counts its cells. */
static int64_t read_v2c(const uint8_t **at, const uint8_t *end) {
    element(at, end); /* community */
    struct part pdu = element(at, end);
    if (pdu.tag != 0xa2) return -1;
    int64_t id = number(element(&pdu.at, pdu.end)), status = number(element(&pdu.at, pdu.end));
    element(&pdu.at, pdu.end); /* error-index */
    struct part list = element(&pdu.at, pdu.end);
    bad += status != 0;
    while (element(&list.at, list.end).tag == 0x30) cells++;
    return id;
}

static int64_t read_v3(const uint8_t **at, const uint8_t *end) {
    struct part header = element(at, end);
    int64_t id = number(element(&header.at, header.end));
    element(&header.at, header.end); /* msgMaxSize */
    bad += (number(element(&header.at, header.end)) & 3) != 3;
    return id;
}

static int64_t id_of(const uint8_t *bytes, size_t length) {
    struct part message = element(&bytes, bytes + length);
    if (message.tag != 0x30) return -1;
    return number(element(&message.at, message.end)) == 3 ? read_v3(&message.at, message.end) : read_v2c(&message.at, message.end);
}

static void send_next(int fd, int slot) {
    struct request *request = &requests[in_flight[slot] = next_one];
    next_one = (next_one + 1) % count;
    request->sent_at_ns = now_ns();
    if (send(fd, request->bytes, request->length, 0) < 0) perror("send"), exit(1);
}

static void take(int fd, int window, const uint8_t *bytes, size_t length) {
    int64_t id = id_of(bytes, length) - FIRST;
    for (int slot = 0; slot < window; slot++)
        if (id == in_flight[slot]) {
            if (answers < MAX_TIMES) times_ns[answers] = now_ns() - requests[id].sent_at_ns;
            answers++;
            send_next(fd, slot);
            return;
        }
}

static void resend_lost(int fd, int window) {
    for (int slot = 0; slot < window; slot++)
        if (now_ns() - requests[in_flight[slot]].sent_at_ns > SECOND) lost++, send_next(fd, slot);
}

static void read_requests(void) {
    uint32_t length;
    while (count < MAX_REQUESTS && fread(&length, 4, 1, stdin) == 1) {
        length = ntohl(length);
        requests[count].bytes = malloc(length);
        requests[count].length = length;
        if (fread(requests[count++].bytes, length, 1, stdin) != 1) fprintf(stderr, "a request is cut short\n"), exit(2);
    }
}

static int by_size(const void *a, const void *b) { return *(const int32_t *)a - *(const int32_t *)b; }

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int window = atoi(argv[3]), fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = inet_addr(argv[1])};
    static uint8_t bytes[65536];
    read_requests();
    times_ns = malloc(MAX_TIMES * sizeof *times_ns);
    if (!count || window > MAX_WINDOW || connect(fd, (void *)&to, sizeof to)) return 2;
    int64_t began = now_ns(), until = began + (int64_t)(atof(argv[4]) * SECOND), now;
    for (int slot = 0; slot < window; slot++) send_next(fd, slot);
    while ((now = now_ns()) < until) {
        struct pollfd ready = {fd, POLLIN, 0};
        if (poll(&ready, 1, 100) == 0) resend_lost(fd, window);
        for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) take(fd, window, bytes, got);
    }
    double seconds = (double)(now - began) / SECOND;
    int64_t timed = answers < MAX_TIMES ? answers : MAX_TIMES;
    qsort(times_ns, timed, sizeof *times_ns, by_size);
    double p99 = timed ? times_ns[timed * 99 / 100] / 1000.0 : 0;
    printf("%.0f %.0f %.0f %lld %lld\n", answers / seconds, cells / seconds, p99, (long long)lost, (long long)bad);
    return answers == 0;
}
