#include "client/cli/commands.h"
#include "client/cli/demo_steps.h"
#include "client/demo/files.h"

#include <string.h>

#define PROGRAM "Spring mentoring"
#define WORKSHOP "Sanitizers by hand"

/* Each step returns whether it did what it says. */

static bool load(struct cvn_demo *demo)
{
    cvn_demo_title(demo, "A community: groups, people and their meetups");
    return cvn_demo_step(demo, "12 groups: 12 created", "groups", "import", "groups.csv", NULL) &&
           cvn_demo_step(demo, "30 people: 30 created", "people", "import", "people.csv", NULL) &&
           cvn_demo_step(demo, "60 events: 60 created", "events", "import", "events.csv",
                         "--publish", NULL) &&
           cvn_demo_step(demo, "60 unchanged", "events", "import", "events.csv", "--publish", NULL);
}

static bool list(struct cvn_demo *demo)
{
    cvn_demo_title(demo, "What is on near Berlin, and where one can learn about Rust");
    return cvn_demo_step(demo, "Hamburg|VACUUM|" WORKSHOP, "events", "list", "--near",
                         "52.52,13.40", "--radius", "300km", "--to", "+14d", NULL) &&
           cvn_demo_step(demo, "Borrowing without tears", "events", "list", "--topic", "rust",
                         NULL) &&
           cvn_demo_step(demo, "コンパイラ", "events", "list", "--city", "東京", NULL);
}

static bool answer(struct cvn_demo *demo)
{
    cvn_demo_title(demo, "A workshop with three seats");
    char event[CONVENE_ID_BYTES];
    bool ok = cvn_demo_step(demo, WORKSHOP, "events", "list", "--group", "c-berlin", "--topic",
                            "workshop", NULL) &&
              cvn_demo_find_id(demo, "evt_", NULL, event);
    ok = ok && cvn_demo_step(demo, "Lena Vogt has a seat, with 1 guest", "rsvp", "yes", event,
                             "--guests", "1", "--as", "lena@example.org", NULL);
    ok = ok && cvn_demo_step(demo, "Nour Aziz has a seat", "rsvp", "yes", event, "--as",
                             "nour@example.org", NULL);
    cvn_demo_title(demo, "Now it is full: the next one waits, until somebody cancels");
    ok = ok && cvn_demo_step(demo, "Pavel Dvorak is on the waitlist, at place 1", "rsvp", "yes",
                             event, "--as", "pavel@example.org", NULL);
    ok = ok && cvn_demo_step(demo, "Nour Aziz does not come", "rsvp", "no", event, "--as",
                             "nour@example.org", NULL);
    ok = ok && cvn_demo_step(demo, "Pavel Dvorak", "rsvp", "list", event, "--state", "yes", NULL);
    return ok && cvn_demo_step(demo, "3/3", "events", "show", event, NULL);
}

static bool match(struct cvn_demo *demo)
{
    cvn_demo_title(demo, "A mentoring programme: 8 mentors with 21 seats, 20 mentees");
    char run[CONVENE_ID_BYTES];
    bool ok = cvn_demo_step(demo, PROGRAM, "programs", "create", "--name", PROGRAM, "--weeks", "12",
                            NULL);
    ok = ok && cvn_demo_step(demo, "28 enrolments: 28 created", "programs", "import", PROGRAM,
                             "enrolments.csv", NULL);
    ok = ok && cvn_demo_step(demo, "of 20 mentees with 8 mentors (21 seats)", "match", "run",
                             PROGRAM, NULL);
    ok = ok && cvn_demo_find_id(demo, "run_", NULL, run);
    ok = ok && cvn_demo_step(demo, "Lena Vogt", "match", "show", run, NULL);
    cvn_demo_title(demo, "Why Lena was paired as she was");
    ok = ok && cvn_demo_step(demo, "Lena Vogt is paired with", "match", "explain", run,
                             "lena@example.org", NULL);
    cvn_demo_title(demo, "The pairs are proposed, and two accept");
    char mentorship[CONVENE_ID_BYTES];
    ok = ok && cvn_demo_step(demo, "Proposed ", "match", "publish", run, NULL);
    ok = ok && cvn_demo_step(demo, "proposed", "mentorships", "list", PROGRAM, "-n", "5", NULL);
    ok = ok && cvn_demo_find_id(demo, "mnt_", NULL, mentorship);
    ok = ok && cvn_demo_step(demo, "mentee yes, mentor not yet", "mentorships", "accept",
                             mentorship, "--as", "mentee", NULL);
    ok = ok && cvn_demo_step(demo, "mentee yes, mentor yes", "mentorships", "accept", mentorship,
                             "--as", "mentor", NULL);
    return ok && cvn_demo_step(demo, "Accepted       1", "programs", "report", PROGRAM, NULL);
}

static enum cvn_exit run_demo(struct cvn_cli *cli)
{
    static bool (*const acts[])(struct cvn_demo * demo) = {load, list, answer, match};
    struct cvn_demo *demo = NULL;
    enum cvn_exit code = cvn_demo_begin(cli, &demo);
    for (size_t i = 0; code == CVN_EXIT_DONE && i < sizeof acts / sizeof *acts; i++) {
        code = acts[i](demo) ? CVN_EXIT_DONE : CVN_EXIT_FAILED;
    }
    return cvn_demo_end(demo, code);
}

const struct cvn_command cvn_demo_commands[] = {
    {"", "", 0, 0,
     "Starts a server of its own, fills it with a sample community and shows what Convene does.",
     "It works in a temporary folder and removes it at the end; nothing else is touched. Each\n"
     "command is printed as you would type it. Exits with 1, naming the step, when one did not do\n"
     "what it says.",
     NULL, false, run_demo, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
