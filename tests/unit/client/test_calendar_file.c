/* A calendar's file cut into messages: nothing lost, nothing twice, what belongs together together.
 */
#include "client/cli/calendar_file.h"
#include "client/cli/calendar_scan.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 32 << 20, LINES_MAX = 900000, MESSAGES_MAX = 400, TEXT_BYTES = 16 << 20 };

struct scene {
    char *text; /* of the file */
    size_t len;
    size_t *begins; /* of its lines, by number */
    size_t n_lines;
    uint8_t *sent; /* how often each line was */
    struct cvn_arena arena;
    char *messages[MESSAGES_MAX]; /* as one text each */
    size_t n_messages;
    int result; /* of the last next */
    size_t n_refused, refused_line, n_remarks;
    char remark[200]; /* the last */
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->text = malloc(TEXT_BYTES);
    s->begins = calloc(LINES_MAX, sizeof *s->begins);
    s->sent = calloc(LINES_MAX, 1);
    assert_true(s->text && s->begins && s->sent);
    cvn_arena_init(&s->arena, ARENA_BYTES);
    *state = s;
    return 0;
}

static void forget_messages(struct scene *s)
{
    for (size_t i = 0; i < s->n_messages; i++)
        free(s->messages[i]);
    s->n_messages = 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    forget_messages(s);
    cvn_arena_deinit(&s->arena);
    free(s->text);
    free(s->begins);
    free(s->sent);
    free(s);
    return 0;
}

static void put(struct scene *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct scene *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    s->len += (size_t)vsnprintf(s->text + s->len, TEXT_BYTES - s->len, format, args);
    va_end(args);
    assert_true(s->len < TEXT_BYTES);
}

static void put_times(struct scene *s, const char *text, int n)
{
    for (int i = 0; i < n; i++)
        put(s, "%s", text);
}

#define EVENT "BEGIN:VEVENT\nEND:VEVENT\n"

static void refuse(void *arg, size_t line, const char *reason)
{
    struct scene *s = arg;
    assert_non_null(strstr(reason, "3 MiB"));
    s->n_refused++;
    s->refused_line = line;
}

static void remark(void *arg, size_t line, const char *text)
{
    struct scene *s = arg;
    (void)line;
    s->n_remarks++;
    (void)snprintf(s->remark, sizeof s->remark, "%s", text);
}

static void index_lines(struct scene *s)
{
    s->n_lines = 0;
    for (size_t at = 0; at < s->len;) {
        assert_true(s->n_lines + 2 < LINES_MAX);
        s->begins[++s->n_lines] = at;
        const char *end = memchr(s->text + at, '\n', s->len - at);
        at = end ? (size_t)(end + 1 - s->text) : s->len;
    }
    s->begins[s->n_lines + 1] = s->len;
    memset(s->sent, 0, LINES_MAX);
}

/* A piece is the file's bytes at the line that it says; or the END of a calendar that goes on. */
static void check_piece(struct scene *s, const Convene__Events__V1__CalendarPiece *piece)
{
    if (piece->first_line == 0) {
        assert_memory_equal(piece->content.data, "\nEND:VCALENDAR\n", piece->content.len);
        return;
    }
    size_t line = (size_t)piece->first_line, done = 0;
    assert_true(line <= s->n_lines || piece->content.len == 0);
    size_t bom =
        line == 1 && s->len >= 3 && s->text[0] == '\xef' && piece->content.data[0] != 0xef ? 3 : 0;
    assert_memory_equal(piece->content.data, s->text + s->begins[line] + bom, piece->content.len);
    while (done < piece->content.len) {
        done += s->begins[line + 1] - s->begins[line] - (line == 1 ? bom : 0);
        s->sent[line++]++;
    }
    assert_int_equal(done, piece->content.len);
}

