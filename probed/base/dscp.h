/* Names of differentiated services code points (RFC 2474, 2597, 3246, 5865, 8622). */
#ifndef BASE_DSCP_H
#define BASE_DSCP_H

/* What the type of service byte (IPv6: traffic class) of TEXT is: a number, decimal or
 * 0x..., is the byte itself; a name ("ef", "af41", "cs5", "va", "le", "default") stands
 * for its code point, upper or lower case. -1 when TEXT is neither. */
int dscp_tos(const char *text);
/* Likewise, but a number is a code point of 0 to 63. */
int dscp_point(const char *text);

#endif
