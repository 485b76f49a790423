/* Runs while building: turn the files named on the command line into a C table of
 * struct asset, gzip form included. pack FILE... > assets.c */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/fnv.h"

struct blob {
	unsigned char *data;
	size_t len;
};

static void
die(const char *what, const char *file)
{
	fprintf(stderr, "pack: %s: %s\n", file, what);
	exit(1);
}

static struct blob
slurp(const char *file)
{
	struct blob b = { 0 };
	FILE *in = fopen(file, "rb");

	if (in == NULL || fseek(in, 0, SEEK_END) != 0)
		die("cannot read", file);
	long size = ftell(in);
	rewind(in);
	b.data = size >= 0 ? malloc((size_t)size + 1) : NULL;
	if (b.data == NULL)
		die("cannot read", file);
	b.len = fread(b.data, 1, (size_t)size, in);
	if (b.len != (size_t)size)
		die("cannot read", file);
	fclose(in);
	return b;
}

/* The same bytes give the same gzip file: its header has no time. */
static struct blob
pack(const struct blob *plain, const char *file)
{
	z_stream z = { .next_in = plain->data, .avail_in = (uInt)plain->len };
	struct blob b;

	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		die("zlib", file);
	size_t room = deflateBound(&z, plain->len);
	b.data = malloc(room);
	if (b.data == NULL)
		die("no memory", file);
	z.next_out = b.data;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		die("zlib", file);
	b.len = z.total_out;
	deflateEnd(&z);
	return b;
}

static const char *
type_of(const char *name)
{
	static const char *const type[][2] = { { ".html", "template" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".svg", "image/svg+xml" }, { ".png", "image/png" },
		{ ".json", "application/json" },
		{ ".txt", "text/plain; charset=utf-8" } };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof type / sizeof type[0]; i++)
		if (strcmp(dot, type[i][0]) == 0)
			return type[i][1];
	die("unknown suffix", name);
	return NULL;
}

static void
put_array(const char *prefix, int number, const struct blob *b)
{
	printf("static const unsigned char %s_%d[] = {", prefix, number);
	for (size_t i = 0; i < b->len; i++)
		printf("%s%u,", i % 20 == 0 ? "\n" : "", b->data[i]);
	printf("0};\n");
}

int
main(int argc, char **argv)
{
	char *table;
	size_t table_len;
	FILE *rows = open_memstream(&table, &table_len);

	if (rows == NULL)
		die("no memory", "table");
	printf("#include \"web/asset.h\"\n");
	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		const char *name = slash != NULL ? slash + 1 : argv[i];
		const char *type = type_of(name);
		struct blob plain = slurp(argv[i]), gzip = pack(&plain, argv[i]);
		int small = strcmp(type, "template") != 0 && gzip.len < plain.len;
		uint64_t tag = fnv(FNV_BEGIN, plain.data, plain.len);

		put_array("plain", i, &plain);
		if (small)
			put_array("gzip", i, &gzip);
		fprintf(rows, "{ \"%s\", \"%s\", plain_%d, ", name, type, i);
		if (small)
			fprintf(rows, "gzip_%d, %zu, %zu, ", i, plain.len, gzip.len);
		else
			fprintf(rows, "0, %zu, 0, ", plain.len);
		fprintf(rows, "\"%016" PRIx64 "\", \"/static/%016" PRIx64 "/%s\" },\n",
		    tag, tag, name);
		free(plain.data);
		free(gzip.data);
	}
	fclose(rows);
	printf("const struct asset assets[] = {\n%s{ 0 } };\n", table);
	free(table);
	return ferror(stdout) || fflush(stdout) != 0;
}