static void take(struct scene *s, const Convene__Events__V1__StreamImportCalendarRequest *request)
{
    size_t len = 0;
    assert_true(s->n_messages < MESSAGES_MAX);
    for (size_t i = 0; i < request->n_pieces; i++)
        len += request->pieces[i]->content.len;
    assert_true(len <= CVN_CALENDAR_FILE_BYTES_MAX);
    char *text = calloc(1, len + 1);
    assert_non_null(text);
    s->messages[s->n_messages++] = text;
    for (size_t i = 0; i < request->n_pieces; i++) {
        check_piece(s, request->pieces[i]);
        memcpy(text, request->pieces[i]->content.data, request->pieces[i]->content.len);
        text += request->pieces[i]->content.len;
    }
}

static void cut_from(struct scene *s, FILE *file)
{
    const struct cvn_calendar_file_notes notes = {refuse, remark, s};
    struct cvn_calendar_file *cutter;
    forget_messages(s);
    s->n_refused = s->n_remarks = 0;
    index_lines(s);
    assert_int_equal(cvn_calendar_file_new(&cutter, file, &notes), 0);
    assert_int_equal(cvn_calendar_file_size(cutter), s->len);
    do {
        Convene__Events__V1__StreamImportCalendarRequest request =
            CONVENE__EVENTS__V1__STREAM_IMPORT_CALENDAR_REQUEST__INIT;
        cvn_arena_reset(&s->arena);
        s->result = cvn_calendar_file_next(cutter, &s->arena, &request);
        if (s->result == 0)
            take(s, &request);
    } while (s->result == 0);
    if (s->result == CVN_CALENDAR_FILE_END)
        assert_int_equal(cvn_calendar_file_at(cutter), s->len);
    cvn_calendar_file_free(cutter);
}

/* Cuts the text into messages. */
static void cut(struct scene *s)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(s->text, 1, s->len, file), s->len);
    rewind(file);
    cut_from(s, file);
    (void)fclose(file);
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

/* In how many messages the word stands. */
static size_t messages_with(const struct scene *s, const char *word)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_messages; i++)
        n += strstr(s->messages[i], word) != NULL;
    return n;
}

/* Each line of the file was sent, those of heads perhaps more than once. */
static void assert_all_sent(const struct scene *s)
{
    assert_int_equal(s->result, CVN_CALENDAR_FILE_END);
    for (size_t line = 1; line <= s->n_lines; line++)
        if (s->sent[line] == 0)
            fail_msg("line %zu was not sent", line);
    for (size_t i = 0; i < s->n_messages; i++) {
        assert_int_equal(count(s->messages[i], "BEGIN:VCALENDAR"),
                         count(s->messages[i], "END:VCALENDAR"));
        assert_int_equal(count(s->messages[i], "BEGIN:VEVENT"),
                         count(s->messages[i], "END:VEVENT"));
    }
}

static void test_file_when_within_the_limits_is_one_message_as_it_is(void **state)
{
    struct scene *s = *state;
    static const char *const texts[] = {"",
                                        ("\xef\xbb\xbf"
                                         "BEGIN:VCALENDAR\r\nEND:VCALENDAR"),
                                        "no calendar", "END:VEVENT\nBEGIN:VCALENDAR\n\n",
                                        "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        s->len = 0;
        put(s, "%s", texts[i]);
        cut(s);
        assert_int_equal(s->n_messages, 1);
        assert_string_equal(s->messages[0], texts[i]);
        assert_int_equal(s->n_remarks, 0);
    }
}

