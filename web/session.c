#include "web/session.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store.h"
#include "web/client.h"
#include "web/http.h"
#include "web/request.h"

#define PASSWORD_MAX 256 /* bytes of one; crypt() takes up to 511 */
#define SESSIONS 64	 /* at once; the one opened first goes */
#define SESSION_S (30 * 86400)
#define ID 32 /* bytes */

/* After so many wrong ones a peer is locked, for a minute and each time twice as long.
 */
#define TRIES 5
#define LOCK_S 60
#define LOCK_LONGEST_S 3600
/* As long without a try, and half of its wrong ones are forgotten. */
#define QUIET_S 3600
#define PEERS 256
/* Looking takes a part of a second of the whole worker: of wrong ones of all peers, no
 * more than that. Whoever knew the password before is heard all the same, so that
 * nobody keeps its owner out by guessing from many addresses. */
#define ALL_TRIES 20
#define ALL_S 60

static struct {
	struct {
		uint8_t id[ID], token[ID];
		int64_t until_ns; /* monotonic; 0: none */
	} session[SESSIONS];
	unsigned next;
	struct stat file; /* of the password that the sessions were opened by */
	struct {
		char peer[ADDR_TEXT];
		unsigned wrong;
		int64_t last_ns, until_ns;
		bool known; /* it knew the password before */
	} peer[PEERS];
	int64_t tries_since_ns;
	unsigned tries;
} all;

/* --- the password ----------------------------------------------------------------- */

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool
session_wanted(void)
{
	struct stat st;

	/* What cannot be looked at is not taken for none. */
	if (lstat(STORE_PASSWORD, &st) < 0)
		return errno != ENOENT;
	if (!same_file(&st, &all.file)) {
		memset(all.session, 0, sizeof all.session);
		for (size_t i = 0; i < PEERS; i++)
			all.peer[i].known = false;
		all.file = st;
	}
	return true;
}

/* Bytes that differ, in a time that does not tell where. */
static unsigned
differ(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	unsigned d = 0;

	for (size_t i = 0; i < len; i++)
		d |= x[i] ^ y[i];
	return d;
}

static bool
is_right(const char *password)
{
	char hash[CRYPT_OUTPUT_SIZE] = "";
	int fd = open(STORE_PASSWORD, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, hash, sizeof hash - 1);
	struct crypt_data *data = mem_zero(1, sizeof *data);

	if (fd >= 0)
		close(fd);
	hash[n > 0 ? n : 0] = '\0';
	hash[strcspn(hash, "\r\n")] = '\0';
	/* What crypt() cannot do begins with '*'. */
	const char *got = crypt_r(password, hash, data);
	bool right = got != NULL && got[0] != '*' && strlen(got) == strlen(hash) &&
		     differ(got, hash, strlen(hash)) == 0;
	explicit_bzero(data, sizeof *data);
	free(data);
	explicit_bzero(hash, sizeof hash);
	return right;
}

/* --- lock-out --------------------------------------------------------------------- */

/* Whose tries are counted together: those of an address, or of what is one site's in
 * IPv6, where a host chooses among many; the client's, where a proxy of ours tells it.
 */
static void
name_peer(const struct request *r, char peer[ADDR_TEXT])
{
	struct addr a;

	if (client_address(r, &a) != 0) {
		request_peer(r, peer);
		return;
	}
	if (a.sa.sa_family == AF_INET6) {
		memset(a.v6.sin6_addr.s6_addr + 8, 0, 8);
		a.v6.sin6_scope_id = 0;
	}
	addr_text(&a, peer);
}

/* Is it better to forget peer A than B? */
static bool
is_lesser(size_t a, size_t b)
{
	return all.peer[a].known != all.peer[b].known
		   ? all.peer[b].known
		   : all.peer[a].last_ns < all.peer[b].last_ns;
}

/* The place of R's peer, which takes that of the one heard of longest ago. */
static size_t
peer_of(const struct request *r)
{
	char peer[ADDR_TEXT];
	size_t oldest = 0;

	name_peer(r, peer);
	for (size_t i = 0; i < PEERS; i++) {
		if (strcmp(all.peer[i].peer, peer) == 0)
			return i;
		if (is_lesser(i, oldest))
			oldest = i;
	}
	memset(&all.peer[oldest], 0, sizeof all.peer[oldest]);
	snprintf(all.peer[oldest].peer, ADDR_TEXT, "%s", peer);
	return oldest;
}

/* For how many seconds more is peer AT, or everybody, not listened to? */
static unsigned
locked_for(size_t at, int64_t now)
{
	int64_t until = all.peer[at].until_ns;

	if (now - all.tries_since_ns > ALL_S * CLOCK_NS_PER_S ||
	    all.tries_since_ns == 0) {
		all.tries_since_ns = now;
		all.tries = 0;
	}
	if (all.tries >= ALL_TRIES && !all.peer[at].known &&
	    until < all.tries_since_ns + ALL_S * CLOCK_NS_PER_S)
		until = all.tries_since_ns + ALL_S * CLOCK_NS_PER_S;
	return until > now ? (unsigned)((until - now) / CLOCK_NS_PER_S) + 1 : 0;
}

