/* libsnmp's single-session calls only: its other ones share a list of sessions. */
#include "collector/snmpwalk.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"

/* Cells of one answer: some 1400 bytes, so that it is not fragmented. */
#define CELLS 56
#define ANSWERS_MAX 8192 /* of one walk: an agent may go round in circles */
#define TIMEOUT_US 1500000L
#define RETRIES 2
static const struct timeval tick = { 0, 250000 };
/* Later than libsnmp gives up by itself, which forgets some questions silently. */
#define DEADLINE_NS (10 * CLOCK_NS_PER_S)

struct cursor {
	struct snmp_column column;
	uint32_t after; /* the index read last */
	unsigned rows;
	bool over;
};

struct snmpwalk {
	const struct snmpwalk_ops *ops;
	void *ctx;
	void *session; /* libsnmp's */
	struct event *readable, *timer;
	bool v3, known; /* KNOWN: the agent's engine, which v3 needs first */
	struct cursor cursor[SNMPWALK_COLUMNS];
	unsigned columns, answers;
	/* The columns of the request under way, in its order. */
	unsigned asked[SNMPWALK_COLUMNS], asked_count;
	int pending;	     /* its id; 0: none */
	int64_t deadline_ns; /* of PENDING, monotonic */
};

static const oid uptime_oid[] = { 1, 3, 6, 1, 2, 1, 1, 3 };
#define COLUMN_LEN_MAX 12

void
snmpwalk_init(void)
{
	static const int quiet[] = { NETSNMP_DS_LIB_DONT_READ_CONFIGS,
		NETSNMP_DS_LIB_DONT_PERSIST_STATE,
		NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
		NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE,
		NETSNMP_DS_LIB_DONT_LOAD_HOST_FILES,
		NETSNMP_DS_LIB_ALARM_DONT_USE_SIG };

	/* It would complain on standard error of whatever it is sent. */
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG);
	setenv("MIBS", "", 1);
	for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
		netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, quiet[i], 1);
	init_snmp("smokebox");
}

/* --- asking ---------------------------------------------------------------------- */

/* The name of a column of ifTable or ifXTable. Its length. */
static size_t
column_oid(const struct snmp_column *c, oid name[COLUMN_LEN_MAX])
{
	static const oid table[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1 },
			 extension[] = { 1, 3, 6, 1, 2, 1, 31, 1, 1, 1 };
	size_t len = c->extension ? OID_LENGTH(extension) : OID_LENGTH(table);

	memcpy(name, c->extension ? extension : table, len * sizeof(oid));
	name[len] = c->number;
	return len + 1;
}

static void
end(struct snmpwalk *w, const char *why)
{
	w->pending = 0;
	event_del(w->timer);
	w->ops->done(w->ctx, why);
}

static int on_answer(
    int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic);

static void
post(struct snmpwalk *w, netsnmp_pdu *pdu)
{
	int id = snmp_sess_async_send(w->session, pdu, on_answer, w);

	if (id == 0) {
		int library = 0;

		snmp_sess_error(w->session, NULL, &library, NULL);
		snmp_free_pdu(pdu);
		end(w, snmp_api_errstring(library));
		return;
	}
	w->pending = id;
	w->deadline_ns = clock_mono_ns() + DEADLINE_NS;
	event_add(w->timer, &tick);
}

/* Ask an agent of version 3 for nothing, as nobody: it tells who it is (RFC 3414 4). */
static void
ask_engine(struct snmpwalk *w)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);

	pdu->version = SNMP_VERSION_3;
	pdu->securityName = strdup("");
	pdu->securityNameLen = 0;
	pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	pdu->securityModel = SNMP_SEC_MODEL_USM;
	post(w, pdu);
}

static void
ask(struct snmpwalk *w)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);

	snmp_add_null_var(pdu, uptime_oid, OID_LENGTH(uptime_oid));
	w->asked_count = 0;
	for (unsigned i = 0; i < w->columns; i++) {
		const struct cursor *c = &w->cursor[i];
		oid name[COLUMN_LEN_MAX + 1];

		if (c->over)
			continue;
		size_t len = column_oid(&c->column, name);
		if (c->after > 0)
			name[len++] = c->after;
		snmp_add_null_var(pdu, name, len);
		w->asked[w->asked_count++] = i;
	}
	if (w->asked_count == 0 || w->answers++ >= ANSWERS_MAX) {
		bool whole = w->asked_count == 0;

		snmp_free_pdu(pdu);
		end(w, whole ? NULL : "its tables do not come to an end");
		return;
	}
	pdu->non_repeaters = 1;
	pdu->max_repetitions =
	    w->asked_count > CELLS / 2 ? 1 : (long)(CELLS / w->asked_count);
	post(w, pdu);
}

