#include "client/cli/mentor_groups.h"

#include "client/cli/call.h"

#include <stdlib.h>
#include <string.h>

enum { WEEK_MINUTES = 7 * 24 * 60, DAY_MINUTES = 24 * 60, PAGE_SIZE = 1000, PAGES_MAX = 1100 };

static const char *meeting_text(struct cvn_cli *cli,
                                const Convene__Mentoring__V1__MeetingTime *meeting, int offset_min)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (!meeting || meeting->utc_hour < 0 || meeting->utc_hour * 60 >= WEEK_MINUTES) {
        return "";
    }
    int start = (meeting->utc_hour * 60 + offset_min + WEEK_MINUTES) % WEEK_MINUTES;
    int end = (start + meeting->hours * 60) % DAY_MINUTES;
    return cvn_arena_printf(&cli->arena, "%s %02d:%02d-%02d:%02d", days[start / DAY_MINUTES],
                            start % DAY_MINUTES / 60, start % 60, end / 60, end % 60);
}

const char *cvn_meeting_utc(struct cvn_cli *cli, const Convene__Mentoring__V1__MeetingTime *meeting)
{
    return meeting_text(cli, meeting, 0);
}

const char *cvn_meeting_here(struct cvn_cli *cli,
                             const Convene__Mentoring__V1__MeetingTime *meeting)
{
    return meeting_text(cli, meeting, cvn_zone_offset_s(cli->zone, cli->now_ms) / 60);
}

CVN_VIEW_STRING(see_mentor, Convene__Mentoring__V1__GroupReport, mentor_name)
CVN_VIEW_STRING(see_mentor_id, Convene__Mentoring__V1__GroupReport, mentor_id)
CVN_VIEW_LIST(see_mentees, Convene__Mentoring__V1__GroupReport, mentee_names)

static const char *see_utc(struct cvn_cli *cli, const void *message)
{
    return cvn_meeting_utc(cli, ((const Convene__Mentoring__V1__GroupReport *)message)->meeting);
}

static const char *see_here(struct cvn_cli *cli, const void *message)
{
    return cvn_meeting_here(cli, ((const Convene__Mentoring__V1__GroupReport *)message)->meeting);
}

const struct cvn_view_column cvn_mentor_group_columns[] = {
    {{"Mentor", false, true}, see_mentor},     {{"Meets UTC", false, false}, see_utc},
    {{"Meets here", false, false}, see_here},  {{"Mentees", false, true}, see_mentees},
    {{"Person", false, false}, see_mentor_id}, {{NULL, false, false}, NULL},
};

/* By the group's time, then the mentor, then the mentees' names. */
static int compare_matches(const void *a, const void *b)
{
    const Convene__Mentoring__V1__Match *x = *(void *const *)a, *y = *(void *const *)b;
    int c = (x->meeting->utc_hour > y->meeting->utc_hour) -
            (x->meeting->utc_hour < y->meeting->utc_hour);
    c = c ? c : strcmp(x->mentor_name, y->mentor_name);
    c = c ? c : strcmp(x->mentor_id, y->mentor_id);
    c = c ? c : strcmp(x->mentee_name, y->mentee_name);
    return c ? c : strcmp(x->mentee_id, y->mentee_id);
}

/* The groups' matches, sorted. */
struct seats {
    Convene__Mentoring__V1__Match **items;
    size_t n;
};

static bool fill_group(struct cvn_cli *cli, const struct seats *seats,
                       Convene__Mentoring__V1__GroupReport *group)
{
    convene__mentoring__v1__group_report__init(group);
    group->mentor_id = seats->items[0]->mentor_id;
    group->mentor_name = seats->items[0]->mentor_name;
    group->meeting = seats->items[0]->meeting;
    group->mentee_ids = cvn_arena_alloc_array(&cli->arena, seats->n, sizeof(char *));
    group->mentee_names = cvn_arena_alloc_array(&cli->arena, seats->n, sizeof(char *));
    if (!group->mentee_ids || !group->mentee_names) {
        return false;
    }
    for (size_t i = 0; i < seats->n; i++) {
        group->mentee_ids[group->n_mentee_ids++] = seats->items[i]->mentee_id;
        group->mentee_names[group->n_mentee_names++] = seats->items[i]->mentee_name;
    }
    return true;
}

