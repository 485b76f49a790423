#include "web/deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/mem.h"

#define LITERALS 286 /* bytes, the end, and lengths */
#define DISTANCES 30
#define CODES 19 /* for the lengths of their codes */
#define END 256
#define LENGTH_FIRST 257
#define BITS_MAX 15
#define CODE_BITS_MAX 7
#define WINDOW 32768 /* bytes that one may look back */

#define MATCH_MOST 86 /* pixels: 258 bytes */
/* Who matches so many is not compared with what lies further back. */
#define MATCH_GOOD 16

#define HASH_BITS 12
#define HASH_PIXELS 3

/* What is written in turn: a pixel; the byte at the head of a row; or so many pixels as
 * there were so many bytes ago. */
#define TOKEN_ROW 0x40000000U
#define TOKEN_MATCH 0x80000000U

struct codes {
	uint32_t count[LITERALS];
	uint8_t bits[LITERALS];
	uint16_t code[LITERALS]; /* first bit lowest */
};

struct packer {
	uint32_t *token;
	size_t tokens;
	struct codes literal, distance;
	uint8_t *out;
	uint64_t waiting;
	unsigned waiting_bits;
};

/* --- symbols ---------------------------------------------------------------------- */

/* The symbol of a match's length in bytes; *EXTRA bits of its distance to the first
 * one that has this symbol follow. */
static unsigned
length_symbol(unsigned bytes, unsigned *extra)
{
	unsigned n = bytes - 3, top;

	*extra = 0;
	if (n == 255)
		return LENGTH_FIRST + 28;
	if (n < 8)
		return LENGTH_FIRST + n;
	top = 31 - (unsigned)__builtin_clz(n);
	*extra = top - 2;
	return LENGTH_FIRST + (top - 1) * 4 + (n >> *extra & 3);
}

/* The same of the distance, less one. */
static unsigned
distance_symbol(unsigned n, unsigned *extra)
{
	unsigned top;

	*extra = 0;
	if (n < 4)
		return n;
	top = 31 - (unsigned)__builtin_clz(n);
	*extra = top - 1;
	return top * 2 + (n >> *extra & 1);
}

/* --- what repeats ----------------------------------------------------------------- */

/* How many of the pixels at A are those at B, of at most MOST. */
static unsigned
same(const uint32_t *a, const uint32_t *b, unsigned most)
{
	unsigned n = 0;

	while (n < most && a[n] == b[n])
		n++;
	return n;
}

static unsigned
hash(const uint32_t *at)
{
	return ((at[0] * 3 + at[1]) * 5 + at[2]) * 2654435761U >> (32 - HASH_BITS);
}

/* A picture on its way, and where in it the same few pixels began last. */
struct search {
	const uint32_t *pixel;
	unsigned width, row_bytes;
	size_t stride;
	struct {
		unsigned row, column; /* the row from one on, 0: nowhere */
	} seen[1 << HASH_BITS];
};

/* Of a match: pixels, and bytes that it lies back. */
struct match {
	unsigned pixels, back;
};

/* Compare the pixels from (X, Y) on with what began like them. */
static void
look_back(struct search *s, unsigned x, unsigned y, unsigned most, struct match *best)
{
	const uint32_t *at = s->pixel + y * s->stride + x;
	unsigned h = hash(at), row = s->seen[h].row, column = s->seen[h].column;

	s->seen[h].row = y + 1;
	s->seen[h].column = x;
	if (row == 0 || y + 1 - row > WINDOW / s->row_bytes)
		return;
	unsigned back = (y + 1 - row) * s->row_bytes + x * 3 - column * 3;
	unsigned room = s->width - column;
	if (back > WINDOW)
		return;
	unsigned n = same(
	    at, s->pixel + (row - 1) * s->stride + column, room < most ? room : most);
	if (n > best->pixels)
		*best = (struct match){ n, back };
}

/* The longest match for the pixels from (X, Y) on, which stays within one row on both
 * sides. */
static struct match
find_match(struct search *s, unsigned x, unsigned y)
{
	const uint32_t *at = s->pixel + y * s->stride + x;
	unsigned left = s->width - x, most = left < MATCH_MOST ? left : MATCH_MOST;
	struct match best = { 0, 3 };

	if (x > 0)
		best.pixels = same(at, at - 1, most);
	if (y > 0 && s->row_bytes <= WINDOW && best.pixels < most) {
		unsigned n = same(at, at - s->stride, most);
		if (n > best.pixels)
			best = (struct match){ n, s->row_bytes };
	}
	if (best.pixels < MATCH_GOOD && left >= HASH_PIXELS)
		look_back(s, x, y, most, &best);
	return best;
}

