#include "web/slaveshow.h"

#include <stddef.h>

#include "web/slavebook.h"
#include "web/state.h"

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void
put_faults(struct json *j, const struct slavenote *note)
{
	jw_key(j, "errors");
	jw_object(j);
	for (int fault = 0; fault < FAULTS; fault++)
		jw_put_int(j, slave_fault_word((enum slave_fault)fault),
		    (int64_t)note->fault[fault]);
	jw_object_end(j);
	jw_put_str(j, "last_error", or_null(note->trouble));
	jw_put_some(j, "last_error_time", note->trouble_at);
}

static void
put_note(struct json *j, const struct conf_slave *slave, const struct slavenote *note)
{
	jw_object(j);
	jw_put_str(j, "name", slave != NULL ? slave->name : NULL);
	jw_put_str(j, "title", slave != NULL ? slave->display_name : NULL);
	jw_put_some(j, "seen", note->seen);
	jw_put_str(j, "address", or_null(note->address));
	jw_put_str(j, "agent", or_null(note->agent));
	jw_put_str(j, "protocol", or_null(note->protocol));
	jw_put_bool(j, "current", note->current);
	jw_put_int(j, "rounds", (int64_t)note->rounds);
	jw_put_int(j, "configurations", (int64_t)note->configs);
	put_faults(j, note);
	jw_object_end(j);
}

void
slaveshow_status(struct json *j)
{
	const struct conf *conf = state_conf();
	const struct slavenote *nobody = slavebook_note(NULL);

	jw_key(j, "slaves");
	jw_array(j);
	for (size_t i = 0; i < conf->slave_count; i++)
		put_note(j, &conf->slave[i], slavebook_note(&conf->slave[i]));
	if (nobody->trouble_at > 0)
		put_note(j, NULL, nobody);
	jw_array_end(j);
}

void
slaveshow_target(struct json *j, const struct conf_target *t)
{
	jw_key(j, "slaves");
	jw_array(j);
	for (size_t i = 0; i < t->slaves; i++) {
		const struct live *live = state_live(conf_series_id(t, t->slave[i]));

		jw_object(j);
		jw_put_str(j, "name", t->slave[i]->name);
		jw_key(j, "last");
		if (live == NULL || !live->measured) {
			jw_null(j);
		} else {
			jw_object(j);
			jw_put_int(j, "time", live->row);
			jw_put_num(j, "median", live->median);
			jw_put_num(j, "loss", live->loss);
			jw_put_num(j, "loss_ratio", live->loss_ratio);
			jw_object_end(j);
		}
		jw_object_end(j);
	}
	jw_array_end(j);
}
