/* Logins at RADIUS and TACACS+ servers of the test's own, and where their passwords
 * come from. The servers are written apart from what they test. */
#include "t/peer.h"
#include "t/tap.h"
#include "t/testhost.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/radiuswire.h"
#include "probes/secrets.h"
#include "probes/tacacswire.h"

#define MS CLOCK_NS_PER_MS
#define SECRET "xyzzy5461"

/* --- RADIUS on the wire: RFC 2865 section 7.1 ------------------------------------ */

static const uint8_t rfc_authenticator[16] = { 0x0f, 0x40, 0x3f, 0x94, 0x73, 0x97, 0x80,
	0x57, 0xbd, 0x83, 0xd5, 0xcb, 0x98, 0xf4, 0x22, 0x7a };
static const uint8_t rfc_hidden[16] = { 0x0d, 0xbe, 0x70, 0x8d, 0x93, 0xd4, 0x13, 0xce,
	0x31, 0x96, 0xe4, 0x3f, 0x78, 0x2a, 0x0a, 0xee };
static const uint8_t rfc_accept[38] = { 0x02, 0x00, 0x00, 0x26, 0x86, 0xfe, 0x22, 0x0e,
	0x76, 0x24, 0xba, 0x2a, 0x10, 0x05, 0xf6, 0xbf, 0x9b, 0x55, 0xe0, 0xb2, 0x06,
	0x06, 0x00, 0x00, 0x00, 0x01, 0x0f, 0x06, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x06,
	0xc0, 0xa8, 0x01, 0x03 };

static void
test_radius_wire(void)
{
	uint8_t hidden[RADIUS_PASSWORD], code, packet[64];

	ok(radius_hide(hidden, "arctangent", SECRET, rfc_authenticator) == 16 &&
		memcmp(hidden, rfc_hidden, 16) == 0,
	    "the password is hidden as in RFC 2865");
	is_int(radius_hide(hidden, "0123456789abcdef0", SECRET, rfc_authenticator), 32,
	    "a longer one in two pieces");
	memcpy(packet, rfc_accept, sizeof rfc_accept);
	ok(radius_answer(packet, 38, 0, rfc_authenticator, SECRET, &code) ==
		    RADIUS_ANSWER &&
		code == RADIUS_ACCEPT,
	    "the RFC's Access-Accept");
	ok(radius_answer(packet, 40, 0, rfc_authenticator, SECRET, &code) ==
		RADIUS_ANSWER,
	    "with padding behind");
	ok(radius_answer(packet, 38, 1, rfc_authenticator, SECRET, &code) ==
		RADIUS_STRANGE,
	    "another id");
	ok(radius_answer(packet, 38, 0, rfc_authenticator, "xyzzy", &code) ==
		RADIUS_UNSIGNED,
	    "another secret");
	ok(radius_answer(packet, 37, 0, rfc_authenticator, SECRET, &code) ==
		RADIUS_STRANGE,
	    "cut off");
	packet[21] = 7;
	ok(radius_answer(packet, 38, 0, rfc_authenticator, SECRET, &code) ==
		RADIUS_STRANGE,
	    "attributes that do not add up");
	packet[21] = 6;
	packet[37] ^= 1;
	ok(radius_answer(packet, 38, 0, rfc_authenticator, SECRET, &code) ==
		RADIUS_UNSIGNED,
	    "changed on the way");
}

/* --- a RADIUS server ------------------------------------------------------------- */

/* The attribute TYPE of the packet, its value's length in LEN; NULL when it has none.
 */
static const uint8_t *
attribute(const uint8_t *packet, size_t size, uint8_t type, size_t *len)
{
	for (size_t at = 20; at + 2 <= size; at += packet[at + 1])
		if (packet[at] == type) {
			*len = packet[at + 1] - 2U;
			return packet + at + 2;
		}
	return NULL;
}

static bool
request_is_proven(const uint8_t *packet, size_t size)
{
	uint8_t copy[4096], digest[16];
	size_t len;
	const uint8_t *mac = attribute(packet, size, 80, &len);
	struct hmac_md5_ctx hmac;

	if (mac == NULL || len != 16)
		return false;
	memcpy(copy, packet, size);
	memset(copy + (mac - packet), 0, 16);
	hmac_md5_set_key(&hmac, strlen(SECRET), (const uint8_t *)SECRET);
	hmac_md5_update(&hmac, size, copy);
	hmac_md5_digest(&hmac, 16, digest);
	return memcmp(digest, mac, 16) == 0;
}

