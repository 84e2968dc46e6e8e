// What the readline terminal uses of GNU readline. Its global variables are set here, in C, because
// Swift 6 does not let shared mutable globals through.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/readline.h>
#include <readline/history.h>

// Prepares readline: no signal handlers of its own, no file names, words end at blanks and LINEND.
// Ctrl-] is `leave`, and stays it whatever the user's inputrc says.
static inline void terminal_prepare(rl_completion_func_t *complete, rl_command_func_t *leave) {
  rl_readline_name = "endicott";
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_basic_word_break_characters = " #";
  rl_completer_word_break_characters = " #";
  rl_attempted_completion_function = complete;
  rl_variable_bind("show-all-if-ambiguous", "on");
  rl_variable_bind("completion-ignore-case", "on");
  rl_variable_bind("enable-bracketed-paste", "off");
  rl_initialize();
  rl_variable_bind("enable-bracketed-paste", "off");
  rl_bind_key(0x1D, leave);
  rl_bind_key_in_map(0x1D, leave, vi_movement_keymap);
}

// The line up to the cursor; to be freed.
static inline char *terminal_line_to_cursor(void) { return strndup(rl_line_buffer, rl_point); }

// Whether something has been typed.
static inline int terminal_has_text(void) { return rl_end > 0; }

// Takes the prompt and the line being typed off the screen.
static inline void terminal_hide_line(void) {
  rl_clear_visible_line();
  fflush(rl_outstream ? rl_outstream : stdout);
}

// Shows them again, on a new line.
static inline void terminal_show_line(void) {
  rl_on_new_line();
  rl_forced_update_display();
}

// Shows a word as if it had been typed and entered.
static inline void terminal_show_word(const char *word) {
  fprintf(rl_outstream ? rl_outstream : stdout, "%s\n", word);
  fflush(rl_outstream ? rl_outstream : stdout);
}

// Gives the terminal's settings back while the process is stopped, and takes them again.
static inline void terminal_give_back(void) { rl_deprep_terminal(); }
static inline void terminal_take_again(void) { rl_prep_terminal(1); }

// Drops the line being typed, as ^C does.
static inline void terminal_drop_line(void) {
  rl_point = rl_end;
  rl_redisplay();
  fputs("^C\n", rl_outstream ? rl_outstream : stdout);
  rl_callback_sigcleanup();
  rl_replace_line("", 1);
  using_history();
  rl_on_new_line();
  rl_redisplay();
  fflush(rl_outstream ? rl_outstream : stdout);
}

// Keeps readline from offering file names where no word fits.
static inline void terminal_end_completion(void) { rl_attempted_completion_over = 1; }
