/* A client that is not ours: libmodbus, one line of output for each operation named on the command line.
 *
 *   client tcp PORT | rtu PATH BAUD PARITY   then operations:
 *   rh ADDR N | ri ADDR N | rc ADDR N | rd ADDR N      read holding, input, coils, discrete
 *   wr ADDR VALUE | wm ADDR N V1..VN                   FC 6, FC 16
 *   wc ADDR VALUE | wcs ADDR N V1..VN                  FC 5, FC 15
 *   mask ADDR AND OR | rw WADDR V RADDR N | id | unit U
 *   loop N ADDR COUNT                                  N reads of COUNT input registers; prints how many were right
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char **arg;
static int next(void) { return (int)strtol(*arg++, NULL, 0); }

static void say(int result, int count, const uint16_t *words, const uint8_t *bits) {
    if (result < 0) {
        printf("error %d %s\n", errno - MODBUS_ENOBASE, modbus_strerror(errno));
        return;
    }
    printf("ok");
    for (int i = 0; i < count; i++) printf(" %d", words ? words[i] : bits[i]);
    printf("\n");
}

static int one(modbus_t *m, const char *what) {
    uint16_t w[256];
    uint8_t b[2048];
    if (!strcmp(what, "unit")) return modbus_set_slave(m, next());
    if (!strcmp(what, "id")) {
        int n = modbus_report_slave_id(m, sizeof b, b);
        if (n < 0) say(n, 0, w, b); else printf("ok %d %d %.*s\n", b[0], b[1], n - 2, b + 2);
        return 0;
    }
    int a = next();
    if (!strcmp(what, "rh") || !strcmp(what, "ri")) {
        int n = next();
        say(what[1] == 'h' ? modbus_read_registers(m, a, n, w) : modbus_read_input_registers(m, a, n, w), n, w, b);
    } else if (!strcmp(what, "rc") || !strcmp(what, "rd")) {
        int n = next();
        say(what[1] == 'c' ? modbus_read_bits(m, a, n, b) : modbus_read_input_bits(m, a, n, b), n, NULL, b);
    } else if (!strcmp(what, "wr")) {
        say(modbus_write_register(m, a, next()), 0, w, b);
    } else if (!strcmp(what, "wc")) {
        say(modbus_write_bit(m, a, next()), 0, w, b);
    } else if (!strcmp(what, "wm") || !strcmp(what, "wcs")) {
        int n = next();
        for (int i = 0; i < n; i++) { w[i] = next(); b[i] = (uint8_t)w[i]; }
        say(what[1] == 'm' ? modbus_write_registers(m, a, n, w) : modbus_write_bits(m, a, n, b), 0, w, b);
    } else if (!strcmp(what, "mask")) {
        int keep = next(), put = next();
        say(modbus_mask_write_register(m, a, keep, put), 0, w, b);
    } else if (!strcmp(what, "rw")) {
        uint16_t value = next();
        int from = next(), n = next();
        say(modbus_write_and_read_registers(m, a, 1, &value, from, n, w), n, w, b);
    } else if (!strcmp(what, "loop")) {
        int from = next(), n = next(), right = 0;
        for (int i = 0; i < a; i++) right += modbus_read_input_registers(m, from, n, w) == n;
        printf("ok %d\n", right);
    } else {
        return -1;
    }
    return 0;
}

int main(int argc, char **argv) {
    (void)argc;
    arg = argv + 2;
    modbus_t *m;
    if (!strcmp(argv[1], "tcp")) {
        m = modbus_new_tcp("127.0.0.1", next());
    } else {
        char *path = *arg++;
        int baud = next();
        m = modbus_new_rtu(path, baud, (*arg++)[0], 8, 1);
    }
    modbus_set_response_timeout(m, 5, 0);
    modbus_set_slave(m, 1);
    if (modbus_connect(m)) { printf("error connect %s\n", modbus_strerror(errno)); return 1; }
    while (*arg) {
        char *what = *arg++;
        if (one(m, what) < 0) { printf("error usage %s\n", what); return 2; }
    }
    modbus_close(m);
    modbus_free(m);
    return 0;
}
