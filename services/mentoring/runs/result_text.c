#include "services/mentoring/runs/result_text.h"

#include "services/mentoring/runs/result_words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    DIGITS_MAX = 19, /* that fit into 64 bits, whatever they are */
    ROOM_LEAST = 64,
};

static const char joint[] = "), ";

/* An array with room for one more; NULL without memory. */
static void *grow(struct cvn_arena *arena, void *items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return items;
    size_t wanted = *room ? 2 * *room : ROOM_LEAST;
    void *grown = cvn_arena_alloc_array(arena, wanted, size);
    if (grown && n > 0)
        memcpy(grown, items, n * size);
    if (grown)
        *room = wanted;
    return grown;
}

void cvn_numbers_put(struct cvn_numbers_writer *writer, uint64_t number)
{
    uint64_t *items =
        grow(writer->arena, writer->items, writer->n, &writer->room, sizeof *writer->items);
    if (!items)
        writer->fault = -ENOMEM;
    if (writer->fault)
        return;
    writer->items = items;
    items[writer->n++] = number;
}

void cvn_numbers_put_i32(struct cvn_numbers_writer *writer, int32_t number)
{
    cvn_numbers_put(writer, (uint32_t)number);
}

static void put_own(struct cvn_numbers_writer *writer, struct cvn_slice text, bool more)
{
    struct cvn_own_texts *own = writer->own;
    char **items = grow(writer->arena, own->items, own->n, &own->room, sizeof *own->items);
    char *copy = cvn_arena_copy(writer->arena, text.data, text.len);
    if (!items || !copy) {
        writer->fault = -ENOMEM;
        return;
    }
    own->items = items;
    items[own->n] = copy;
    cvn_numbers_put(writer, more);
    cvn_numbers_put(writer, own->n++);
}

/* How many bytes there are a number that is written as it would be again; 0 for none. */
static size_t number_length(const char *at, size_t left)
{
    size_t n = 0;
    while (n < left && at[n] >= '0' && at[n] <= '9')
        n++;
    return n > DIGITS_MAX || (n > 1 && at[0] == '0') ? 0 : n;
}

/* How many bytes there are no number. */
static size_t words_length(const char *at, size_t left)
{
    size_t n = 0;
    while (n < left && number_length(at + n, left - n) == 0) {
        n++;
        while (n < left && at[n - 1] >= '0' && at[n - 1] <= '9' && at[n] >= '0' && at[n] <= '9')
            n++;
    }
    return n;
}

/* The piece with a mark for each number, in the arena; {NULL, 0} without memory. */
static struct cvn_slice mark_numbers(struct cvn_arena *arena, struct cvn_slice piece)
{
    const char *text = piece.data;
    char *marked = cvn_arena_alloc(arena, piece.len);
    size_t n = 0;
    for (size_t at = 0; marked && at < piece.len;) {
        size_t len = words_length(text + at, piece.len - at);
        memcpy(marked + n, text + at, len);
        n += len;
        at += len;
        len = number_length(text + at, piece.len - at);
        if (len > 0)
            marked[n++] = CVN_RESULT_NUMBER;
        at += len;
    }
    return cvn_slice(marked, n);
}

static void put_numbers(struct cvn_numbers_writer *writer, struct cvn_slice piece)
{
    const char *text = piece.data;
    for (size_t at = 0; at < piece.len;) {
        at += words_length(text + at, piece.len - at);
        size_t len = number_length(text + at, piece.len - at);
        uint64_t number = 0;
        for (size_t i = 0; i < len; i++)
            number = number * 10 + (uint64_t)(text[at + i] - '0');
        if (len > 0)
            cvn_numbers_put(writer, number);
        at += len;
    }
}

static void put_piece(struct cvn_numbers_writer *writer, struct cvn_slice piece, bool more)
{
    struct cvn_slice marked = mark_numbers(writer->arena, piece);
    uint32_t number = 0;
    int r = marked.data ? cvn_result_words_text(writer->words, marked, &number) : -ENOMEM;
    if (r) {
        writer->fault = r;
    } else if (number == 0) {
        put_own(writer, piece, more);
    } else {
        cvn_numbers_put(writer, (uint64_t)number << 1 | more);
        put_numbers(writer, piece);
    }
}