/* The password shorter than 17 letters is EXPECTED. */
static bool
password_is(const uint8_t *packet, size_t size, const char *expected)
{
	size_t len;
	const uint8_t *hidden = attribute(packet, size, 2, &len);
	uint8_t pad[16], clear[17] = { 0 };
	struct md5_ctx md5;

	if (hidden == NULL || len != 16)
		return false;
	md5_init(&md5);
	md5_update(&md5, strlen(SECRET), (const uint8_t *)SECRET);
	md5_update(&md5, 16, packet + 4);
	md5_digest(&md5, 16, pad);
	for (int i = 0; i < 16; i++)
		clear[i] = hidden[i] ^ pad[i];
	return strcmp((char *)clear, expected) == 0;
}

static void
sign_answer(uint8_t *answer, size_t len, const uint8_t *request, bool proven)
{
	struct hmac_md5_ctx hmac;
	struct md5_ctx md5;

	memcpy(answer + 4, request + 4, 16);
	if (proven) {
		hmac_md5_set_key(&hmac, strlen(SECRET), (const uint8_t *)SECRET);
		hmac_md5_update(&hmac, len, answer);
		hmac_md5_digest(&hmac, 16, answer + 22);
	}
	md5_init(&md5);
	md5_update(&md5, len, answer);
	md5_update(&md5, strlen(SECRET), (const uint8_t *)SECRET);
	md5_digest(&md5, 16, answer + 4);
}

/* Users: nemo may come in, proof with a Message-Authenticator, wrongproof with a wrong
 * one, more is asked for more; nobody else. */
static ssize_t
radius_server(const uint8_t *q, size_t size, uint8_t *a, size_t room, unsigned times)
{
	size_t len = 0, user_len = 0;
	const uint8_t *user = attribute(q, size, 1, &user_len);
	char name[254] = "";

	(void)room, (void)times;
	if (q[0] != 1 || (size_t)(q[2] << 8 | q[3]) != size || user == NULL ||
	    !request_is_proven(q, size))
		return 0;
	memcpy(name, user, user_len);
	bool proof = strstr(name, "proof") != NULL;
	a[0] = strcmp(name, "more") == 0	    ? 11
	       : password_is(q, size, "arctangent") ? 2
						    : 3;
	a[1] = q[1];
	len = 20;
	if (proof) {
		a[20] = 80;
		a[21] = 18;
		memset(a + 22, 0, 16);
		len = 38;
	}
	a[2] = 0;
	a[3] = (uint8_t)len;
	sign_answer(a, len, q, strcmp(name, "proof") == 0);
	return (ssize_t)len;
}

/* --- a TACACS+ server ------------------------------------------------------------ */

static void
veil(uint8_t *packet, size_t body, const char *secret)
{
	uint8_t pad[16];

	for (size_t at = 0; at < body; at++) {
		struct md5_ctx md5;
		if (at % 16 == 0) {
			md5_init(&md5);
			md5_update(&md5, 4, packet + 4);
			md5_update(&md5, strlen(secret), (const uint8_t *)secret);
			md5_update(&md5, 1, packet);
			md5_update(&md5, 1, packet + 2);
			if (at > 0)
				md5_update(&md5, 16, pad);
			md5_digest(&md5, 16, pad);
		}
		packet[12 + at] ^= pad[at % 16];
	}
}

static size_t
tacacs_answer(const uint8_t *q, uint8_t *a, uint8_t status, const char *message)
{
	size_t len = strlen(message);

	memcpy(a, q, 8);
	a[2]++;
	a[3] = 0;
	a[8] = a[9] = a[10] = 0;
	a[11] = (uint8_t)(6 + len);
	a[12] = status;
	a[13] = a[14] = a[16] = a[17] = 0;
	a[15] = (uint8_t)len;
	memcpy(a + 18, message, len);
	veil(a, 6 + len, SECRET);
	return 18 + len;
}

static bool
chap_is_right(const uint8_t *data)
{
	uint8_t digest[16];
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, 1, data);
	md5_update(&md5, 10, (const uint8_t *)"arctangent");
	md5_update(&md5, 16, data + 1);
	md5_digest(&md5, 16, digest);
	return memcmp(digest, data + 17, 16) == 0;
}