static void
find_tokens(struct packer *p, struct search *s, unsigned height)
{
	for (unsigned y = 0; y < height; y++) {
		p->token[p->tokens++] = TOKEN_ROW;
		for (unsigned x = 0; x < s->width;) {
			struct match m = find_match(s, x, y);
			if (m.pixels == 0) {
				p->token[p->tokens++] =
				    s->pixel[y * s->stride + x++] & 0xffffff;
				continue;
			}
			p->token[p->tokens++] =
			    TOKEN_MATCH | m.pixels << 16 | (m.back - 1);
			x += m.pixels;
		}
	}
}

static void
count_symbols(struct packer *p)
{
	unsigned extra;

	for (size_t i = 0; i < p->tokens; i++) {
		uint32_t token = p->token[i];

		if (token & TOKEN_MATCH) {
			unsigned bytes = (token >> 16 & 0x7f) * 3;
			p->literal.count[length_symbol(bytes, &extra)]++;
			p->distance.count[distance_symbol(token & 0x7fff, &extra)]++;
		} else if (token == TOKEN_ROW) {
			p->literal.count[0]++;
		} else {
			p->literal.count[token >> 16]++;
			p->literal.count[token >> 8 & 0xff]++;
			p->literal.count[token & 0xff]++;
		}
	}
	p->literal.count[END] = 1;
}

/* --- Huffman's codes -------------------------------------------------------------- */

struct node {
	uint32_t count;
	uint16_t parent; /* or the symbol, of a leaf that is being sorted */
};

static int
by_count(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return x->parent < y->parent ? -1 : 1;
}

/* The depth of each of N symbols with these counts. The greatest of them. */
static unsigned
depths(const uint32_t *count, unsigned n, uint8_t *bits)
{
	struct node node[2 * LITERALS];
	uint16_t symbol[LITERALS];
	unsigned leaves = 0, leaf = 0, deepest = 0;

	memset(bits, 0, n);
	for (unsigned i = 0; i < n; i++)
		if (count[i] != 0)
			node[leaves++] = (struct node){ count[i], (uint16_t)i };
	if (leaves < 2) {
		/* A code has a bit at least. */
		if (leaves == 1)
			bits[node[0].parent] = 1;
		return leaves;
	}
	qsort(node, leaves, sizeof *node, by_count);
	for (unsigned i = 0; i < leaves; i++)
		symbol[i] = node[i].parent;
	/* Inner nodes come in the order of their counts, as the leaves do. */
	unsigned inner = leaves, made = leaves;
	for (; made < 2 * leaves - 1; made++) {
		node[made].count = 0;
		for (int k = 0; k < 2; k++) {
			bool take_leaf =
			    leaf < leaves &&
			    (inner == made || node[leaf].count <= node[inner].count);
			struct node *child = &node[take_leaf ? leaf++ : inner++];
			node[made].count += child->count;
			child->parent = (uint16_t)made;
		}
	}
	/* From the root down; the counts are not needed any more. */
	node[made - 1].count = 0;
	for (unsigned i = made - 1; i-- > 0;)
		node[i].count = node[node[i].parent].count + 1;
	for (unsigned i = 0; i < leaves; i++) {
		bits[symbol[i]] = (uint8_t)node[i].count;
		if (node[i].count > deepest)
			deepest = node[i].count;
	}
	return deepest;
}

/* Codes of at most MOST bits for N symbols. */
static void
make_codes(struct codes *c, unsigned n, unsigned most)
{
	unsigned used[BITS_MAX + 1] = { 0 }, next[BITS_MAX + 1] = { 0 };

	while (depths(c->count, n, c->bits) > most)
		for (unsigned i = 0; i < n; i++)
			c->count[i] = (c->count[i] + 1) / 2;
	for (unsigned i = 0; i < n; i++)
		used[c->bits[i]] += c->bits[i] != 0;
	for (unsigned b = 1; b <= BITS_MAX; b++)
		next[b] = (next[b - 1] + used[b - 1]) << 1;
	for (unsigned i = 0; i < n; i++) {
		unsigned code = c->bits[i] != 0 ? next[c->bits[i]]++ : 0, turned = 0;

		for (unsigned b = 0; b < c->bits[i]; b++)
			turned |= (code >> b & 1) << (c->bits[i] - 1 - b);
		c->code[i] = (uint16_t)turned;
	}
}

/* --- bits ------------------------------------------------------------------------- */

static inline void
put_bits(struct packer *p, uint32_t value, unsigned bits)
{
	p->waiting |= (uint64_t)value << p->waiting_bits;
	for (p->waiting_bits += bits; p->waiting_bits >= 8; p->waiting_bits -= 8) {
		*p->out++ = (uint8_t)p->waiting;
		p->waiting >>= 8;
	}
}

