/* Packets on their way out, the earliest first: a binary heap. */
#include "t/sim/sim.h"

#include "base/mem.h"

static struct pending **heap;
static size_t heap_count, heap_room;
static uint64_t heap_order;

static bool
before(const struct pending *a, const struct pending *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

bool
queue_add(struct pending *p, size_t limit)
{
	if (heap_count >= limit)
		return false;
	if (heap_count == heap_room) {
		heap_room = heap_room == 0 ? 1024 : 2 * heap_room;
		heap = mem_grow(heap, heap_room, sizeof *heap);
	}
	p->order = heap_order++;
	size_t at = heap_count++;
	for (; at > 0 && before(p, heap[(at - 1) / 2]); at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = p;
	return true;
}

struct pending *
queue_first(void)
{
	return heap_count == 0 ? NULL : heap[0];
}

struct pending *
queue_take(void)
{
	if (heap_count == 0)
		return NULL;
	struct pending *first = heap[0], *last = heap[--heap_count];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < heap_count; at = child) {
		if (child + 1 < heap_count && before(heap[child + 1], heap[child]))
			child++;
		if (!before(heap[child], last))
			break;
		heap[at] = heap[child];
	}
	if (heap_count > 0)
		heap[at] = last;
	return first;
}