/* What it says of the login that begins. User "nobody" is asked for a name first, and
 * "again" for ever; "error" is told of one, "follow" is sent elsewhere. */
static ssize_t
tacacs_login(const uint8_t *q, const uint8_t *body, size_t len, uint8_t *a)
{
	uint8_t user_len = body[4], port_len = body[5], data_len = body[7];
	const uint8_t *data = body + 8 + user_len + port_len;
	char user[254] = "";

	if (len != 8U + user_len + port_len + data_len || body[0] != 1 || body[3] != 1)
		return -1;
	memcpy(user, body + 8, user_len);
	if (strcmp(user, "error") == 0)
		return (ssize_t)tacacs_answer(q, a, 7, "database\n down");
	if (strcmp(user, "follow") == 0)
		return (ssize_t)tacacs_answer(q, a, 0x21, "");
	if (body[2] == 1)
		return (ssize_t)tacacs_answer(
		    q, a, strcmp(user, "nobody") == 0 ? 4 : 5, "Password: ");
	bool good = body[2] == 2 ? data_len == 10 && memcmp(data, "arctangent", 10) == 0
				 : data_len == 33 && chap_is_right(data);
	return (ssize_t)tacacs_answer(q, a, good ? 1 : 2, good ? "" : "not you");
}

static ssize_t
tacacs_server(const uint8_t *heard, size_t len, uint8_t *a, size_t room, unsigned times)
{
	static uint8_t q[4096];
	static bool again, name;

	(void)room;
	if (len < 12 || len > sizeof q || heard[1] != 1 || heard[11] + 12U != len)
		return -1;
	memcpy(q, heard, len);
	veil(q, len - 12, SECRET);
	if (times == 0) {
		again = memmem(q, len, "again", 5) != NULL;
		name = memmem(q, len, "nobody", 6) != NULL;
		return tacacs_login(q, q + 12, len - 12, a);
	}
	if (again)
		return (ssize_t)tacacs_answer(q, a, 5, "Password: ");
	if (name) {
		name = false;
		return (ssize_t)tacacs_answer(q, a, 5, "Password: ");
	}
	bool good = len == 12 + 5 + 10 && memcmp(q + 17, "arctangent", 10) == 0;
	return (ssize_t)tacacs_answer(q, a, good ? 1 : 2, "");
}

/* --- logins ---------------------------------------------------------------------- */

struct login {
	const char *what, *user, *password, *secret, *key, *value;
	enum ping_outcome outcome;
	const char *detail;
};

/* clang-format off */
static const struct login radius_logins[] = {
	{ "the right password", "nemo", "arctangent", SECRET, NULL, NULL, PING_ANSWERED, NULL },
	{ "a NAS with an address", "nemo", "arctangent", SECRET, "nas_ip_address", "192.0.2.1",
	    PING_ANSWERED, NULL },
	{ "an answer with proof", "proof", "arctangent", SECRET, NULL, NULL, PING_ANSWERED, NULL },
	{ "an answer with a wrong proof", "wrongproof", "arctangent", SECRET, NULL, NULL, PING_OPEN,
	    "the server's answer is not signed with our secret" },
	{ "a wrong password", "nemo", "sine", SECRET, NULL, NULL, PING_BAD_ANSWER,
	    "the server rejects the login (Access-Reject)" },
	{ "allowreject", "nemo", "sine", SECRET, "allowreject", "true", PING_ANSWERED, NULL },
	{ "a challenge", "more", "arctangent", SECRET, NULL, NULL, PING_BAD_ANSWER,
	    "the server wants more than a password (Access-Challenge)" },
	{ "another secret", "nemo", "arctangent", "other", NULL, NULL, PING_OPEN, NULL },
};
static const struct login tacacs_logins[] = {
	{ "ASCII", "nemo", "arctangent", SECRET, NULL, NULL, PING_ANSWERED, NULL },
	{ "ASCII with a question for the name", "nobody", "arctangent", SECRET, NULL, NULL,
	    PING_ANSWERED, NULL },
	{ "PAP", "nemo", "arctangent", SECRET, "authtype", "PAP", PING_ANSWERED, NULL },
	{ "CHAP", "nemo", "arctangent", SECRET, "authtype", "CHAP", PING_ANSWERED, NULL },
	{ "ASCII, wrong", "nemo", "sine", SECRET, NULL, NULL, PING_BAD_ANSWER,
	    "the server denies the login" },
	{ "PAP, wrong", "nemo", "sine", SECRET, "authtype", "PAP", PING_BAD_ANSWER,
	    "the server denies the login: not you" },
	{ "CHAP, wrong", "nemo", "sine", SECRET, "authtype", "CHAP", PING_BAD_ANSWER,
	    "the server denies the login: not you" },
	{ "questions without end", "again", "arctangent", SECRET, NULL, NULL, PING_BAD_ANSWER,
	    "the server asks again and again" },
	{ "an error", "error", "arctangent", SECRET, NULL, NULL, PING_BAD_ANSWER,
	    "the server has an error: database? down" },
	{ "another server", "follow", "arctangent", SECRET, NULL, NULL, PING_BAD_ANSWER,
	    "the server wants something else than a password (status 33)" },
	{ "another secret", "nemo", "arctangent", "other", "authtype", "PAP", PING_CUT_OFF,
	    "it hung up before its answer" },
};
/* clang-format on */