void cvn_numbers_put_text(struct cvn_numbers_writer *writer, const char *text)
{
    if (strchr(text, CVN_RESULT_NUMBER)) {
        put_own(writer, cvn_slice_of_string(text), false);
        return;
    }
    const char *end;
    for (; (end = strstr(text, joint)); text = end + strlen(joint))
        put_piece(writer, cvn_slice(text, (size_t)(end - text)), true);
    put_piece(writer, cvn_slice_of_string(text), false);
}

bool cvn_numbers_left(const struct cvn_numbers_reader *reader)
{
    return reader->fault == 0 && reader->at < reader->n;
}

uint64_t cvn_numbers_get(struct cvn_numbers_reader *reader)
{
    if (cvn_numbers_left(reader))
        return reader->items[reader->at++];
    if (reader->fault == 0)
        reader->fault = -EUCLEAN;
    return 0;
}

int32_t cvn_numbers_get_i32(struct cvn_numbers_reader *reader)
{
    return (int32_t)(uint32_t)cvn_numbers_get(reader);
}

/* A text on its way. */
struct builder {
    char *bytes;
    size_t n, room;
};

static int append(struct cvn_arena *arena, struct builder *to, const char *bytes, size_t n)
{
    if (n >= to->room - to->n) {
        size_t room = 2 * to->room + n + ROOM_LEAST;
        char *grown = cvn_arena_alloc(arena, room);
        if (!grown)
            return -ENOMEM;
        if (to->n > 0)
            memcpy(grown, to->bytes, to->n);
        to->bytes = grown;
        to->room = room;
    }
    if (n > 0)
        memcpy(to->bytes + to->n, bytes, n);
    to->n += n;
    to->bytes[to->n] = '\0';
    return 0;
}

static int append_own(struct cvn_numbers_reader *reader, struct builder *to)
{
    uint64_t i = cvn_numbers_get(reader);
    if (i >= reader->own->n)
        return -EUCLEAN;
    return append(reader->arena, to, reader->own->items[i], strlen(reader->own->items[i]));
}

/* A word, with the numbers that follow in the places of its marks. */
static int append_word(struct cvn_numbers_reader *reader, uint32_t number, struct builder *to)
{
    struct cvn_slice word;
    int r = cvn_result_text_get(reader->txn, reader->run, number, &word);
    for (const char *at = word.data; r == 0 && word.len > 0;) {
        const char *mark = memchr(at, CVN_RESULT_NUMBER, word.len);
        size_t n = mark ? (size_t)(mark - at) : word.len;
        r = append(reader->arena, to, at, n);
        at += n;
        word.len -= n;
        if (r || !mark)
            continue;
        char text[24];
        int len = snprintf(text, sizeof text, "%" PRIu64, cvn_numbers_get(reader));
        r = append(reader->arena, to, text, (size_t)len);
        at++;
        word.len--;
    }
    return r;
}

static int append_piece(struct cvn_numbers_reader *reader, uint64_t number, struct builder *to)
{
    if (reader->fault || number > UINT32_MAX)
        return -EUCLEAN;
    return number ? append_word(reader, (uint32_t)number, to) : append_own(reader, to);
}

char *cvn_numbers_get_text(struct cvn_numbers_reader *reader)
{
    struct builder text = {0};
    bool more = true;
    int r = append(reader->arena, &text, "", 0);
    while (r == 0 && more) {
        uint64_t number = cvn_numbers_get(reader);
        more = number & 1;
        r = append_piece(reader, number >> 1, &text);
        if (r == 0 && more)
            r = append(reader->arena, &text, joint, strlen(joint));
    }
    if (r && (reader->fault == 0 || r == -ENOMEM))
        reader->fault = r;
    return reader->fault ? (char *)(uintptr_t) "" : text.bytes;
}