void
snmpwalk_begin(struct snmpwalk *w, const struct snmp_column *column, unsigned count)
{
	w->columns = count < SNMPWALK_COLUMNS ? count : SNMPWALK_COLUMNS;
	for (unsigned i = 0; i < w->columns; i++)
		w->cursor[i] = (struct cursor){ .column = column[i] };
	w->answers = 0;
	if (w->v3 && !w->known)
		ask_engine(w);
	else
		ask(w);
}

/* --- answers --------------------------------------------------------------------- */

/* The value of V into CELL. False when it is of no use. */
static bool
value_of(const netsnmp_variable_list *v, struct snmp_cell *cell)
{
	switch (v->type) {
	case ASN_INTEGER:
		if (v->val_len != sizeof *v->val.integer || *v->val.integer < 0)
			return false;
		cell->number = (uint64_t)*v->val.integer;
		return true;
	case ASN_COUNTER:
	case ASN_GAUGE:
	case ASN_TIMETICKS:
		if (v->val_len != sizeof *v->val.integer)
			return false;
		cell->number = (uint32_t)*v->val.integer;
		return true;
	case ASN_COUNTER64:
		cell->number = (uint64_t)v->val.counter64->high << 32 |
			       (uint32_t)v->val.counter64->low;
		return true;
	case ASN_OCTET_STR:
		cell->text = true;
		cell->bytes = v->val.string;
		cell->len = v->val_len;
		return true;
	default:
		return false;
	}
}

/* V as an answer to the column of C, which goes on behind it, or is over. */
static void
take_cell(struct snmpwalk *w, unsigned column, const netsnmp_variable_list *v,
    struct snmp_cell *cell)
{
	struct cursor *c = &w->cursor[column];
	oid name[COLUMN_LEN_MAX];
	size_t len = column_oid(&c->column, name);

	if (c->over)
		return;
	if (v->type == SNMP_ENDOFMIBVIEW || v->type == SNMP_NOSUCHOBJECT ||
	    v->type == SNMP_NOSUCHINSTANCE || v->name_length != len + 1 ||
	    memcmp(v->name, name, len * sizeof(oid)) != 0 || v->name[len] <= c->after ||
	    v->name[len] > INT32_MAX || ++c->rows > SNMPWALK_ROWS) {
		c->over = true;
		return;
	}
	c->after = (uint32_t)v->name[len];
	cell->column = column;
	cell->index = c->after;
	cell->text = false;
	if (value_of(v, cell))
		w->ops->cell(w->ctx, cell);
}

static void
take_answer(struct snmpwalk *w, const netsnmp_pdu *pdu)
{
	const netsnmp_variable_list *v = pdu->variables;
	struct snmp_cell cell = { .time_ms = clock_wall_ns() / CLOCK_NS_PER_MS };
	unsigned at = 0;

	if (v == NULL) {
		end(w, "an empty answer");
		return;
	}
	if (v->type == ASN_TIMETICKS && v->name_length == OID_LENGTH(uptime_oid) + 1 &&
	    memcmp(v->name, uptime_oid, sizeof uptime_oid) == 0) {
		cell.has_uptime = true;
		cell.uptime = (uint32_t)*v->val.integer;
	}
	for (v = v->next_variable; v != NULL; v = v->next_variable, at++)
		take_cell(w, w->asked[at % w->asked_count], v, &cell);
	/* Whoever is not answered for is over: else it would be asked again and again.
	 */
	for (; at < w->asked_count; at++)
		w->cursor[w->asked[at]].over = true;
	ask(w);
}

/* The agent has told its engine's id: from here on we can be its user. */
static void
take_engine(struct snmpwalk *w, const netsnmp_pdu *pdu)
{
	netsnmp_session *s = snmp_sess_session(w->session);

	if (s->securityEngineIDLen == 0 && pdu->securityEngineIDLen > 0) {
		s->securityEngineID =
		    netsnmp_memdup(pdu->securityEngineID, pdu->securityEngineIDLen);
		s->securityEngineIDLen = pdu->securityEngineIDLen;
	}
	if (s->contextEngineIDLen == 0 && s->securityEngineIDLen > 0) {
		s->contextEngineID =
		    netsnmp_memdup(s->securityEngineID, s->securityEngineIDLen);
		s->contextEngineIDLen = s->securityEngineIDLen;
	}
	if (s->securityEngineIDLen == 0 ||
	    usm_create_user_from_session(s) != SNMPERR_SUCCESS) {
		end(w, "it does not tell its engine id, or that is none for this user");
		return;
	}
	w->known = true;
	ask(w);
}

