#include "probes/directoryio.h"

#include <errno.h>
#include <openldap.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* One message of an answer: an entry with a picture fits. */
#define DIRECTORY_MESSAGE (256 * 1024)
/* How every message begins: RFC 4511 section 4.1.1, X.690 section 8.9. */
#define DIRECTORY_SEQUENCE 0x30

static int
directoryio_setup(Sockbuf_IO_Desc *d, void *arg)
{
	d->sbiod_pvt = arg;
	return 0;
}

static int
directoryio_nothing(Sockbuf_IO_Desc *d)
{
	(void)d;
	return 0;
}

static int
directoryio_ctrl(Sockbuf_IO_Desc *d, int opt, void *arg)
{
	const struct directoryio *io = d->sbiod_pvt;

	(void)arg;
	return opt == LBER_SB_OPT_DATA_READY && io->tls != NULL &&
	       tlsline_pending(io->tls);
}

/* Remember what broke: libldap says no more than that the server is down. */
static ber_slen_t
directoryio_result(struct directoryio *io, ssize_t n)
{
	if (n < 0 && errno != EAGAIN && errno != EINTR && io->error == 0)
		io->error = errno;
	return n;
}

static ber_slen_t
directoryio_read(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	struct directoryio *io = d->sbiod_pvt;
	ssize_t n = io->tls != NULL ? tlsline_read(io->tls, buf, len, io->why)
				    : recv(io->fd, buf, len, 0);

	/* Whoever speaks something else is not waited for until a length is complete.
	 */
	if (n > 0 && !io->begun && *(const unsigned char *)buf != DIRECTORY_SEQUENCE) {
		snprintf(io->why, sizeof io->why, "what the server answers is no LDAP");
		errno = EPROTO;
		n = -1;
	}
	io->begun = io->begun || n > 0;
	io->ended = io->ended || n == 0;
	return directoryio_result(io, n);
}

static ber_slen_t
directoryio_write(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
	struct directoryio *io = d->sbiod_pvt;

	return directoryio_result(io, io->tls != NULL
					  ? tlsline_write(io->tls, buf, len, io->why)
					  : send(io->fd, buf, len, MSG_NOSIGNAL));
}

static Sockbuf_IO directoryio_calls = {
	.sbi_setup = directoryio_setup,
	.sbi_remove = directoryio_nothing,
	.sbi_ctrl = directoryio_ctrl,
	.sbi_read = directoryio_read,
	.sbi_write = directoryio_write,
	.sbi_close = directoryio_nothing,
};

LDAP *
directoryio_open(struct directoryio *io, int version, int *code)
{
	ber_len_t most = DIRECTORY_MESSAGE;
	Sockbuf *sb = NULL;
	LDAP *ld = NULL;

	/* The URL is for where to connect anew, which never happens here. */
	*code = ldap_init_fd(io->fd, LDAP_PROTO_EXT, "ldap://127.0.0.1:1/", &ld);
	if (*code != LDAP_SUCCESS)
		return NULL;
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF); /* would connect */
	ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_OFF);
	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) != LDAP_OPT_SUCCESS ||
	    ber_sockbuf_add_io(sb, &directoryio_calls, LBER_SBIOD_LEVEL_PROVIDER, io) !=
		0 ||
	    ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most) != 1) {
		ldap_unbind_ext(ld, NULL, NULL);
		*code = LDAP_NO_MEMORY;
		return NULL;
	}
	return ld;
}
