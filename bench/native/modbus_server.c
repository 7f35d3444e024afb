/* A server as a person writes it with libmodbus: modbus_server PORT; it says `ready`. 16,384 registers, epoll, one thread. */
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void watch(int poller, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void answer(modbus_t *server, modbus_mapping_t *map, int fd) {
    uint8_t question[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_set_socket(server, fd);
    int length = modbus_receive(server, question);
    if (length > 0) modbus_reply(server, question, length, map);
    if (length < 0) close(fd);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    modbus_t *server = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    modbus_mapping_t *map = modbus_mapping_new(16384, 16384, 16384, 16384);
    int listener = modbus_tcp_listen(server, 64), poller = epoll_create1(0);
    if (listener < 0) return 1;
    watch(poller, listener);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) watch(poller, accept(listener, 0, 0));
            else answer(server, map, events[i].data.fd);
        }
    }
}