/* Is it about the question that is open? An agent that cannot read a sealed question
 * reports without its id, and so comes an answer that we cannot read; libsnmp has seen
 * that the message's own number is right. */
static bool
is_ours(const struct snmpwalk *w, int op, int id, const netsnmp_pdu *pdu)
{
	if (w->pending == 0 || op == NETSNMP_CALLBACK_OP_RESEND ||
	    op == NETSNMP_CALLBACK_OP_CONNECT)
		return false;
	return id == w->pending ||
	       (w->v3 && (op == NETSNMP_CALLBACK_OP_SEC_ERROR ||
			     (op == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE &&
				 pdu != NULL && pdu->command == SNMP_MSG_REPORT)));
}

static int
on_answer(int op, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *magic)
{
	struct snmpwalk *w = magic;

	(void)session;
	if (!is_ours(w, op, id, pdu))
		return 1;
	/* Its clock began anew, and libsnmp asks again by the new one. */
	if (pdu != NULL && pdu->command == SNMP_MSG_REPORT && w->known &&
	    snmpv3_get_report_type(pdu) == SNMPERR_NOT_IN_TIME_WINDOW)
		return 1;
	if (op == NETSNMP_CALLBACK_OP_TIMED_OUT)
		end(w,
		    w->v3 ? "no answer" : "no answer, or another community is wanted");
	else if (op == NETSNMP_CALLBACK_OP_SEC_ERROR &&
		 (pdu == NULL || pdu->command != SNMP_MSG_REPORT))
		end(w, "an answer that is not sealed by the user's password");
	else if ((op != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE &&
		     op != NETSNMP_CALLBACK_OP_SEC_ERROR) ||
		 pdu == NULL)
		end(w, "cannot be asked: no way there");
	else if (pdu->command == SNMP_MSG_REPORT && w->v3 && !w->known)
		take_engine(w, pdu);
	else if (pdu->command == SNMP_MSG_REPORT)
		end(w, snmp_api_errstring(snmpv3_get_report_type(pdu)));
	else if (pdu->command != SNMP_MSG_RESPONSE || (w->v3 && !w->known))
		end(w, "an answer to another question");
	else if (pdu->errstat != SNMP_ERR_NOERROR)
		end(w, snmp_errstring((int)pdu->errstat));
	else
		take_answer(w, pdu);
	return 1;
}

/* --- the loop -------------------------------------------------------------------- */

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct snmpwalk *w = arg;
	netsnmp_large_fd_set set;

	(void)what;
	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	netsnmp_large_fd_setfd(fd, &set);
	snmp_sess_read2(w->session, &set);
	netsnmp_large_fd_set_cleanup(&set);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct snmpwalk *w = arg;

	(void)fd;
	(void)what;
	snmp_sess_timeout(w->session);
	if (w->pending != 0 && clock_mono_ns() >= w->deadline_ns)
		end(w, "no answer");
	if (w->pending != 0)
		event_add(w->timer, &tick);
}

/* --- logging in ------------------------------------------------------------------ */

/* "sha256" as libsnmp calls it: "SHA-256". Its number, or -1. */
static int
algorithm(const char *word, const char *family, int (*lookup)(const char *))
{
	char name[24];
	size_t len = strlen(family);

	if (strncasecmp(word, family, len) != 0)
		return lookup(word);
	snprintf(name, sizeof name, "%s%s%s", family, word[len] != '\0' ? "-" : "",
	    word + len);
	return lookup(name);
}

static int
key_of(const oid *auth, size_t auth_len, const char *password, u_char *key,
    size_t *key_len, struct err *err)
{
	*key_len = USM_AUTH_KU_LEN;
	if (generate_Ku(auth, (u_int)auth_len, (const u_char *)password,
		strlen(password), key, key_len) != SNMPERR_SUCCESS)
		return err_set(
		    err, "a password is no good, expected 8 letters or more");
	return 0;
}