static enum cvn_exit print_groups(struct cvn_cli *cli, const struct seats *all)
{
    Convene__Mentoring__V1__GroupReport *groups =
        cvn_arena_alloc_array(&cli->arena, all->n, sizeof *groups);
    ProtobufCMessage **rows =
        cvn_arena_alloc_array(&cli->arena, all->n, sizeof(ProtobufCMessage *));
    size_t n_groups = 0;
    if (!groups || !rows) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t first = 0; first < all->n;) {
        struct seats seats = {all->items + first, 1};
        while (first + seats.n < all->n &&
               strcmp(seats.items[0]->mentor_id, seats.items[seats.n]->mentor_id) == 0) {
            seats.n++;
        }
        if (!fill_group(cli, &seats, &groups[n_groups])) {
            return cvn_cli_no_memory(cli);
        }
        rows[n_groups] = &groups[n_groups].base;
        n_groups++;
        first += seats.n;
    }
    if (n_groups == 0 && cli->format == CVN_FORMAT_TABLE) {
        (void)printf("There are no groups.\n");
        return CVN_EXIT_DONE;
    }
    return cvn_view_rows(cli, cvn_mentor_group_columns, rows, n_groups);
}

enum cvn_exit cvn_mentor_groups_print(struct cvn_cli *cli,
                                      Convene__Mentoring__V1__Match *const *matches, size_t n)
{
    struct seats seats = {
        cvn_arena_alloc_array(&cli->arena, n, sizeof(Convene__Mentoring__V1__Match *)), 0};
    if (!seats.items) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t i = 0; i < n; i++) {
        if (matches[i]->meeting) {
            seats.items[seats.n++] = matches[i];
        }
    }
    if (seats.n > 0) {
        qsort(seats.items, seats.n, sizeof(Convene__Mentoring__V1__Match *), compare_matches);
    }
    return print_groups(cli, &seats);
}

/* The pages of a run's matches. */
struct pages {
    Convene__Mentoring__V1__ListMatchesResponse *items[PAGES_MAX];
    size_t n, n_matches;
};

static enum cvn_exit fetch(struct cvn_cli *cli, const char *run_id, struct pages *pages)
{
    Convene__Mentoring__V1__ListMatchesRequest request =
        CONVENE__MENTORING__V1__LIST_MATCHES_REQUEST__INIT;
    enum cvn_exit code = CVN_EXIT_DONE;
    request.run_id = (char *)run_id;
    request.page_size = PAGE_SIZE;
    do {
        Convene__Mentoring__V1__ListMatchesResponse **page = &pages->items[pages->n];
        code = cvn_call(cli, "convene.mentoring.v1.MatchService/ListMatches", &request, page);
        if (code == CVN_EXIT_DONE) {
            pages->n++;
            pages->n_matches += (*page)->n_matches;
            request.page_token = (*page)->next_page_token;
        }
    } while (code == CVN_EXIT_DONE && *request.page_token && pages->n < PAGES_MAX);
    return code;
}

static enum cvn_exit print_pages(struct cvn_cli *cli, const struct pages *pages)
{
    Convene__Mentoring__V1__Match **matches = cvn_arena_alloc_array(
        &cli->arena, pages->n_matches, sizeof(Convene__Mentoring__V1__Match *));
    size_t n = 0;
    if (!matches) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t i = 0; i < pages->n; i++) {
        for (size_t j = 0; j < pages->items[i]->n_matches; j++) {
            matches[n++] = pages->items[i]->matches[j];
        }
    }
    return cvn_mentor_groups_print(cli, matches, n);
}

enum cvn_exit cvn_mentor_groups_show(struct cvn_cli *cli, const char *run_id)
{
    struct pages *pages = cvn_arena_alloc(&cli->arena, sizeof *pages);
    if (!pages) {
        return cvn_cli_no_memory(cli);
    }
    enum cvn_exit code = fetch(cli, run_id, pages);
    code = code ? code : print_pages(cli, pages);
    for (size_t i = 0; i < pages->n; i++) {
        cvn_call_free_reply(&pages->items[i]);
    }
    return code;
}
