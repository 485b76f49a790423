/* A row of a file with so many pings as a row of a file with other ones. */
#ifndef RECORDER_RERANK_H
#define RECORDER_RERANK_H

/* FROM has STORE_DS_PING + OLD values in the order of data sources, TO gets
 * STORE_DS_PING + PINGS. Uptime and median stay, the ratio of loss stays, ranks are
 * read off the line through the old ones that are known, and the unknown ones stand at
 * both ends anew. Same number: a copy. */
void rerank(const double *from, unsigned old, double *to, unsigned pings);

/* For rows that become one: first spread the PINGS ranks of each that are known over
 * all of them, then average, then have LOSS of them unknown again. (Averaged as they
 * are, a round with loss would count in the middle ranks only.) */
void rerank_fill(double *rank, unsigned pings);
void rerank_lose(double *rank, unsigned pings, double loss);

#endif