static void
test_login(const char *module, int type, peer_answer_fn server, const struct login *l)
{
	struct peer p = peer_answers("127.0.0.1", type, server);
	const char *const vars[] = { "port", p.port, "username", l->user, "password",
		l->password, "secret", l->secret, l->key, l->value, NULL };
	struct err err;
	struct test_run *r = testhost_run(module, "127.0.0.1", NULL, vars, &err);

	if (r == NULL) {
		ok(false, "%s: %s: %s", module, l->what, err.text);
		peer_end(&p, NULL, 0);
		return;
	}
	if (l->outcome == PING_OPEN)
		r->run.timeout_ns = 500 * MS;
	struct test_ping *ping =
	    testhost_ping(r, 0, l->outcome == PING_OPEN ? 550 : 5000);
	if (!ok(ping->outcome == l->outcome, "%s: %s: %s", module, l->what,
		ping_outcome_word(ping->outcome)))
		printf("# %s\n", r->run.detail == NULL ? "" : r->run.detail);
	char *detail = NULL;
	r->run.type->end(&r->run);
	detail = r->run.detail;
	if (l->detail != NULL)
		is_str(detail, l->detail, "and says so");
	else
		ok(detail == NULL, "and nothing is said");
	testhost_end(r);
	peer_end(&p, NULL, 0);
}

/* Our request has to be there before the reply: only the exchange is timed. */
static void
test_tacacs_wire(void)
{
	struct tacacs_session s = { SECRET, 0x01020304, TACACS_ASCII, 1 };
	const uint8_t head[12] = { 0xc0, 1, 2, 0, 1, 2, 3, 4, 0, 0, 0, 6 };
	uint8_t packet[18] = { 0 };
	struct tacacs_reply r;

	is_int(tacacs_length(head, 11, &s), 0, "half a head");
	is_int(tacacs_length(head, 12, &s), 18, "a whole one");
	memcpy(packet, head, 12);
	packet[12] = TACACS_PASS;
	veil(packet, 6, SECRET);
	ok(tacacs_read(&r, packet, 18, &s) == 0 && r.status == TACACS_PASS, "PASS");
	s.secret = "other";
	ok(tacacs_read(&r, packet, 18, &s) != 0, "another secret");
	for (int i = 0; i < 8; i++) {
		memcpy(packet, head, 12);
		packet[i] ^= i == 3 ? 1 : 0x20;
		is_int(tacacs_length(packet, 12, &s), -1, "another byte");
	}
	packet[8] = 1;
	is_int(tacacs_length(packet, 12, &s), -1, "16 MB");
}

/* --- where passwords come from --------------------------------------------------- */

static char dir[] = "/tmp/smokebox-login.XXXXXX";
static char path[64];

static void
write_file(const char *text, mode_t mode)
{
	FILE *out;

	snprintf(path, sizeof path, "%s/words", dir);
	unlink(path);
	out = fopen(path, "w");
	if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0 ||
	    chmod(path, mode) != 0)
		exit(1);
}

/* The options of one with these variables are refused because of WHY. */
static void
refuses(const char *const *vars, const char *why, const char *what)
{
	struct err err = { "" };
	struct test_run *r = testhost_run("Radius", "127.0.0.1", NULL, vars, &err);

	ok(r == NULL, "%s", what);
	is_str(err.text, why, "is refused");
	if (r != NULL)
		testhost_end(r);
}

