/* A table of 256 rows and 20 columns for snmpd: `dlmod snmp_table /path/snmp_table.so`. In memory, by net-snmp's own table helper.

   1.3.6.1.4.1.8072.9999.9999.7422.1.COLUMN.ROW, columns 2..21, rows 0..255. Columns 3, 20 and 21 are short texts. */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#define ROWS 256
#define FIRST_COLUMN 2
#define LAST_COLUMN 21

struct row { char text[16]; long numbers[LAST_COLUMN + 1]; };

static oid root[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 7422};

static void set_cell(netsnmp_request_info *request) {
    struct row *row = netsnmp_tdata_extract_entry(request);
    netsnmp_table_request_info *place = netsnmp_extract_table_info(request);
    if (!row) {
        netsnmp_set_request_error(0, request, SNMP_NOSUCHINSTANCE);
        return;
    }
    int column = place->colnum;
    if (column == 3 || column >= 20)
        snmp_set_var_typed_value(request->requestvb, ASN_OCTET_STR, row->text, column == 3 ? strlen(row->text) : 0);
    else
        snmp_set_var_typed_integer(request->requestvb, ASN_INTEGER, row->numbers[column]);
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration, netsnmp_agent_request_info *info,
                  netsnmp_request_info *requests) {
    (void)handler, (void)registration;
    for (netsnmp_request_info *request = requests; info->mode == MODE_GET && request; request = request->next)
        if (!request->processed) set_cell(request);
    return SNMP_ERR_NOERROR;
}

static void add_row(netsnmp_tdata *table, int number) {
    netsnmp_tdata_row *made = netsnmp_tdata_create_row();
    struct row *row = SNMP_MALLOC_TYPEDEF(struct row);
    snprintf(row->text, sizeof row->text, "rx%d", number);
    for (int column = FIRST_COLUMN; column <= LAST_COLUMN; column++) row->numbers[column] = number % 128;
    made->data = row;
    netsnmp_tdata_row_add_index(made, ASN_INTEGER, &number, sizeof number);
    netsnmp_tdata_add_row(table, made);
}

void init_snmp_table(void) {
    netsnmp_tdata *table = netsnmp_tdata_create_table("benchTable", 0);
    netsnmp_table_registration_info *shape = SNMP_MALLOC_TYPEDEF(netsnmp_table_registration_info);
    netsnmp_table_helper_add_indexes(shape, ASN_INTEGER, 0);
    shape->min_column = FIRST_COLUMN;
    shape->max_column = LAST_COLUMN;
    for (int number = 0; number < ROWS; number++) add_row(table, number);
    netsnmp_tdata_register(netsnmp_create_handler_registration("benchTable", handle, root, OID_LENGTH(root), HANDLER_CAN_RONLY),
                           table, shape);
}
