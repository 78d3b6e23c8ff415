/*
 * Lays base/cities.tsv out as a table that is searched where it lies: make_places cities.tsv
 * places_table.c. Runs when the project is built; folding names here is folding them as they are
 * asked for.
 */
#include "base/places_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 256 << 20, CITIES_MAX = 1 << 20, NAMES_MAX = 1 << 22, TABLE_BYTES = 64 << 20 };

struct name {
    struct cvn_slice key;
    uint32_t city;
};

struct table {
    struct cvn_arena arena;
    struct cvn_places_city *cities;
    struct name *names;
    size_t n_cities, n_names;
    uint8_t *bytes;
    size_t n_bytes;
};

static void die(const char *what, size_t line)
{
    (void)fprintf(stderr, "make_places: line %zu: %s\n", line, what);
    exit(EXIT_FAILURE);
}

static uint32_t add_text(struct table *table, struct cvn_slice text)
{
    uint32_t at = (uint32_t)table->n_bytes;
    if (text.len + 1 > TABLE_BYTES - table->n_bytes)
        die("the table is too large", 0);
    memcpy(table->bytes + at, text.data, text.len);
    table->n_bytes += text.len + 1;
    return at;
}

static void add_name(struct table *table, const char *name, size_t line)
{
    struct name *made = &table->names[table->n_names];
    if (table->n_names == NAMES_MAX ||
        cvn_places_key(&table->arena, cvn_slice_of_string(name), &made->key))
        die("a name cannot be folded", line);
    made->city = (uint32_t)table->n_cities;
    table->n_names += made->key.len > 0;
}

static void copy(char *to, size_t size, const char *from, size_t line)
{
    if (strlen(from) >= size)
        die("a country or region is too long", line);
    memcpy(to, from, strlen(from) + 1);
}

static void add_city(struct table *table, char *text, size_t line)
{
    char *fields[7];
    for (size_t i = 0; i < 7; i++)
        if (!(fields[i] = strsep(&text, "\t")))
            die("has too few fields", line);
    if (table->n_cities == CITIES_MAX)
        die("there are too many cities", line);
    struct cvn_places_city *city = &table->cities[table->n_cities];
    city->name = add_text(table, cvn_slice_of_string(fields[0]));
    copy(city->country, sizeof city->country, fields[1], line);
    copy(city->region, sizeof city->region, fields[2], line);
    /* Of three decimals, so that this is exact. */
    city->lat = (int32_t)(strtod(fields[3], NULL) * 1000 + (fields[3][0] == '-' ? -0.5 : 0.5));
    city->lon = (int32_t)(strtod(fields[4], NULL) * 1000 + (fields[4][0] == '-' ? -0.5 : 0.5));
    city->population = (uint32_t)strtoul(fields[5], NULL, 10);
    add_name(table, fields[0], line);
    for (char *name; (name = strsep(&fields[6], "|"));)
        if (*name)
            add_name(table, name, line);
    table->n_cities++;
}

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int c = cvn_slice_compare(x->key, y->key);
    return c ? c : (x->city > y->city) - (x->city < y->city);
}

static void *reserve(struct table *table, size_t n, size_t size)
{
    table->n_bytes = (table->n_bytes + 7) & ~(size_t)7;
    if (n * size > TABLE_BYTES - table->n_bytes)
        die("the table is too large", 0);
    void *at = table->bytes + table->n_bytes;
    table->n_bytes += n * size;
    return at;
}

/* Each name once for a city; keys that several have are laid down once. */
static void lay_names(struct table *table, struct cvn_places_table *head)
{
    struct cvn_places_name *laid = calloc(table->n_names, sizeof *laid);
    uint32_t n = 0;
    qsort(table->names, table->n_names, sizeof *table->names, compare_names);
    for (size_t i = 0; laid && i < table->n_names; i++) {
        const struct name *name = &table->names[i], *before = i ? name - 1 : NULL;
        bool same = before && cvn_slice_compare(before->key, name->key) == 0;
        if (same && before->city == name->city)
            continue;
        laid[n].key = same ? laid[n - 1].key : add_text(table, name->key);
        laid[n++].city = name->city;
    }
    if (!laid)
        die("there is no memory", 0);
    void *to = reserve(table, n, sizeof *laid);
    memcpy(to, laid, n * sizeof *laid);
    free(laid);
    head->n_names = n;
    head->names = (uint32_t)((uint8_t *)to - table->bytes);
}

static void lay(struct table *table)
{
    struct cvn_places_table head = {.n_cities = (uint32_t)table->n_cities};
    lay_names(table, &head);
    void *cities = reserve(table, table->n_cities, sizeof *table->cities);
    memcpy(cities, table->cities, table->n_cities * sizeof *table->cities);
    head.cities = (uint32_t)((uint8_t *)cities - table->bytes);
    (void)reserve(table, 0, 1);
    memcpy(table->bytes, &head, sizeof head);
}

static int write_c(const struct table *table, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return EXIT_FAILURE;
    (void)fputs("#include \"base/places_table.h\"\n\nconst uint64_t cvn_places_table[] = {\n",
                file);
    for (size_t at = 0; at < table->n_bytes; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, table->bytes + at, sizeof word);
        (void)fprintf(file, "%#" PRIx64 "u,%s", word, at % 64 == 56 ? "\n" : "");
    }
    (void)fputs("};\n", file);
    return ferror(file) | fclose(file) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct table table = {.n_bytes = sizeof(struct cvn_places_table)};
    FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;
    cvn_arena_init(&table.arena, ARENA_BYTES);
    table.cities = calloc(CITIES_MAX, sizeof *table.cities);
    table.names = calloc(NAMES_MAX, sizeof *table.names);
    table.bytes = calloc(1, TABLE_BYTES);
    if (!file || !table.cities || !table.names || !table.bytes)
        die("the file cannot be read", 0);
    char *text = NULL;
    size_t room = 0, line = 0;
    for (ssize_t len; (len = getline(&text, &room, file)) > 0;) {
        line++;
        text[strcspn(text, "\n")] = '\0';
        if (text[0] && text[0] != '#')
            add_city(&table, text, line);
    }
    (void)fclose(file);
    lay(&table);
    int code = write_c(&table, argv[2]);
    free(text);
    free(table.cities);
    free(table.names);
    free(table.bytes);
    cvn_arena_deinit(&table.arena);
    return code;
}