static inline void
put_symbol(struct packer *p, const struct codes *c, unsigned symbol)
{
	put_bits(p, c->code[symbol], c->bits[symbol]);
}

/* How long the codes are. They could be written shorter, but are few. */
static void
put_code_lengths(struct packer *p)
{
	static const uint8_t order[CODES] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4,
		12, 3, 13, 2, 14, 1, 15 };
	struct codes lengths = { .count = { 0 } };

	for (unsigned i = 0; i < LITERALS; i++)
		lengths.count[p->literal.bits[i]]++;
	for (unsigned i = 0; i < DISTANCES; i++)
		lengths.count[p->distance.bits[i]]++;
	make_codes(&lengths, CODES, CODE_BITS_MAX);
	put_bits(p, LITERALS - 257, 5);
	put_bits(p, DISTANCES - 1, 5);
	put_bits(p, CODES - 4, 4);
	for (unsigned i = 0; i < CODES; i++)
		put_bits(p, lengths.bits[order[i]], 3);
	for (unsigned i = 0; i < LITERALS; i++)
		put_symbol(p, &lengths, p->literal.bits[i]);
	for (unsigned i = 0; i < DISTANCES; i++)
		put_symbol(p, &lengths, p->distance.bits[i]);
}

static void
put_match(struct packer *p, unsigned bytes, unsigned distance)
{
	unsigned extra, symbol = length_symbol(bytes, &extra);

	put_symbol(p, &p->literal, symbol);
	put_bits(p, (bytes - 3) & ((1U << extra) - 1), extra);
	symbol = distance_symbol(distance, &extra);
	put_symbol(p, &p->distance, symbol);
	put_bits(p, distance & ((1U << extra) - 1), extra);
}

static void
put_tokens(struct packer *p)
{
	for (size_t i = 0; i < p->tokens; i++) {
		uint32_t token = p->token[i];

		if (token & TOKEN_MATCH) {
			put_match(p, (token >> 16 & 0x7f) * 3, token & 0x7fff);
		} else if (token == TOKEN_ROW) {
			put_symbol(p, &p->literal, 0);
		} else {
			put_symbol(p, &p->literal, token >> 16);
			put_symbol(p, &p->literal, token >> 8 & 0xff);
			put_symbol(p, &p->literal, token & 0xff);
		}
	}
	put_symbol(p, &p->literal, END);
}

/* Adler's sum of the bytes that the rows are. */
static uint32_t
sum_of(const uint32_t *pixel, unsigned width, unsigned height, size_t stride)
{
	size_t len = (size_t)width * 3 + 1;
	uint8_t *bytes = mem_zero(len, 1);
	uLong sum = adler32(0, NULL, 0);

	for (unsigned y = 0; y < height; y++, pixel += stride) {
		for (unsigned x = 0; x < width; x++) {
			bytes[1 + 3 * x] = (uint8_t)(pixel[x] >> 16);
			bytes[2 + 3 * x] = (uint8_t)(pixel[x] >> 8);
			bytes[3 + 3 * x] = (uint8_t)pixel[x];
		}
		sum = adler32_z(sum, bytes, len);
	}
	free(bytes);
	return (uint32_t)sum;
}

size_t
deflate_bound(unsigned width, unsigned height)
{
	/* A byte takes 15 bits at most, a match no more than its pixels. */
	return ((size_t)width * 3 + 1) * height * 2 + 1024;
}

size_t
deflate_rows(
    uint8_t *out, const uint32_t *pixel, unsigned width, unsigned height, size_t stride)
{
	struct packer *p = mem_zero(1, sizeof *p);
	struct search *s = mem_zero(1, sizeof *s);

	s->pixel = pixel;
	s->width = width;
	s->row_bytes = width * 3 + 1;
	s->stride = stride;
	p->token = mem_alloc(((size_t)width + 1) * height * sizeof *p->token);
	p->out = out;
	find_tokens(p, s, height);
	free(s);
	count_symbols(p);
	make_codes(&p->literal, LITERALS, BITS_MAX);
	make_codes(&p->distance, DISTANCES, BITS_MAX);
	put_bits(p, 0x78, 8); /* deflate with a window of 32 kB */
	put_bits(p, 0x01, 8);
	put_bits(p, 1, 1); /* the only block, */
	put_bits(p, 2, 2); /* with codes of its own */
	put_code_lengths(p);
	put_tokens(p);
	put_bits(p, 0, -p->waiting_bits & 7);
	uint32_t sum = sum_of(pixel, width, height, stride);
	for (unsigned shift = 32; shift > 0; shift -= 8)
		put_bits(p, sum >> (shift - 8) & 0xff, 8);
	size_t size = (size_t)(p->out - out);
	free(p->token);
	free(p);
	return size;
}