static void test_file_when_of_many_events_is_cut_at_the_limit(void **state)
{
    struct scene *s = *state;
    for (int over = 0; over <= 1; over++) {
        s->len = 0;
        put(s, "BEGIN:VCALENDAR\nX-WR-CALNAME:Mine\n");
        put_times(s, EVENT, CVN_CALENDAR_FILE_EVENTS_MAX + over);
        put(s, "END:VCALENDAR\n");
        cut(s);
        assert_all_sent(s);
        size_t n = over ? (size_t)CVN_CALENDAR_FILE_EVENTS_MAX / CVN_CALENDAR_PART_EVENTS + 1 : 1;
        assert_int_equal(s->n_messages, n);
        assert_int_equal(messages_with(s, "CALNAME:Mine\n"), n);
        for (size_t i = 0; over && i + 1 < n; i++)
            assert_int_equal(count(s->messages[i], "BEGIN:VEVENT"), CVN_CALENDAR_PART_EVENTS);
    }
}

static void test_file_when_of_many_series_is_cut_at_the_limit(void **state)
{
    struct scene *s = *state;
    for (int over = 0; over <= 1; over++) {
        s->len = 0;
        put(s, "BEGIN:VCALENDAR\n");
        for (int i = 0; i < CVN_CALENDAR_FILE_SERIES_MAX + over; i++)
            put(s, "BEGIN:VEVENT\n%s\nEND:VEVENT\n", i % 2 ? "rrule:FREQ=DAILY" : "RDATE;X=Y:1");
        put(s, "END:VCALENDAR\n");
        cut(s);
        assert_all_sent(s);
        size_t n = over ? (size_t)CVN_CALENDAR_FILE_SERIES_MAX / CVN_CALENDAR_PART_SERIES + 1 : 1;
        assert_int_equal(s->n_messages, n);
        assert_int_equal(count(s->messages[0], "BEGIN:VEVENT"),
                         over ? CVN_CALENDAR_PART_SERIES : CVN_CALENDAR_FILE_SERIES_MAX);
    }
}

/* An event whose description has so many bytes. */
static void put_long(struct scene *s, size_t n)
{
    put(s, "BEGIN:VEVENT\nDESCRIPTION:");
    assert_true(s->len + n < TEXT_BYTES);
    memset(s->text + s->len, 'x', n);
    s->len += n;
    put(s, "\nEND:VEVENT\n");
}

static void test_file_when_of_many_bytes_is_cut_at_the_limit(void **state)
{
    struct scene *s = *state;
    for (int over = 0; over <= 1; over++) {
        s->len = 0;
        put(s, "BEGIN:VCALENDAR\n");
        put_times(s, EVENT, 3);
        put_long(s, (size_t)CVN_CALENDAR_FILE_BYTES_MAX - 300);
        size_t rest = (size_t)CVN_CALENDAR_FILE_BYTES_MAX - s->len - strlen("END:VCALENDAR\n");
        put(s, "END:VCALENDAR\n%*s", (int)rest + over, "");
        assert_int_equal(s->len, CVN_CALENDAR_FILE_BYTES_MAX + over);
        cut(s);
        assert_int_equal(s->n_messages, 1);
        assert_int_equal(s->n_refused, over); /* beside a head it is too much */
    }
    s->len = 0;
    put(s, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 40; i++)
        put_long(s, CVN_CALENDAR_PART_BYTES / 10);
    put_long(s, 2 << 20);
    put(s, "END:VCALENDAR\n");
    cut(s);
    assert_all_sent(s);
    assert_int_equal(s->n_messages, 6); /* 9 each, and the last by itself */
    for (size_t i = 0; i < 5; i++)
        assert_true(strlen(s->messages[i]) <= CVN_CALENDAR_PART_BYTES + 20);
    assert_int_equal(count(s->messages[5], "BEGIN:VEVENT"), 1);
}

static void test_component_when_longer_than_a_message_is_refused_with_its_line(void **state)
{
    struct scene *s = *state;
    put(s, "BEGIN:VCALENDAR\n" EVENT);
    put_long(s, CVN_CALENDAR_FILE_BYTES_MAX);
    put(s, EVENT "END:VCALENDAR\n");
    cut(s);
    assert_int_equal(s->n_refused, 1);
    assert_int_equal(s->refused_line, 4);
    assert_int_equal(s->n_messages, 1);
    assert_int_equal(count(s->messages[0], "BEGIN:VEVENT"), 2);
}