/* The login works with these variables; the target says REMARK all the same. */
static void
works(const char *const *more, const char *remark, const char *what)
{
	struct peer p = peer_answers("127.0.0.1", SOCK_DGRAM, radius_server);
	const char *vars[20] = { "port", p.port, "username", "nemo" };
	struct err err;
	size_t n = 4;

	while (*more != NULL)
		vars[n++] = *more++;
	struct test_run *r = testhost_run("Radius", "127.0.0.1", NULL, vars, &err);
	if (!ok(r != NULL, "%s", what)) {
		printf("# %s\n", err.text);
		peer_end(&p, NULL, 0);
		return;
	}
	ok(testhost_ping(r, 0, 5000)->outcome == PING_ANSWERED, "%s: works", what);
	if (remark == NULL)
		ok(r->run.detail == NULL, "%s: nothing to say", what);
	else
		is_str(r->run.detail, remark, what);
	testhost_end(r);
	peer_end(&p, NULL, 0);
}

static void
test_sources(void)
{
	char remark[160], why[160];

	if (mkdtemp(dir) == NULL)
		exit(1);
	write_file("# host:user:password\n\n127.0.0.2:nemo:sine\nbroken\n"
		   "127.0.0.1:other:sine\n127.0.0.1:nemo:arctangent:and more\n",
	    0600);
	const char *const file[] = { "secret", SECRET, "passwordfile", path, NULL };
	works(file, NULL, "a password of a file");
	const char *const over[] = { "secret", SECRET, "passwordfile", path,
		":password", "sine", NULL };
	works(over, NULL, "it comes before that of the probe");
	const char *const own[] = { "secret", SECRET, "passwordfile",
		"/nonexistent/words", ":password", "sine", "password", "arctangent",
		NULL };
	works(own, NULL, "that of the target comes before it");
	chmod(path, 0644);
	snprintf(remark, sizeof remark,
	    "passwordfile %s can be read by everybody, expected chmod o-r", path);
	works(file, remark, "one that everybody can read");
	write_file("127.0.0.9 other\n 127.0.0.1   " SECRET " ignored\n", 0600);
	const char *const secret[] = { "password", "arctangent", "secretfile", path,
		NULL };
	works(secret, NULL, "a secret of a file");

	const char *const missing[] = { "username", "nemo", "secret", SECRET,
		"passwordfile", "/nonexistent/words", NULL };
	refuses(missing, "passwordfile /nonexistent/words: No such file or directory",
	    "a file that is not there");
	const char *const directory[] = { "username", "nemo", "secret", SECRET,
		"passwordfile", dir, NULL };
	snprintf(why, sizeof why, "passwordfile %s: expected a file", dir);
	refuses(directory, why, "a directory");
	char fifo[120];
	snprintf(fifo, sizeof fifo, "%s/pipe", dir);
	const char *const pipe[] = { "username", "nemo", "secret", SECRET,
		"passwordfile", fifo, NULL };
	snprintf(why, sizeof why, "passwordfile %s: expected a file", fifo);
	if (mkfifo(fifo, 0600) == 0)
		refuses(pipe, why, "a pipe that nobody writes to, without waiting");
	unlink(fifo);
	const char *const nobody[] = { "username", "nobody", "secret", SECRET,
		"passwordfile", path, NULL };
	snprintf(why, sizeof why,
	    "no password: expected the variable password, or a line for nobody at "
	    "127.0.0.1 in %s",
	    path);
	refuses(nobody, why, "a user who is not in it");
	const char *const none[] = { "username", "nemo", NULL };
	refuses(none,
	    "no secret: expected the variable secret, or a file named by secretfile",
	    "no secret at all");
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	test_radius_wire();
	test_tacacs_wire();
	testhost_netns();
	testhost_open(&probe_dialog);
	for (size_t i = 0; i < sizeof radius_logins / sizeof *radius_logins; i++)
		test_login("Radius", SOCK_DGRAM, radius_server, &radius_logins[i]);
	for (size_t i = 0; i < sizeof tacacs_logins / sizeof *tacacs_logins; i++)
		test_login("TacacsPlus", SOCK_STREAM, tacacs_server, &tacacs_logins[i]);
	test_sources();
	testhost_close();
	return tap_done();
}