/* Peer AT tries again. */
static void
note_try(size_t at, int64_t now)
{
	int64_t quiet = (now - all.peer[at].last_ns) / (QUIET_S * CLOCK_NS_PER_S);

	all.peer[at].wrong = quiet < 32 ? all.peer[at].wrong >> quiet : 0;
	all.peer[at].last_ns = now;
}

static void
note_wrong(size_t at, int64_t now)
{
	static struct log_limit limit;
	unsigned wrong = ++all.peer[at].wrong;
	int64_t seconds = LOCK_S;

	if (wrong % TRIES != 0)
		return;
	for (unsigned i = 1; i < wrong / TRIES && seconds < LOCK_LONGEST_S; i++)
		seconds *= 2;
	if (seconds > LOCK_LONGEST_S)
		seconds = LOCK_LONGEST_S;
	all.peer[at].until_ns = now + seconds * CLOCK_NS_PER_S;
	if (log_allowed(&limit, 60, NULL))
		log_warnx(
		    "%s gave %u wrong passwords, and is not listened to for %lld s",
		    all.peer[at].peer, wrong, (long long)seconds);
}

/* --- sessions --------------------------------------------------------------------- */

/* The id in R's cookie. False when there is none. */
static bool
cookie_id(const struct request *r, uint8_t id[ID])
{
	const char *at = request_header(r, "Cookie");
	size_t len = strlen(SESSION_COOKIE "=");

	while (at != NULL && strncmp(at, SESSION_COOKIE "=", len) != 0) {
		at = strchr(at, ';');
		at = at != NULL ? at + 1 + strspn(at + 1, " ") : NULL;
	}
	if (at == NULL || strspn(at + len, "0123456789abcdef") != 2 * ID ||
	    strchr("; ", at[len + 2 * ID]) == NULL) /* these, or the end */
		return false;
	for (unsigned i = 0; i < ID; i++) {
		char byte[3] = { at[len + 2 * i], at[len + 2 * i + 1], '\0' };
		id[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return true;
}

/* The place of R's session, or -1. */
static int
session_at(const struct request *r)
{
	uint8_t id[ID];
	int at = -1;

	if (!session_wanted() || !cookie_id(r, id))
		return -1;
	for (int i = 0; i < SESSIONS; i++)
		if (differ(id, all.session[i].id, ID) == 0 &&
		    all.session[i].until_ns > clock_mono_ns())
			at = i;
	return at;
}

bool
session_is_open(const struct request *r)
{
	return session_at(r) >= 0;
}

bool
session_token(const struct request *r, char token[SESSION_TOKEN])
{
	int at = session_at(r);

	_Static_assert(SESSION_TOKEN == 2 * ID + 1, "as text");
	if (at < 0)
		return false;
	for (unsigned i = 0; i < ID; i++)
		sprintf(token + 2 * i, "%02x", all.session[at].token[i]);
	return true;
}

bool
session_token_fits(const struct request *r)
{
	return session_token_is(r, request_arg(r, "token"));
}

bool
session_token_is(const struct request *r, const char *got)
{
	char token[SESSION_TOKEN];

	return got != NULL && session_token(r, token) && strlen(got) == 2 * ID &&
	       differ(got, token, 2 * ID) == 0;
}

static void
set_cookie(struct request *r, const char *value, int seconds)
{
	char *text = mem_printf(SESSION_COOKIE "=%s; Path=%s/; Max-Age=%d; HttpOnly; "
					       "SameSite=Strict%s",
	    value, request_base(), seconds, client_is_tls(r) ? "; Secure" : "");

	request_set_header(r, "Set-Cookie", text);
	free(text);
}

enum session_try
session_open(struct request *r, const char *password, unsigned *seconds)
{
	int64_t now = clock_mono_ns();
	size_t at = peer_of(r);
	char text[2 * ID + 1];

	note_try(at, now);
	*seconds = locked_for(at, now);
	if (*seconds > 0)
		return SESSION_LOCKED;
	if (!session_wanted() || strlen(password) > PASSWORD_MAX ||
	    !is_right(password)) {
		all.tries++;
		note_wrong(at, now);
		return SESSION_WRONG;
	}
	all.peer[at].wrong = 0;
	all.peer[at].known = true;
	unsigned place = all.next++ % SESSIONS;
	if (getrandom(all.session[place].id, ID, 0) != ID ||
	    getrandom(all.session[place].token, ID, 0) != ID)
		fatal("getrandom");
	all.session[place].until_ns = now + SESSION_S * CLOCK_NS_PER_S;
	for (unsigned i = 0; i < ID; i++)
		sprintf(text + 2 * i, "%02x", all.session[place].id[i]);
	set_cookie(r, text, SESSION_S);
	return SESSION_OPENED;
}

void
session_close(struct request *r)
{
	int at = session_at(r);

	if (at >= 0)
		memset(&all.session[at], 0, sizeof all.session[at]);
	set_cookie(r, "", 0);
}
