#include "services/events/calendar/zone_name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unicode/ucal.h>

enum { WINDOWS_NAME_MAX = 64 };

/*
 * What Outlook on the web writes for a TZID is the zone's name as Windows shows it, in English,
 * behind "(UTC+01:00) " or the older "(GMT+01:00) "; ICU knows the name behind it only.
 */
static const struct {
    const char *shown;
    const char *windows;
} shown_names[] = {
    {"Dateline", "Dateline Standard Time"},
    {"International Date Line West", "Dateline Standard Time"},
    {"Aleutian Islands", "Aleutian Standard Time"},
    {"Hawaii", "Hawaiian Standard Time"},
    {"Alaska", "Alaskan Standard Time"},
    {"Baja California", "Pacific Standard Time (Mexico)"},
    {"Pacific Time (US & Canada)", "Pacific Standard Time"},
    {"Arizona", "US Mountain Standard Time"},
    {"Chihuahua, La Paz, Mazatlan", "Mountain Standard Time (Mexico)"},
    {"Mountain Time (US & Canada)", "Mountain Standard Time"},
    {"Central America", "Central America Standard Time"},
    {"Central Time (US & Canada)", "Central Standard Time"},
    {"Guadalajara, Mexico City, Monterrey", "Central Standard Time (Mexico)"},
    {"Saskatchewan", "Canada Central Standard Time"},
    {"Bogota, Lima, Quito, Rio Branco", "SA Pacific Standard Time"},
    {"Bogota, Lima, Quito", "SA Pacific Standard Time"},
    {"Chetumal", "Eastern Standard Time (Mexico)"},
    {"Eastern Time (US & Canada)", "Eastern Standard Time"},
    {"Haiti", "Haiti Standard Time"},
    {"Havana", "Cuba Standard Time"},
    {"Indiana (East)", "US Eastern Standard Time"},
    {"Asuncion", "Paraguay Standard Time"},
    {"Atlantic Time (Canada)", "Atlantic Standard Time"},
    {"Caracas", "Venezuela Standard Time"},
    {"Cuiaba", "Central Brazilian Standard Time"},
    {"Georgetown, La Paz, Manaus, San Juan", "SA Western Standard Time"},
    {"Santiago", "Pacific SA Standard Time"},
    {"Newfoundland", "Newfoundland Standard Time"},
    {"Araguaina", "Tocantins Standard Time"},
    {"Brasilia", "E. South America Standard Time"},
    {"Brasília", "E. South America Standard Time"},
    {"Cayenne, Fortaleza", "SA Eastern Standard Time"},
    {"City of Buenos Aires", "Argentina Standard Time"},
    {"Buenos Aires", "Argentina Standard Time"},
    {"Greenland", "Greenland Standard Time"},
    {"Montevideo", "Montevideo Standard Time"},
    {"Salvador", "Bahia Standard Time"},
    {"Azores", "Azores Standard Time"},
    {"Cabo Verde Is.", "Cape Verde Standard Time"},
    {"Casablanca", "Morocco Standard Time"},
    {"Coordinated Universal Time", "UTC"},
    {"Dublin, Edinburgh, Lisbon, London", "GMT Standard Time"},
    {"Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "GMT Standard Time"},
    {"Monrovia, Reykjavik", "Greenwich Standard Time"},
    {"Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "W. Europe Standard Time"},
    {"Belgrade, Bratislava, Budapest, Ljubljana, Prague", "Central Europe Standard Time"},
    {"Brussels, Copenhagen, Madrid, Paris", "Romance Standard Time"},
    {"Sarajevo, Skopje, Warsaw, Zagreb", "Central European Standard Time"},
    {"West Central Africa", "W. Central Africa Standard Time"},
    {"Amman", "Jordan Standard Time"},
    {"Athens, Bucharest", "GTB Standard Time"},
    {"Athens, Bucharest, Istanbul", "GTB Standard Time"},
    {"Beirut", "Middle East Standard Time"},
    {"Cairo", "Egypt Standard Time"},
    {"Chisinau", "E. Europe Standard Time"},
    {"Damascus", "Syria Standard Time"},
    {"Harare, Pretoria", "South Africa Standard Time"},
    {"Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius", "FLE Standard Time"},
    {"Jerusalem", "Israel Standard Time"},
    {"Kaliningrad", "Kaliningrad Standard Time"},
    {"Windhoek", "Namibia Standard Time"},
    {"Baghdad", "Arabic Standard Time"},
    {"Istanbul", "Turkey Standard Time"},
    {"Kuwait, Riyadh", "Arab Standard Time"},
    {"Minsk", "Belarus Standard Time"},
    {"Moscow, St. Petersburg", "Russian Standard Time"},
    {"Moscow, St. Petersburg, Volgograd", "Russian Standard Time"},
    {"Nairobi", "E. Africa Standard Time"},
    {"Tehran", "Iran Standard Time"},
    {"Abu Dhabi, Muscat", "Arabian Standard Time"},
    {"Baku", "Azerbaijan Standard Time"},
    {"Izhevsk, Samara", "Russia Time Zone 3"},
    {"Port Louis", "Mauritius Standard Time"},
    {"Tbilisi", "Georgian Standard Time"},
    {"Yerevan", "Caucasus Standard Time"},
    {"Kabul", "Afghanistan Standard Time"},
    {"Ashgabat, Tashkent", "West Asia Standard Time"},
    {"Ekaterinburg", "Ekaterinburg Standard Time"},
    {"Islamabad, Karachi", "Pakistan Standard Time"},
    {"Chennai, Kolkata, Mumbai, New Delhi", "India Standard Time"},
    {"Sri Jayawardenepura", "Sri Lanka Standard Time"},
    {"Kathmandu", "Nepal Standard Time"},
    {"Astana", "Central Asia Standard Time"},
    {"Dhaka", "Bangladesh Standard Time"},
    {"Novosibirsk", "N. Central Asia Standard Time"},
    {"Yangon (Rangoon)", "Myanmar Standard Time"},
    {"Bangkok, Hanoi, Jakarta", "SE Asia Standard Time"},
    {"Krasnoyarsk", "North Asia Standard Time"},
    {"Beijing, Chongqing, Hong Kong, Urumqi", "China Standard Time"},
    {"Irkutsk", "North Asia East Standard Time"},
    {"Kuala Lumpur, Singapore", "Singapore Standard Time"},
    {"Perth", "W. Australia Standard Time"},
    {"Taipei", "Taipei Standard Time"},
    {"Ulaanbaatar", "Ulaanbaatar Standard Time"},
    {"Osaka, Sapporo, Tokyo", "Tokyo Standard Time"},
    {"Seoul", "Korea Standard Time"},
    {"Yakutsk", "Yakutsk Standard Time"},
    {"Adelaide", "Cen. Australia Standard Time"},
    {"Darwin", "AUS Central Standard Time"},
    {"Brisbane", "E. Australia Standard Time"},
    {"Canberra, Melbourne, Sydney", "AUS Eastern Standard Time"},
    {"Guam, Port Moresby", "West Pacific Standard Time"},
    {"Hobart", "Tasmania Standard Time"},
    {"Vladivostok", "Vladivostok Standard Time"},
    {"Magadan", "Magadan Standard Time"},
    {"Solomon Is., New Caledonia", "Central Pacific Standard Time"},
    {"Auckland, Wellington", "New Zealand Standard Time"},
    {"Fiji", "Fiji Standard Time"},
    {"Nuku'alofa", "Tonga Standard Time"},
    {"Samoa", "Samoa Standard Time"},
};

/* Tries each part behind a slash: vendors put "/citadel.org/20260101_1/" before the name. */
static int find_iana(struct cvn_zones *zones, const char *name, const struct cvn_zone **ret)
{
    int r = cvn_zones_find(zones, name, ret);
    for (const char *slash = strchr(name, '/'); r == CVN_ZONE_UNKNOWN && slash;
         slash = strchr(slash + 1, '/'))
        if (strchr(slash + 1, '/')) /* "/Berlin" alone is no zone, but "/GMT" would be one */
            r = cvn_zones_find(zones, slash + 1, ret);
    return r;
}

static int find_windows(struct cvn_zones *zones, const char *name, const struct cvn_zone **ret)
{
    UChar windows[WINDOWS_NAME_MAX + 1], iana[CVN_ZONE_NAME_MAX + 1];
    char text[CVN_ZONE_NAME_MAX + 1];
    size_t n = 0;
    for (; name[n]; n++) {
        if (n == WINDOWS_NAME_MAX || (unsigned char)name[n] > 0x7e)
            return CVN_ZONE_UNKNOWN;
        windows[n] = (UChar)name[n];
    }
    UErrorCode error = U_ZERO_ERROR;
    int32_t len =
        ucal_getTimeZoneIDForWindowsID(windows, (int32_t)n, NULL, iana, CVN_ZONE_NAME_MAX, &error);
    if (error == U_MEMORY_ALLOCATION_ERROR)
        return -ENOMEM;
    if (U_FAILURE(error) || len <= 0 || len > CVN_ZONE_NAME_MAX)
        return CVN_ZONE_UNKNOWN;
    for (int32_t i = 0; i < len; i++)
        text[i] = (char)iana[i];
    text[len] = '\0';
    return cvn_zones_find(zones, text, ret);
}

/* "(UTC-05:00) Eastern Time (US & Canada)", also with "and" for "&". */
static int find_shown(struct cvn_zones *zones, const char *name, const struct cvn_zone **ret)
{
    char text[CVN_CALENDAR_TZID_MAX + 1];
    if (strncmp(name, "(UTC", 4) != 0 && strncmp(name, "(GMT", 4) != 0)
        return CVN_ZONE_UNKNOWN;
    const char *close = strchr(name, ')');
    if (!close)
        return CVN_ZONE_UNKNOWN;
    const char *shown = close + 1 + strspn(close + 1, " ");
    const char *and = strstr(shown, " and ");
    (void)snprintf(text, sizeof text, "%.*s%s%s", and? (int)(and-shown) : CVN_CALENDAR_TZID_MAX,
                   shown, and? " & " : "", and? and+5 : "");
    for (size_t i = 0; i < sizeof shown_names / sizeof *shown_names; i++)
        if (strcmp(shown_names[i].shown, text) == 0)
            return find_windows(zones, shown_names[i].windows, ret);
    return CVN_ZONE_UNKNOWN;
}

/* "UTC+11", "GMT-3", "UTC+05:00". */
static int find_offset(struct cvn_zones *zones, const char *name, const struct cvn_zone **ret)
{
    int hours, minutes = 0, used = 0;
    char sign;
    if (strncmp(name, "UTC", 3) != 0 && strncmp(name, "GMT", 3) != 0)
        return CVN_ZONE_UNKNOWN;
    const char *offset = name + 3;
    bool whole = (sscanf(offset, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) == 3 ||
                  sscanf(offset, "%c%2d%n", &sign, &hours, &used) == 2) &&
                 offset[used] == '\0';
    if (!whole || (sign != '+' && sign != '-') || hours < 0 || minutes != 0)
        return CVN_ZONE_UNKNOWN;
    return cvn_calendar_zone_fixed(zones, (sign == '-' ? -hours : hours) * 3600, ret);
}

int cvn_calendar_zone_fixed(struct cvn_zones *zones, int offset_s, const struct cvn_zone **ret)
{
    char name[24];
    if (offset_s % 3600 != 0 || offset_s < -12 * 3600 || offset_s > 14 * 3600)
        return CVN_ZONE_UNKNOWN;
    /* POSIX signs: what is east of UTC is negative in these names. */
    (void)snprintf(name, sizeof name, offset_s ? "Etc/GMT%+d" : "Etc/UTC", -offset_s / 3600);
    return cvn_zones_find(zones, name, ret);
}

int cvn_calendar_zone_find(struct cvn_zones *zones, const char *tzid,
                           const struct cvn_zone **ret_zone)
{
    char name[CVN_CALENDAR_TZID_MAX + 1];
    tzid += strspn(tzid, " \t");
    size_t len = strnlen(tzid, CVN_CALENDAR_TZID_MAX + 1);
    if (len == 0 || len > CVN_CALENDAR_TZID_MAX)
        return CVN_ZONE_UNKNOWN;
    while (tzid[len - 1] == ' ' || tzid[len - 1] == '\t')
        len--;
    (void)snprintf(name, sizeof name, "%.*s", (int)len, tzid);
    int r = find_iana(zones, name, ret_zone);
    if (r == CVN_ZONE_UNKNOWN)
        r = find_windows(zones, name, ret_zone);
    if (r == CVN_ZONE_UNKNOWN)
        r = find_shown(zones, name, ret_zone);
    return r == CVN_ZONE_UNKNOWN ? find_offset(zones, name, ret_zone) : r;
}