static void test_occurrences_travel_behind_their_series(void **state)
{
    struct scene *s = *state;
    const char *uid = "a-uid-that-is-folded-since-it-is-so-long-that-no-line-has-room-for-";
    put(s, "BEGIN:VCALENDAR\n");
    put(s, "BEGIN:VEVENT\nUID:early\nRECURRENCE-ID:1\nEND:VEVENT\n");
    put(s,
        "BEGIN:VEVENT\nUID:%s\r\n it\nRRULE:x\nBEGIN:VALARM\nUID:other\nEND:VALARM\nEND:VEVENT\n",
        uid);
    put_times(s, EVENT, CVN_CALENDAR_FILE_EVENTS_MAX);
    put(s, "BEGIN:VEVENT\nRECURRENCE-ID:2\nUID:%sit\nEND:VEVENT\n", uid);
    put(s, "BEGIN:VEVENT\nRECURRENCE-ID;VALUE=DATE:3\nUID:nobodys\nEND:VEVENT\n");
    put(s, "BEGIN:VEVENT\nRRULE:x\nUID:early\nEND:VEVENT\nEND:VCALENDAR\n");
    cut(s);
    assert_all_sent(s);
    const char *behind = strstr(s->messages[0], "END:VALARM\nEND:VEVENT\nBEGIN:VEVENT\n"
                                                "RECURRENCE-ID:2\n");
    assert_non_null(behind);
    const char *last = s->messages[s->n_messages - 1];
    assert_non_null(
        strstr(last, "RRULE:x\nUID:early\nEND:VEVENT\nBEGIN:VEVENT\nUID:early\nRECURR"));
    assert_non_null(strstr(last, "UID:nobodys\nEND:VEVENT\nEND:VCALENDAR\n"));
    assert_int_equal(messages_with(s, "RECURRENCE-ID:1\n"), 1);
    assert_int_equal(messages_with(s, "RECURRENCE-ID:2\n"), 1);
    assert_int_equal(messages_with(s, "nobodys"), 1);
}

static void test_occurrences_when_more_than_a_part_takes_fill_several(void **state)
{
    struct scene *s = *state;
    put(s, "BEGIN:VCALENDAR\n" EVENT);
    for (int i = 0; i < 2 * CVN_CALENDAR_FILE_EVENTS_MAX; i++)
        put(s, "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:%d\nEND:VEVENT\n", i);
    put(s, "BEGIN:VEVENT\nUID:s\nRRULE:x\nEND:VEVENT\nEND:VCALENDAR\n");
    cut(s);
    assert_all_sent(s);
    assert_int_equal(messages_with(s, "RRULE:x"), 1);
    assert_non_null(strstr(s->messages[0], "END:VEVENT\nBEGIN:VEVENT\nUID:s\nRECURRENCE-ID:0\n"));
    size_t n = 0;
    for (size_t i = 0; i < s->n_messages; i++)
        n += count(s->messages[i], "RECURRENCE-ID");
    assert_int_equal(n, 2 * CVN_CALENDAR_FILE_EVENTS_MAX);
}

