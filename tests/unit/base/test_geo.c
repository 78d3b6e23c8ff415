#include "base/geo.h"
#include "tests/support/cmocka_all.h"

#include <math.h>
#include <string.h>

static const struct cvn_point berlin = {52.52, 13.405}, paris = {48.8566, 2.3522};

static uint64_t random_state;

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2014. */
static double draw(double from, double to)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return from + (to - from) * (double)(random_state * 2685821657736338717u >> 11) * 0x1p-53;
}

static bool holds(const struct cvn_geo_range *ranges, size_t n, uint64_t code)
{
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%f, not %f", got, expected);
}

static void test_distance_of_known_places(void **state)
{
    struct cvn_point sydney = {-33.8688, 151.2093};
    assert_near(cvn_geo_distance_m(berlin, paris), 877464, 500);
    assert_near(cvn_geo_distance_m(paris, berlin), 877464, 500);
    assert_near(cvn_geo_distance_m(berlin, sydney), 16089000, 20000);
    assert_near(cvn_geo_distance_m(berlin, berlin), 0, 0);
    assert_near(cvn_geo_distance_m((struct cvn_point){0, 179.5}, (struct cvn_point){0, -179.5}),
                111195, 1);
    assert_near(cvn_geo_distance_m((struct cvn_point){90, 0}, (struct cvn_point){90, 123}), 0,
                1e-6);
    assert_near(cvn_geo_distance_m((struct cvn_point){0, 0}, (struct cvn_point){0, 180}), 20015115,
                1);
}

/* The letters of geohash.org are 5 bits each. */
static void test_code_is_the_geohash(void **state)
{
    static const char digits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    char text[13] = "";
    uint64_t code = cvn_geo_code((struct cvn_point){57.64911, 10.40744});
    for (int i = 0; i < 12; i++)
        text[i] = digits[code >> (55 - 5 * i) & 31];
    assert_memory_equal(text, "u4pruydqqvj", 11);
}

static void test_code_at_the_ends_of_the_axes(void **state)
{
    uint64_t all = (UINT64_C(1) << CVN_GEO_BITS) - 1;
    assert_int_equal(cvn_geo_code((struct cvn_point){-90, -180}), 0);
    assert_int_equal(cvn_geo_code((struct cvn_point){90, 179.9999999}), all);
    assert_int_equal(cvn_geo_code((struct cvn_point){10, 180}),
                     cvn_geo_code((struct cvn_point){10, -180}));
}

static void test_points_outside_the_globe_are_not_valid(void **state)
{
    assert_true(cvn_point_valid((struct cvn_point){90, -180}));
    assert_true(cvn_point_valid((struct cvn_point){-90, 180}));
    assert_false(cvn_point_valid((struct cvn_point){90.0001, 0}));
    assert_false(cvn_point_valid((struct cvn_point){0, -180.0001}));
    assert_false(cvn_point_valid((struct cvn_point){(double)NAN, 0}));
    assert_false(cvn_point_valid((struct cvn_point){0, (double)INFINITY}));
}

/* A point so far from the centre in a direction, by the direct formula on the sphere. */
static struct cvn_point travel(struct cvn_point from, double distance_m, double bearing)
{
    const double radians = M_PI / 180;
    double angle = distance_m / 6371008.8, lat = from.lat * radians;
    double sin_lat = sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(bearing);
    double lat2 = asin(fmax(-1, fmin(1, sin_lat)));
    double dlon = atan2(sin(bearing) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(lat2));
    double lon = from.lon + dlon / radians;
    lon = lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon;
    return (struct cvn_point){lat2 / radians, lon};
}

