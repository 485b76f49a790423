/* In which colours loss is drawn, beside the theme of a drawing (enum draw_theme). */
#ifndef LINK_MSGDRAW_H
#define LINK_MSGDRAW_H

#include "link/msg.h"

/* Added to a theme in struct msg_draw: in colours that everybody tells apart. */
#define DRAW_SAFE DRAW_THEMES
#define DRAW_LOOKS (2 * DRAW_THEMES) /* what theme of struct msg_draw is below */

#endif