static void test_occurrences_beyond_the_limit_stay_in_their_place(void **state)
{
    struct scene *s = *state;
    put(s, "BEGIN:VCALENDAR\n");
    put_times(s, "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:1\nEND:VEVENT\n", CVN_CALENDAR_OVERRIDES_MAX);
    put(s, "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:2\nEND:VEVENT\n");
    put(s, "BEGIN:VEVENT\nUID:s\nRRULE:x\nEND:VEVENT\nEND:VCALENDAR\n");
    cut(s);
    assert_all_sent(s);
    const char *second = strstr(s->messages[0], "RECURRENCE-ID:2\n");
    assert_non_null(second);
    assert_non_null(strstr(second, "RRULE:x"));
    assert_int_equal(messages_with(s, "RECURRENCE-ID:2\n"), 1);
    s->len = 0;
    put(s, "BEGIN:VCALENDAR\n");
    put_times(s, "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:1\nEND:VEVENT\n",
              CVN_CALENDAR_OVERRIDES_MAX - 1);
    put(s, "BEGIN:VEVENT\nUID:s\nRECURRENCE-ID:2\nEND:VEVENT\n");
    put(s, "BEGIN:VEVENT\nUID:s\nRRULE:x\nEND:VEVENT\nEND:VCALENDAR\n");
    cut(s);
    assert_all_sent(s);
    assert_null(strstr(s->messages[0], "RECURRENCE-ID:2\n"));
    assert_non_null(strstr(s->messages[0], "RRULE:x"));
}

static void test_heads_stand_in_every_part_with_zones_from_behind(void **state)
{
    struct scene *s = *state;
    put(s, "\xef\xbb\xbf"
           "BEGIN:VCALENDAR\nVERSION:2.0\n");
    put_times(s, EVENT, CVN_CALENDAR_FILE_EVENTS_MAX);
    put(s, "BEGIN:VTIMEZONE\nTZID:Late\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE\n"
           "BEGIN:VTODO\nEND:VTODO\n" EVENT "END:VCALENDAR\n\n");
    cut(s);
    s->sent[s->n_lines] = 1; /* the empty line is nobody's */
    assert_all_sent(s);
    assert_true(s->n_messages > 2);
    assert_int_equal(messages_with(s, "VERSION:2.0\nBEGIN:VTIMEZONE\nTZID:Late\n"), s->n_messages);
    assert_int_equal(messages_with(s, "BEGIN:VTODO"), 1);
    assert_int_equal(s->n_remarks, 0);
}

static void test_heads_beyond_the_limit_are_left_out_with_a_remark(void **state)
{
    struct scene *s = *state;
    for (int over = 0; over <= 1; over++) {
        s->len = 0;
        put(s, "BEGIN:VCALENDAR\n");
        size_t n = (size_t)CVN_CALENDAR_HEAD_BYTES_MAX - s->len - strlen("X-A:\nX-B:1\n");
        put(s, "X-A:%*s\nX-B:1%s\n", (int)n, "x", over ? "1" : "");
        put_times(s, EVENT, CVN_CALENDAR_FILE_EVENTS_MAX + 1);
        put(s, "END:VCALENDAR\n");
        cut(s);
        assert_int_equal(s->n_remarks, over);
        assert_int_equal(messages_with(s, "X-B:1"), over ? 0 : s->n_messages);
        assert_int_equal(messages_with(s, "X-A:"), s->n_messages);
    }
}

static void test_calendars_that_lack_their_end_are_given_one(void **state)
{
    struct scene *s = *state;
    put(s, "BEGIN:VCALENDAR\nX-N:1\n");
    put_times(s, EVENT, 10);
    put(s, "BEGIN:VCALENDAR\nX-N:2\nBEGIN:VEVENT\n");
    put_times(s, EVENT, CVN_CALENDAR_FILE_EVENTS_MAX);
    put(s, "BEGIN:VEVENT\nSUMMARY:cut");
    cut(s);
    assert_int_equal(s->result, CVN_CALENDAR_FILE_END);
    assert_int_equal(count(s->messages[0], "BEGIN:VEVENT"), 10);
    assert_non_null(strstr(s->messages[0], "X-N:1"));
    assert_non_null(strstr(s->messages[1], "X-N:2\nBEGIN:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\n"));
    assert_non_null(strstr(s->messages[s->n_messages - 1], "SUMMARY:cut\nEND:VCALENDAR\n"));
    assert_non_null(strstr(s->remark, "cut off"));
}

