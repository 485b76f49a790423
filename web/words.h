/* An operator's words on their way to the recorder. */
#ifndef WEB_WORDS_H
#define WEB_WORDS_H

struct msg_out;
struct request;

/* POST /api/v1/notes?target= text=. */
void words_note(struct request *r);
/* POST /note: the same as a form of a target's page, to which it leads back. */
void words_note_form(struct request *r);
/* POST /api/v1/silences?target= begin= end= reason=. */
void words_silence(struct request *r);
/* POST /api/v1/merge?from= target=: what is no target any more was this one. */
void words_merge(struct request *r);
/* Hand OUT, which stays the caller's, over to the recorder, and answer R. */
void words_pass_on(struct request *r, struct msg_out *out);

#endif
