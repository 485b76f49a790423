/* Programs beside this one that do what is asked of it. */
#ifndef HELPER_H
#define HELPER_H

/* Become PROGRAM with ARGV: the one beside our own executable, else the installed one.
 * Returns only when there is none, with errno. */
void helper_exec(const char *program, char *const *argv);

#endif