static int
login_v3(netsnmp_session *s, const struct snmp_login *login, struct err *err)
{
	oid *name;
	size_t len;
	int type;

	s->version = SNMP_VERSION_3;
	s->securityModel = SNMP_SEC_MODEL_USM;
	s->securityName = (char *)login->user;
	s->securityNameLen = strlen(login->user);
	s->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
	if (login->context != NULL && *login->context != '\0') {
		s->contextName = (char *)login->context;
		s->contextNameLen = strlen(login->context);
	}
	if (login->auth == NULL)
		return 0;
	type = algorithm(login->auth, "SHA", usm_lookup_auth_type);
	name = type < 0 ? NULL : sc_get_auth_oid(type, &len);
	if (name == NULL)
		return err_set(err, "libsnmp here has no auth = %s", login->auth);
	s->securityAuthProto = name;
	s->securityAuthProtoLen = len;
	s->securityLevel = SNMP_SEC_LEVEL_AUTHNOPRIV;
	if (key_of(name, len, login->auth_password, s->securityAuthKey,
		&s->securityAuthKeyLen, err) < 0)
		return -1;
	if (login->privacy == NULL)
		return 0;
	type = algorithm(login->privacy, "AES", usm_lookup_priv_type);
	oid *privacy =
	    type < 0 ? NULL : sc_get_priv_oid(type, &s->securityPrivProtoLen);
	if (privacy == NULL)
		return err_set(err, "libsnmp here has no privacy = %s", login->privacy);
	s->securityPrivProto = privacy;
	s->securityLevel = SNMP_SEC_LEVEL_AUTHPRIV;
	return key_of(name, len, login->privacy_password, s->securityPrivKey,
	    &s->securityPrivKeyLen, err);
}

static int
log_in(struct snmpwalk *w, const struct addr *address, const struct snmp_login *login,
    struct err *err)
{
	netsnmp_session s;
	char host[ADDR_TEXT + 8];
	size_t len;
	int status = 0;

	snmp_sess_init(&s);
	len = (size_t)snprintf(host, sizeof host,
	    "%s:", address->sa.sa_family == AF_INET6 ? "udp6" : "udp");
	addr_text_port(address, host + len);
	s.peername = host;
	s.timeout = TIMEOUT_US;
	s.retries = RETRIES;
	s.flags |= SNMP_FLAGS_DONT_PROBE; /* that would wait for the answer */
	if (login->v3) {
		status = login_v3(&s, login, err);
	} else {
		s.version = SNMP_VERSION_2c;
		s.community = (u_char *)login->community;
		s.community_len = strlen(login->community);
	}
	if (status == 0) {
		w->session = snmp_sess_open(&s);
		if (w->session == NULL)
			status = err_set(
			    err, "%s: %s", host, snmp_api_errstring(s.s_snmp_errno));
	}
	explicit_bzero(s.securityAuthKey, sizeof s.securityAuthKey);
	explicit_bzero(s.securityPrivKey, sizeof s.securityPrivKey);
	return status;
}

struct snmpwalk *
snmpwalk_new(struct event_base *base, const struct addr *address,
    const struct snmp_login *login, const struct snmpwalk_ops *ops, void *ctx,
    struct err *err)
{
	struct snmpwalk *w = mem_zero(1, sizeof *w);

	w->ops = ops;
	w->ctx = ctx;
	w->v3 = login->v3;
	if (log_in(w, address, login, err) < 0) {
		free(w);
		return NULL;
	}
	w->timer = event_new(base, -1, 0, on_tick, w);
	w->readable = event_new(base, snmp_sess_transport(w->session)->sock,
	    EV_READ | EV_PERSIST, on_readable, w);
	if (w->timer == NULL || w->readable == NULL ||
	    event_add(w->readable, NULL) != 0)
		fatalx("no event for SNMP");
	return w;
}

void
snmpwalk_free(struct snmpwalk *w)
{
	netsnmp_session *s;
	struct usmUser *user;

	if (w == NULL)
		return;
	event_free(w->readable);
	event_free(w->timer);
	w->pending = 0;
	s = snmp_sess_session(w->session);
	/* Its keys would stay, also for who comes with another password. */
	if (w->known && (user = usm_get_user(s->securityEngineID,
			     s->securityEngineIDLen, s->securityName)) != NULL) {
		usm_remove_user(user);
		usm_free_user(user);
	}
	snmp_sess_close(w->session);
	free(w);
}