static void test_many_calendars_share_messages(void **state)
{
    struct scene *s = *state;
    put_times(s, "begin:vcalendar\nBEGIN:VEVENT\nEND:VEVENT\nEnd:VCalendar\n\n",
              CVN_CALENDAR_FILE_EVENTS_MAX + 1);
    cut(s);
    assert_int_equal(s->n_messages, 3);
    assert_int_equal(count(s->messages[0], "begin:vcalendar"), CVN_CALENDAR_PART_EVENTS);
    assert_int_equal(count(s->messages[0], "End:VCalendar"), CVN_CALENDAR_PART_EVENTS);
    assert_int_equal(s->n_remarks, 0);
}

static void test_what_is_no_calendar_is_not_sent(void **state)
{
    struct scene *s = *state;
    put(s, "what\n");
    put_times(s, "x,y,z\n", CVN_CALENDAR_FILE_BYTES_MAX / 6 + 1);
    cut(s);
    assert_int_equal(s->result, CVN_CALENDAR_FILE_NONE);
    assert_int_equal(s->n_messages, 0);
    s->len = 0;
    put(s, "hello\n\nBEGIN:VCALENDAR\n");
    put_times(s, EVENT, CVN_CALENDAR_FILE_EVENTS_MAX + 1);
    put(s, "END:VCALENDAR\nbye\n");
    cut(s);
    assert_int_equal(s->result, CVN_CALENDAR_FILE_END);
    assert_string_equal(s->remark, "2 lines outside of calendars were left out, the first of them "
                                   "line 1.");
}

static void test_lines_longer_than_the_buffer_are_only_contents(void **state)
{
    struct scene *s = *state;
    for (int less = 0; less <= 1; less++) {
        s->len = 0;
        put(s, "BEGIN:VCALENDAR\n");
        put_long(s, CVN_CALENDAR_SCAN_BYTES);
        for (int i = 0; i < 8; i++)
            put_long(s, (size_t)CVN_CALENDAR_SCAN_BYTES - (size_t)less - 13);
        for (int i = 0; i < 8; i++)
            put_long(s, CVN_CALENDAR_SCAN_BYTES / 2 + i);
        put(s, "END:VCALENDAR\n");
        cut(s);
        assert_all_sent(s);
        size_t n = 0;
        for (size_t i = 0; i < s->n_messages; i++)
            n += count(s->messages[i], "BEGIN:VEVENT");
        assert_int_equal(n, 17);
    }
}

static void test_file_when_a_pipe_is_read_whole(void **state)
{
    struct scene *s = *state;
    int ends[2];
    put(s, "BEGIN:VCALENDAR\n" EVENT "END:VCALENDAR\n");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], s->text, s->len), s->len);
    (void)close(ends[1]);
    FILE *file = fdopen(ends[0], "r");
    assert_non_null(file);
    cut_from(s, file);
    (void)fclose(file);
    assert_int_equal(s->n_messages, 1);
    assert_string_equal(s->messages[0], s->text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_file_when_within_the_limits_is_one_message_as_it_is),
        CASE(test_file_when_of_many_events_is_cut_at_the_limit),
        CASE(test_file_when_of_many_series_is_cut_at_the_limit),
        CASE(test_file_when_of_many_bytes_is_cut_at_the_limit),
        CASE(test_component_when_longer_than_a_message_is_refused_with_its_line),
        CASE(test_occurrences_travel_behind_their_series),
        CASE(test_occurrences_when_more_than_a_part_takes_fill_several),
        CASE(test_occurrences_beyond_the_limit_stay_in_their_place),
        CASE(test_heads_stand_in_every_part_with_zones_from_behind),
        CASE(test_heads_beyond_the_limit_are_left_out_with_a_remark),
        CASE(test_calendars_that_lack_their_end_are_given_one),
        CASE(test_many_calendars_share_messages),
        CASE(test_what_is_no_calendar_is_not_sent),
        CASE(test_lines_longer_than_the_buffer_are_only_contents),
        CASE(test_file_when_a_pipe_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
