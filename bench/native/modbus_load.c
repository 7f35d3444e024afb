/* Modbus TCP reads, one outstanding on each connection: modbus_load ADDRESS PORT CONNECTIONS FUNCTION ADDRESS REGISTERS SECONDS UNIT

   Prints: answers a second, p99 of the answer's time in µs. Exit 1, with a word on standard error: an answer was an exception,
   was not the answer to its question, or the server closed a connection. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 256
#define MAX_TIMES 8000000
#define SECOND 1000000000LL

struct connection { int fd; uint16_t transaction; size_t got; int64_t sent_at_ns; uint8_t bytes[512]; };

static struct connection connections[MAX_CONNECTIONS];
static uint8_t function, unit;
static uint16_t address, registers;
static int64_t answers;
static int32_t *times_ns;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static void fail(const char *why) { fprintf(stderr, "modbus_load: %s\n", why), exit(1); }

static void ask(struct connection *c) {
    uint16_t id = ++c->transaction;
    uint8_t question[12] = {id >> 8, id, 0, 0, 0, 6, unit, function, address >> 8, address, registers >> 8, registers};
    c->got = 0;
    c->sent_at_ns = now_ns();
    if (write(c->fd, question, sizeof question) != sizeof question) fail("cannot write");
}

static void check(const struct connection *c) {
    const uint8_t *b = c->bytes;
    if (b[7] & 0x80) fail("the answer is an exception");
    if ((b[0] << 8 | b[1]) != c->transaction || b[6] != unit || b[7] != function || b[8] != 2 * registers) fail("a wrong answer");
}

static void take(struct connection *c) {
    size_t wanted = 9 + 2 * registers;
    ssize_t got = read(c->fd, c->bytes + c->got, sizeof c->bytes - c->got);
    if (got <= 0) fail("the server closed a connection");
    c->got += got;
    if (c->got >= 9 && c->bytes[7] & 0x80) fail("the answer is an exception");
    if (c->got > wanted) fail("an answer is too long");
    if (c->got < wanted) return;
    check(c);
    if (answers < MAX_TIMES) times_ns[answers] = now_ns() - c->sent_at_ns;
    answers++;
    ask(c);
}

static void open_connection(int poller, const char *host, int port, struct connection *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(host)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (void *)&to, sizeof to)) fail("cannot connect");
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
}

static int by_size(const void *a, const void *b) { return *(const int32_t *)a - *(const int32_t *)b; }

int main(int argc, char **argv) {
    if (argc != 9) return 2;
    int port = atoi(argv[2]), many = atoi(argv[3]), poller = epoll_create1(0);
    function = atoi(argv[4]), address = atoi(argv[5]), registers = atoi(argv[6]), unit = atoi(argv[8]);
    if (many < 1 || many > MAX_CONNECTIONS || registers > 125) return 2;
    times_ns = malloc(MAX_TIMES * sizeof *times_ns);
    for (int i = 0; i < many; i++) open_connection(poller, argv[1], port, &connections[i]);
    int64_t began = now_ns(), until = began + (int64_t)(atof(argv[7]) * SECOND), now;
    for (int i = 0; i < many; i++) ask(&connections[i]);
    while ((now = now_ns()) < until) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, 1000);
        if (ready == 0) fail("no answer within a second");
        for (int i = 0; i < ready; i++) take(events[i].data.ptr);
    }
    double seconds = (double)(now - began) / SECOND;
    int64_t timed = answers < MAX_TIMES ? answers : MAX_TIMES;
    qsort(times_ns, timed, sizeof *times_ns, by_size);
    printf("%.0f %.0f\n", answers / seconds, timed ? times_ns[timed * 99 / 100] / 1000.0 : 0);
    return answers == 0;
}