/* Against the plain loop: whatever distance_m finds inside must be held by some range. */
static void check_cover(struct cvn_point centre, double radius_m, size_t max)
{
    struct cvn_geo_range ranges[CVN_GEO_RANGES_MAX];
    size_t n = cvn_geo_cover(centre, radius_m, ranges, max);
    assert_true(n >= 1 && n <= max);
    for (size_t i = 0; i < n; i++) {
        assert_true(ranges[i].first <= ranges[i].last);
        assert_true(i == 0 || ranges[i].first > ranges[i - 1].last + 1);
    }
    assert_true(holds(ranges, n, cvn_geo_code(centre)));
    for (int i = 0; i < 60; i++) {
        double share = i % 3 ? draw(0, 1) : 1;
        struct cvn_point p = travel(centre, radius_m * share, draw(0, 2 * M_PI));
        if (cvn_geo_distance_m(centre, p) > radius_m)
            continue;
        if (!holds(ranges, n, cvn_geo_code(p)))
            fail_msg("%f,%f is within %f m of %f,%f and not covered by %zu of %zu", p.lat, p.lon,
                     radius_m, centre.lat, centre.lon, n, max);
    }
}

static void test_cover_holds_the_circle_anywhere(void **state)
{
    random_state = 20240229;
    for (int i = 0; i < 20000; i++) {
        struct cvn_point centre = {asin(draw(-1, 1)) * 180 / M_PI, draw(-180, 180)};
        check_cover(centre, pow(10, draw(0, log10(CVN_GEO_RADIUS_MAX_M))),
                    1 + (size_t)draw(0, CVN_GEO_RANGES_MAX));
    }
}

static void test_cover_holds_the_circle_at_poles_and_antimeridian(void **state)
{
    static const double lats[] = {90, 89.99999, 89.9, 86, -90, -89.9, 0, 45, -16.5};
    static const double lons[] = {180, -180, 179.999999, -179.9, 0, 90};
    static const double radii[] = {0, 1, 1000, 100000, CVN_GEO_RADIUS_MAX_M};
    static const size_t most[] = {1, 2, 4, 9, 16, CVN_GEO_RANGES_MAX};
    random_state = 42;
    for (size_t a = 0; a < sizeof lats / sizeof *lats; a++)
        for (size_t o = 0; o < sizeof lons / sizeof *lons; o++)
            for (size_t r = 0; r < sizeof radii / sizeof *radii; r++)
                for (size_t m = 0; m < sizeof most / sizeof *most; m++)
                    check_cover((struct cvn_point){lats[a], lons[o]}, radii[r], most[m]);
}

/* A cover of everything would pass the tests above. */
static void test_cover_is_not_much_larger_than_the_circle(void **state)
{
    struct cvn_geo_range ranges[16];
    size_t n = cvn_geo_cover(berlin, 20000, ranges, 16);
    struct cvn_point fiji = {-16.5, 179.99};
    assert_false(holds(ranges, n, cvn_geo_code(paris)));
    assert_false(holds(ranges, n, cvn_geo_code((struct cvn_point){52.52, 14.5})));
    assert_false(holds(ranges, n, cvn_geo_code((struct cvn_point){53.1, 13.405})));
    n = cvn_geo_cover(fiji, 20000, ranges, 16);
    assert_true(holds(ranges, n, cvn_geo_code((struct cvn_point){-16.5, -179.9})));
    assert_false(holds(ranges, n, cvn_geo_code((struct cvn_point){-16.5, -178.9})));
    assert_false(holds(ranges, n, cvn_geo_code((struct cvn_point){-16.5, 0})));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance_of_known_places),
        cmocka_unit_test(test_code_is_the_geohash),
        cmocka_unit_test(test_code_at_the_ends_of_the_axes),
        cmocka_unit_test(test_points_outside_the_globe_are_not_valid),
        cmocka_unit_test(test_cover_holds_the_circle_anywhere),
        cmocka_unit_test(test_cover_holds_the_circle_at_poles_and_antimeridian),
        cmocka_unit_test(test_cover_is_not_much_larger_than_the_circle),
    };
    return cmocka_run_group_tests_name("geo", tests, NULL, NULL);
}
